"""Cases by index and by digest: which child is taken, and of what a checksum is."""

import hashlib
import json
from typing import Any

from tests.images import Image, descriptor, file
from tests.judges.cases.parts import (
    CONTENT,
    DOCKER_LIST,
    MODULE,
    OCI_INDEX,
    OTHER,
    SPEC_CONFIG,
    Case,
    image,
    part,
    tarball,
)

__all__ = ["CHECKSUMS", "INDEXES"]

_IMAGE = image(tarball())
_OTHER = image(tarball(file("plugin.wasm", OTHER)))
_AMD64 = {"architecture": "amd64", "os": "linux"}
_ARM64 = {"architecture": "arm64", "os": "linux"}
_WASI = {"architecture": "wasm", "os": "wasip1"}
_UNKNOWN = {"architecture": "unknown", "os": "unknown"}


def _child(
    of: Image = _IMAGE, platform: Any = None, **more: object
) -> tuple[Image, dict[str, Any]]:
    """An entry of an index. No platform: the key is absent."""
    entry = descriptor(of.manifest, of.kind) | more
    return of, entry | ({"platform": platform} if platform is not None else {})


def _index(*entries: tuple[Image, dict[str, Any]], kind: str = OCI_INDEX, **keys: object) -> Image:
    document = {"schemaVersion": 2, "mediaType": kind, "manifests": [e for _, e in entries]}
    children: dict[str, Image] = {}
    for child, _ in entries:
        children |= {each.digest: each for each in (*child.children, child)}
    return Image(json.dumps(document | keys).encode(), kind, (), tuple(children.values()))


_CHOICE = _index(_child(_OTHER, _ARM64), _child(_IMAGE, _AMD64))
_ARM = _index(_child(_IMAGE, _ARM64))

INDEXES = {
    "index with amd64": Case(_index(_child(platform=_AMD64))),
    "index with amd64 behind arm64": Case(_CHOICE),
    "index with amd64 twice": Case(_index(_child(_OTHER, _AMD64), _child(_IMAGE, _AMD64))),
    "index with a child without platform": Case(_index(_child())),
    "index with a child without platform before amd64": Case(
        _index(_child(_OTHER), _child(_IMAGE, _AMD64))
    ),
    "index with an empty platform": Case(_index(_child(platform={}))),
    "index with amd64 of a variant": Case(_index(_child(platform=_AMD64 | {"variant": "v3"}))),
    "index with amd64 of an os.version": Case(
        _index(_child(platform=_AMD64 | {"os.version": "6.1"}))
    ),
    "index with amd64 of windows": Case(_index(_child(platform=_AMD64 | {"os": "windows"}))),
    "index with x86_64": Case(_index(_child(platform=_AMD64 | {"architecture": "x86_64"}))),
    "index with arm64 only": Case(_ARM),
    "index with wasip1 only": Case(_index(_child(platform=_WASI))),
    "index with wasip1 beside amd64": Case(_index(_child(_OTHER, _WASI), _child(_IMAGE, _AMD64))),
    "index with unknown only": Case(_index(_child(platform=_UNKNOWN))),
    "index with amd64 and its attestation": Case(
        _index(_child(_IMAGE, _AMD64), _child(_OTHER, _UNKNOWN))
    ),
    "index with nothing": Case(_index()),
    "index in an index": Case(_index(_child(_index(_child(platform=_AMD64))))),
    "index in an index, as amd64": Case(_index(_child(_index(_child(platform=_AMD64)), _AMD64))),
    "index with a bad amd64 and a good one": Case(
        _index(_child(image(part(CONTENT, MODULE)), _AMD64), _child(_IMAGE, _AMD64))
    ),
    "index with a child of istio": Case(
        _index(_child(image(part(SPEC_CONFIG, b"{}"), part(CONTENT, MODULE)), _AMD64))
    ),
    "index with a child of another type": Case(
        _index(_child(_IMAGE, _AMD64, mediaType="application/vnd.acme.manifest+json"))
    ),
    "index with a child's size too large": Case(
        _index(_child(_IMAGE, _AMD64, size=len(_IMAGE.manifest) + 1))
    ),
    "index with an amd64 that is not there": Case(
        Image(_index(_child(platform=_AMD64)).manifest, OCI_INDEX)
    ),
    "index with a child inside its descriptor": Case(_index(_child(platform=_AMD64, data="e30="))),
    "docker's list with amd64": Case(_index(_child(platform=_AMD64), kind=DOCKER_LIST)),
    "docker's list with arm64 only": Case(_index(_child(platform=_ARM64), kind=DOCKER_LIST)),
    "index with artifactType": Case(
        _index(_child(platform=_AMD64), artifactType="application/vnd.acme.filter")
    ),
}


def _hex(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


_MANIFEST = _hex(_IMAGE.manifest)

CHECKSUMS = {
    "checksum of the manifest": Case(_IMAGE, _MANIFEST),
    "checksum of the module": Case(_IMAGE, _hex(MODULE)),
    "checksum of the layer": Case(_IMAGE, _hex(_IMAGE.blobs[-1])),
    "checksum of the index": Case(_CHOICE, _hex(_CHOICE.manifest)),
    "checksum of the index's amd64": Case(_CHOICE, _MANIFEST),
    "checksum of the index's arm64": Case(_CHOICE, _hex(_OTHER.manifest)),
    "checksum in capitals": Case(_IMAGE, _MANIFEST.upper()),
    "checksum with its algorithm": Case(_IMAGE, f"sha256:{_MANIFEST}"),
    "checksum cut short": Case(_IMAGE, _MANIFEST[:63]),
    "checksum of another, by digest": Case(_IMAGE, _hex(MODULE), at="@{digest}"),
    "by digest": Case(_IMAGE, at="@{digest}"),
    "by tag and digest": Case(_IMAGE, at=":1@{digest}"),
    "by a tag that is not there and digest": Case(_IMAGE, at=":none@{digest}"),
    "by digest and checksum": Case(_IMAGE, _MANIFEST, at="@{digest}"),
    "by digest of an index": Case(_CHOICE, at="@{digest}"),
    "by tag and digest of an index": Case(_CHOICE, at=":1@{digest}"),
    "by digest of an index, checksum of its amd64": Case(_CHOICE, _MANIFEST, at="@{digest}"),
    "by digest of an index's amd64": Case(_CHOICE, at=f"@{_IMAGE.digest}"),
    "by digest of an index without amd64": Case(_ARM, at="@{digest}"),
    "by digest of an index's arm64": Case(_ARM, at=f"@{_IMAGE.digest}"),
    "by a digest of nothing": Case(_IMAGE, at="@sha256:" + "0" * 64),
    "by a digest cut short": Case(_IMAGE, at="@sha256:" + "0" * 63),
    "by a tag that is not there": Case(_IMAGE, at=":none"),
    "by no tag": Case(_IMAGE, at=""),
    "by a tag that no tag can be": Case(_IMAGE, at=":-"),
}
