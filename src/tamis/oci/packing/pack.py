"""A module and its metadata made into an artifact: same input, same digest, whatever the clock.

Which consumer takes which layout (Istio, Envoy Gateway and Higress, by their fetchers):

* `image`: an OCI image; its LAST layer is a tar+gzip that holds `plugin.wasm`. Read by all, and by
  every registry and container tool.
* `istio`: EXACTLY two layers, one of them the raw module
  (`application/vnd.module.wasm.content.layer.v1+wasm`), the other its ABI configuration.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tamis.errors import BadInput
from tamis.model.artifact import Descriptor, Layout, Metadata
from tamis.oci.blobs import InMemory, Source, pieces
from tamis.oci.digests import digest_of
from tamis.oci.manifests import MAX_MANIFEST, OCI_MANIFEST, compact, written
from tamis.oci.packing import gzip, tar
from tamis.oci.packing.metadata import annotations

__all__ = [
    "IMAGE_CONFIG",
    "MAX_MODULE",
    "OCI_TAR_GZIP",
    "WASM_CONFIG",
    "WASM_CONTENT",
    "Blob",
    "Packed",
    "check_module",
    "pack",
]

IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_TAR_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
WASM_CONFIG = "application/vnd.module.wasm.config.v1+json"
WASM_CONTENT = "application/vnd.module.wasm.content.layer.v1+wasm"
#: Bytes of a module; Istio silently truncates beyond.
MAX_MODULE = 256 << 20

_TITLE = "org.opencontainers.image.title"
_MAGIC = b"\0asm"


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes and the descriptor that names them."""

    descriptor: Descriptor
    source: Source

    @property
    def content(self) -> bytes:
        """All of its bytes."""
        return b"".join(pieces(self.source))


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


def pack(module: bytes, metadata: Metadata, layout: Layout = "image") -> Packed:
    """Arrange `module` as `layout`; its bytes are never changed.

    Raises BadInput when it is no module, too large for consumers, or its metadata is too large.
    """
    check_module(module, metadata.name)
    layers, diff_ids = _image(module) if layout == "image" else _istio(module, metadata)
    config = _blob(IMAGE_CONFIG, _image_config(diff_ids))
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": written(config.descriptor),
        "layers": [written(layer.descriptor) for layer in layers],
        "annotations": annotations(metadata, digest_of(module), len(module)),
    }
    manifest = compact(document)
    if len(manifest) > MAX_MANIFEST:
        raise BadInput(
            f"{metadata.name}: the manifest would take {len(manifest)} bytes, registries take "
            f"{MAX_MANIFEST}",
            advice="Make config.schema.json or the description smaller.",
        )
    return Packed(manifest, digest_of(manifest), config, layers, layout)


def check_module(module: bytes, name: str) -> None:
    """Raises BadInput where a consumer would refuse or truncate these bytes."""
    if len(module) < 8 or not module.startswith(_MAGIC):
        raise BadInput(
            f"{name}: this is not a WebAssembly module (it does not begin with \\0asm)",
            advice="Name the compiled .wasm file.",
        )
    if len(module) > MAX_MODULE:
        raise BadInput(
            f"{name}: the module has {len(module) >> 20} MiB, and consumers truncate it at "
            f"{MAX_MODULE >> 20} MiB",
            advice="Strip debug information and embedded data.",
        )


def _image(module: bytes) -> tuple[tuple[Blob, ...], list[str]]:
    archive = tar.write(module)
    return (_blob(OCI_TAR_GZIP, gzip.compress(archive)),), [digest_of(archive)]


def _istio(module: bytes, metadata: Metadata) -> tuple[tuple[Blob, ...], list[str]]:
    layers = (
        _blob(WASM_CONFIG, _wasm_config(metadata), {_TITLE: "config.json"}),
        _blob(WASM_CONTENT, module, {_TITLE: tar.PLUGIN}),
    )
    return layers, [layer.descriptor.digest for layer in layers]


def _image_config(diff_ids: list[str]) -> bytes:
    """linux/amd64 whatever runs the filter: it is what consumers look for in an index."""
    return compact(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        }
    )


def _wasm_config(metadata: Metadata) -> bytes:
    return compact(
        {
            "type": "envoy_proxy",
            "abiVersions": [metadata.abi] if metadata.abi else [],
            "config": {"rootIds": [metadata.root_id]},
        }
    )


def _blob(media_type: str, content: bytes, notes: Mapping[str, str] | None = None) -> Blob:
    return Blob(
        Descriptor(media_type, digest_of(content), len(content), notes or {}), InMemory(content)
    )
