"""Manifests and indexes as pullers read them, which is more leniently than we do.

Source of facts: go-containerregistry, pkg/v1 (manifest.go, hash.go), which Istio, Envoy Gateway and
Higress share.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from tamis.checks.packaging.golang import Struct, value
from tamis.checks.packaging.words import Refused, quoted
from tamis.model.media_types import DOCKER_LIST, OCI_INDEX

__all__ = [
    "INDEXES",
    "Entry",
    "Image",
    "image",
    "index",
]

INDEXES = frozenset({OCI_INDEX, DOCKER_LIST})

_DIGITS = {"sha256": 64}


def _digest(text: str) -> None:
    """Raises Refused for what is no digest."""
    algorithm, colon, digits = text.partition(":")
    if not (colon and algorithm and digits):
        raise Refused(f"cannot parse hash: {quoted(text)}")
    rest = digits.lstrip("0123456789abcdef")
    if rest:
        raise Refused(f"found non-hex character in hash: {rest[0]}")
    if algorithm not in _DIGITS:
        raise Refused(f"unsupported hash: {quoted(algorithm)}")
    if len(digits) != _DIGITS[algorithm]:
        raise Refused(f"wrong number of hex digits for {algorithm}: {digits}")


def _data(text: str) -> None:
    try:
        base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise Refused("illegal base64 data at input byte 0") from error


_PLATFORM: Struct = (
    "Platform",
    {"architecture": "string", "os": "string", "os.version": "string", "variant": "string"},
)
_DESCRIPTOR: Struct = (
    "Descriptor",
    {
        "mediaType": "string",
        "size": "int64",
        "digest": _digest,
        "data": _data,
        "urls": ["string"],
        "annotations": {},
        "platform": _PLATFORM,
        "artifactType": "string",
    },
)
_MANIFEST: Struct = (
    "Manifest",
    {
        "schemaVersion": "int64",
        "mediaType": "string",
        "config": _DESCRIPTOR,
        "layers": [_DESCRIPTOR],
        "annotations": {},
        "subject": _DESCRIPTOR,
    },
)
_INDEX: Struct = (
    "IndexManifest",
    {
        "schemaVersion": "int64",
        "mediaType": "string",
        "manifests": [_DESCRIPTOR],
        "annotations": {},
        "subject": _DESCRIPTOR,
    },
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A descriptor. `platform` None: it names none; `data` None: nothing is inside it."""

    media_type: str
    digest: str
    size: int
    platform: tuple[str, str] | None = None
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """An image manifest; `media_type` is what it calls itself."""

    media_type: str
    config: Entry
    layers: tuple[Entry, ...]

    def named(self, digest: str) -> Entry:
        """What the manifest says of a blob: the first that has this digest, configuration first."""
        return next(each for each in (self.config, *self.layers) if each.digest == digest)


def image(content: bytes) -> Image:
    """Read an image manifest. Raises Refused."""
    found = value(content, _MANIFEST)
    layers = tuple(_entry(item) for item in found.get("layers") or ())
    return Image(found.get("mediaType") or "", _entry(found.get("config")), layers)


def index(content: bytes) -> tuple[Entry, ...]:
    """Read an index. Raises Refused."""
    found = value(content, _INDEX)
    return tuple(_entry(item) for item in found.get("manifests") or ())


def _entry(item: dict[str, Any] | None) -> Entry:
    known = item or {}
    platform = known.get("platform")
    data = known.get("data")
    return Entry(
        known.get("mediaType") or "",
        known.get("digest") or "",
        known.get("size") or 0,
        (platform.get("os") or "", platform.get("architecture") or "")
        if platform is not None
        else None,
        base64.b64decode(data) if data is not None else None,
    )
