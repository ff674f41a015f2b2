"""Container images made in memory: layers of whatever members, put into a loopback registry."""

import hashlib
import io
import json
import struct
import tarfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urljoin

import requests
import zstandard
from tests.registry import LoopbackRegistry

from tamis.model.media_types import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from tamis.oci.images.take import HERE

__all__ = [
    "ELF",
    "Image",
    "Member",
    "descriptor",
    "digest",
    "file",
    "folder",
    "gzipped",
    "hard",
    "image",
    "index",
    "layer",
    "manifest",
    "soft",
    "to_folder",
]

#: What begins like a program.
ELF = b"\x7fELF\x02\x01\x01\0"
_LAYER = "application/vnd.oci.image.layer.v1.tar"
_CONFIG = "application/vnd.oci.image.config.v1+json"
Member = tuple[tarfile.TarInfo, bytes]


def file(
    name: str, content: bytes = b"", mode: int = 0o755, kind: bytes = tarfile.REGTYPE
) -> Member:
    """Any kind of member; a plain file if not told."""
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.type = len(content), mode, kind
    return info, content


def folder(name: str) -> Member:
    """A directory."""
    return file(name, kind=tarfile.DIRTYPE)


def soft(name: str, target: str) -> Member:
    """A symbolic link."""
    member = file(name, kind=tarfile.SYMTYPE)
    member[0].linkname = target
    return member


def hard(name: str, target: str) -> Member:
    """A hard link."""
    member = file(name, kind=tarfile.LNKTYPE)
    member[0].linkname = target
    return member


def layer(
    *members: Member,
    pack: Literal["plain", "gzip", "zstd"] = "gzip",
    form: int = tarfile.DEFAULT_FORMAT,
) -> bytes:
    """A layer as it travels; the same bytes each time."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=form) as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    content = archive.getvalue()
    if pack == "gzip":
        return gzipped(content)
    return zstandard.compress(content, 1) if pack == "zstd" else content


def gzipped(content: bytes) -> bytes:
    """As gzip, not compressed: the same bytes whatever the zlib. The blocks begin at byte 10."""
    stored = []
    for at in range(0, max(1, len(content)), 0xFFFF):
        block = content[at : at + 0xFFFF]
        last = at + 0xFFFF >= len(content)
        stored += [struct.pack("<BHH", last, len(block), 0xFFFF - len(block)), block]
    end = struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFF_FFFF)
    return b"\x1f\x8b\x08" + bytes(6) + b"\xff" + b"".join(stored) + end


@dataclass(frozen=True)
class Image:
    """A manifest or index, and what it points to."""

    manifest: bytes
    kind: str
    blobs: Sequence[bytes] = ()
    children: Sequence["Image"] = ()

    @property
    def digest(self) -> str:
        return digest(self.manifest)

    def serve(self, registry: LoopbackRegistry, name: str = "acme/proxy:1") -> str:
        """Put it there; returns the reference by that tag, as Docker has it."""
        repository, _, tag = name.partition(":")
        blobs = registry.blobs.setdefault(repository, {})
        manifests = registry.manifests.setdefault(repository, {})
        for each in (self, *self.children):
            manifests[each.digest] = (each.kind, each.manifest)
            blobs.update({digest(blob): blob for blob in each.blobs})
        registry.tags.setdefault(repository, {})[tag] = self.digest
        return f"{registry.host}/{name}"

    def upload(self, host: str, name: str) -> bool:
        """Put it into any registry, by plain requests; whether the registry takes it."""
        repository, _, tag = name.partition(":")
        base = f"http://{host}/v2/{repository}"
        taken = [child.upload(host, f"{repository}:{child.digest}") for child in self.children]
        with requests.Session() as session:
            for blob in self.blobs:
                opened = session.post(f"{base}/blobs/uploads/", timeout=60)
                opened.raise_for_status()
                at = urljoin(base, opened.headers["Location"])
                sent = session.put(at, blob, params={"digest": digest(blob)}, timeout=60)
                sent.raise_for_status()
            kind = {"Content-Type": self.kind}
            put = session.put(f"{base}/manifests/{tag}", self.manifest, headers=kind, timeout=60)
        return put.ok and all(taken)


def image(
    *layers: bytes,
    platform: str = HERE,
    docker: bool = False,
    **config: object,
) -> Image:
    """Of these layers, lowest first. `config`: Entrypoint and the like."""
    system, machine = platform.split("/")
    # True of plain layers; of others it is nothing that we look at.
    root = {"type": "layers", "diff_ids": [digest(one) for one in layers]}
    document = {"os": system, "architecture": machine, "config": config, "rootfs": root}
    blobs = (json.dumps(document).encode(), *layers)
    described = [descriptor(blob, _LAYER) for blob in blobs]
    described[0]["mediaType"] = _CONFIG
    kind = DOCKER_MANIFEST if docker else OCI_MANIFEST
    return Image(manifest(kind, config=described[0], layers=described[1:]), kind, blobs)


def index(children: Mapping[str, Image], *, docker: bool = False) -> Image:
    """Of images by platform."""
    every = []
    for name, child in children.items():
        system, machine = name.split("/")
        platform = {"platform": {"os": system, "architecture": machine}}
        every.append(descriptor(child.manifest, child.kind) | platform)
    kind = DOCKER_LIST if docker else OCI_INDEX
    return Image(manifest(kind, manifests=every), kind, children=tuple(children.values()))


def to_folder(one: Image, place: Path, tag: str) -> None:
    """As an OCI image layout."""
    blobs = place / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    for content in (one.manifest, *one.blobs):
        (blobs / digest(content).removeprefix("sha256:")).write_bytes(content)
    entry = descriptor(one.manifest, one.kind)
    entry["annotations"] = {"org.opencontainers.image.ref.name": tag}
    (place / "index.json").write_bytes(manifest(OCI_INDEX, manifests=[entry]))
    (place / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


def digest(content: bytes) -> str:
    """`sha256:...`."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def descriptor(content: bytes, kind: str) -> dict[str, Any]:
    """As a manifest has it."""
    return {"mediaType": kind, "digest": digest(content), "size": len(content)}


def manifest(kind: str, **rest: object) -> bytes:
    """Of that media type, which it says itself, too."""
    return json.dumps({"schemaVersion": 2, "mediaType": kind, **rest}).encode()
