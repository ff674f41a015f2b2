"""What layouts are put together from: blobs, and a module of which each part is made once."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tamis.model.artifact import Descriptor, Metadata
from tamis.model.media_types import IMAGE_CONFIG, OCI_MANIFEST
from tamis.oci.blobs import InMemory, Source, pieces, whole
from tamis.oci.digests import digest_of
from tamis.oci.manifests import compact
from tamis.oci.packing.gzip import compressed
from tamis.oci.packing.metadata import annotations
from tamis.oci.packing.scratch import kept
from tamis.oci.packing.tar import archived

__all__ = ["Arranged", "Blob", "Parts", "blob", "image_config"]


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes and the descriptor that names them."""

    descriptor: Descriptor
    source: Source

    @property
    def content(self) -> bytes:
        """All of its bytes."""
        return whole(self.source)


@dataclass(frozen=True, slots=True)
class Arranged:
    """A layout's blobs, and the keys of its manifest that are not the same everywhere."""

    config: Blob
    layers: tuple[Blob, ...]
    media_type: str = OCI_MANIFEST
    notes: Mapping[str, str] = field(default_factory=dict)


class Parts:
    """A module and what is known of it. Its bytes are read when they are needed, never held."""

    def __init__(self, module: Source, known: Metadata) -> None:
        self.module = module
        self.known = known

    @cached_property
    def digest(self) -> str:
        """Of the module."""
        digest = hashlib.sha256()
        for piece in pieces(self.module):
            digest.update(piece)
        return f"sha256:{digest.hexdigest()}"

    @property
    def archive_digest(self) -> str:
        """Of the tar archive with the module, before gzip."""
        return self._compressed[0]

    @cached_property
    def notes(self) -> dict[str, str]:
        """What the artifact says of itself, as annotations or labels."""
        return annotations(self.known, self.digest, self.module.size)

    def archive(self, media_type: str) -> Blob:
        """The layer that holds the module as plugin.wasm."""
        _, digest, source = self._compressed
        return Blob(Descriptor(media_type, digest, source.size), source)

    @cached_property
    def _compressed(self) -> tuple[str, str, Source]:
        """The digest before gzip, that of the layer, and the layer."""
        before = hashlib.sha256()

        def seen() -> Iterator[bytes]:
            for piece in archived(self.module):
                before.update(piece)
                yield piece

        digest, source = kept(compressed(seen()))
        return f"sha256:{before.hexdigest()}", digest, source


def blob(media_type: str, content: bytes, notes: Mapping[str, str] | None = None) -> Blob:
    """Of bytes in hand."""
    known = Descriptor(media_type, digest_of(content), len(content), notes or {})
    return Blob(known, InMemory(content))


def image_config(
    diff_ids: list[str], labels: Mapping[str, str] | None = None, media_type: str = IMAGE_CONFIG
) -> Blob:
    """linux/amd64 whatever runs the filter: it is what consumers look for in an index.

    `labels`: they outlive a conversion to docker schema2, which drops annotations.
    """
    document: dict[str, Any] = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Labels": dict(labels)} if labels else {},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    }
    return blob(media_type, compact(document))
