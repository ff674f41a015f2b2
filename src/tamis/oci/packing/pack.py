"""A module and its metadata made into an artifact: same input, same digest, whatever the clock."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tamis.errors import BadInput
from tamis.model.artifact import Metadata
from tamis.model.choices import Layout
from tamis.model.media_types import OCI_INDEX, OCI_MANIFEST
from tamis.oci.blobs import InMemory, Source
from tamis.oci.digests import digest_of
from tamis.oci.manifests import MAX_MANIFEST, Stored, compact, written
from tamis.oci.packing.layouts import cncf, docker, higress, image, istio
from tamis.oci.packing.module import check_module
from tamis.oci.packing.parts import Arranged, Blob, Parts

__all__ = ["Packed", "pack", "pack_index"]

_ARRANGE: Mapping[Layout, Callable[[Parts], Arranged]] = {
    "image": image.arrange,
    "istio": istio.arrange,
    "docker": docker.arrange,
    "higress": higress.arrange,
    "cncf": cncf.arrange,
}
_LINUX = ("linux", "amd64")
#: (os, architecture) in an index. Meshes take the first child for linux/amd64, whatever runs them.
_PLATFORMS: Mapping[Layout, tuple[str, str]] = {
    "image": _LINUX,
    "istio": _LINUX,
    "docker": _LINUX,
    "higress": _LINUX,
    "cncf": ("wasip1", "wasm"),
}


@dataclass(frozen=True, slots=True)
class Packed:
    """An artifact ready to be written: blobs first, then the manifest, whose digest is `digest`."""

    manifest: bytes
    digest: str
    config: Blob
    layers: tuple[Blob, ...]
    layout: Layout
    media_type: str = OCI_MANIFEST

    @property
    def blobs(self) -> tuple[Blob, ...]:
        """In the order in which they are written."""
        return (self.config, *self.layers)


def pack(module: bytes | Source, metadata: Metadata, layout: Layout = "image") -> Packed:
    """Arrange `module` as `layout`; its bytes are never changed, and those of a Source never all in
    memory.

    Raises BadInput when it is no module, too large for consumers, or its metadata is too large;
    OSError when it cannot be read.
    """
    return _packed(_parts(module, metadata), layout)


def pack_index(
    module: bytes | Source, metadata: Metadata, layouts: Sequence[Layout]
) -> tuple[Stored, tuple[Packed, ...]]:
    """An index of several layouts, and its children, in this order.

    Raises BadInput when two of them are for the same platform: consumers take the first, and what
    `pack` raises.
    """
    for position, layout in enumerate(layouts):
        same = [one for one in layouts[:position] if _PLATFORMS[one] == _PLATFORMS[layout]]
        if same:
            platform = "/".join(_PLATFORMS[layout])
            raise BadInput(
                f"an index has room for one of {same[0]} and {layout}: both are for {platform}",
                advice="Consumers take the first; push the other one under a tag of its own.",
            )
    parts = _parts(module, metadata)
    packed = tuple(_packed(parts, layout) for layout in layouts)
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [_entry(each) for each in packed],
        "annotations": parts.notes,
    }
    content = compact(document)
    _bearable(content, metadata.name)
    return Stored(content, digest_of(content), OCI_INDEX), packed


def _parts(module: bytes | Source, metadata: Metadata) -> Parts:
    source = InMemory(module) if isinstance(module, bytes) else module
    with source.open() as reader:
        check_module(reader.read(8), source.size, metadata.name)
    return Parts(source, metadata)


def _packed(parts: Parts, layout: Layout) -> Packed:
    made = _ARRANGE[layout](parts)
    document = {
        "schemaVersion": 2,
        "mediaType": made.media_type,
        "config": written(made.config.descriptor),
        "layers": [written(layer.descriptor) for layer in made.layers],
        **({"annotations": made.notes} if made.notes else {}),
    }
    manifest = compact(document)
    _bearable(manifest, parts.known.name)
    _bearable(made.config.content, parts.known.name)
    digest = digest_of(manifest)
    return Packed(manifest, digest, made.config, made.layers, layout, made.media_type)


def _bearable(manifest: bytes, name: str) -> None:
    if len(manifest) > MAX_MANIFEST:
        raise BadInput(
            f"{name}: the manifest would take {len(manifest)} bytes, registries take "
            f"{MAX_MANIFEST}",
            advice="Make config.schema.json or the description smaller.",
        )


def _entry(packed: Packed) -> dict[str, object]:
    system, machine = _PLATFORMS[packed.layout]
    return {
        "mediaType": packed.media_type,
        "digest": packed.digest,
        "size": len(packed.manifest),
        "platform": {"architecture": machine, "os": system},
    }
