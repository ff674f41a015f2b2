"""Container images made in memory: layers of whatever members, put into a loopback registry."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import zstandard
from tests.registry import LoopbackRegistry

from tamis.oci.images.take import HERE
from tamis.oci.manifests import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST

__all__ = ["ELF", "Image", "file", "folder", "hard", "image", "index", "layer", "soft", "to_folder"]

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


def layer(*members: Member, pack: Literal["plain", "gzip", "zstd"] = "gzip") -> bytes:
    """A layer as it travels."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    content = archive.getvalue()
    if pack == "gzip":
        return gzip.compress(content, 0)
    return zstandard.compress(content, 1) if pack == "zstd" else content


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
    described = [_descriptor(blob, _LAYER) for blob in blobs]
    described[0]["mediaType"] = _CONFIG
    kind = DOCKER_MANIFEST if docker else OCI_MANIFEST
    return Image(_manifest(kind, config=described[0], layers=described[1:]), kind, blobs)


def index(children: Mapping[str, Image], *, docker: bool = False) -> Image:
    """Of images by platform."""
    every = []
    for name, child in children.items():
        system, machine = name.split("/")
        platform = {"platform": {"os": system, "architecture": machine}}
        every.append(_descriptor(child.manifest, child.kind) | platform)
    kind = DOCKER_LIST if docker else OCI_INDEX
    return Image(_manifest(kind, manifests=every), kind, children=tuple(children.values()))


def to_folder(one: Image, place: Path, tag: str) -> None:
    """As an OCI image layout."""
    blobs = place / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    for content in (one.manifest, *one.blobs):
        (blobs / digest(content).removeprefix("sha256:")).write_bytes(content)
    entry = _descriptor(one.manifest, one.kind)
    entry["annotations"] = {"org.opencontainers.image.ref.name": tag}
    (place / "index.json").write_bytes(_manifest(OCI_INDEX, manifests=[entry]))
    (place / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


def digest(content: bytes) -> str:
    """`sha256:...`."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _descriptor(content: bytes, kind: str) -> dict[str, Any]:
    return {"mediaType": kind, "digest": digest(content), "size": len(content)}


def _manifest(kind: str, **rest: object) -> bytes:
    return json.dumps({"schemaVersion": 2, "mediaType": kind, **rest}).encode()
