"""A manifest back to a module, by the rules of the consumers' own fetchers; foreign ones too.

Docker schema2: the last layer is `application/vnd.docker.image.rootfs.diff.tar.gzip`. Else the last
layer is `application/vnd.oci.image.layer.v1.tar+gzip`; both hold `plugin.wasm`. Else exactly two
layers, one of them the raw module. An index stands for its linux/amd64 child.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tamis.errors import BadInput, Rejected
from tamis.model.artifact import Artifact, Descriptor, Layout, Metadata
from tamis.oci.digests import digest_of
from tamis.oci.manifests import DOCKER_MANIFEST, Index, Manifest
from tamis.oci.packing import gzip, tar
from tamis.oci.packing.metadata import metadata, module_facts
from tamis.oci.packing.pack import MAX_MODULE, OCI_TAR_GZIP, WASM_CONTENT, check_module

__all__ = ["Content", "child", "content", "described", "unpack"]

_DOCKER_TAR_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_PLATFORM = "linux/amd64"
#: A tar archive holds more than the module: its header, and what a foreign image has beside it.
_ARCHIVE_LIMIT = MAX_MODULE + (64 << 20)
_ADVICE = "Push it again with tamis push --layout image, which every consumer reads."


@dataclass(frozen=True, slots=True)
class Content:
    """Which layer carries the module, and how."""

    layout: Layout
    layer: Descriptor


def child(index: Index) -> Descriptor:
    """The manifest that consumers take from an index; one without platform counts as amd64.

    Raises BadInput in their words when there is none.
    """
    for platform, descriptor in index.manifests:
        if platform in {"", _PLATFORM}:
            return descriptor
    raise BadInput(
        f"no child with platform {_PLATFORM} in index",
        advice=f"Consumers take this platform only: push the module as {_PLATFORM}.",
    )


def content(manifest: Manifest) -> Content:
    """Where the module is. Raises BadInput when no consumer would find it."""
    layers = manifest.layers
    kinds = [layer.media_type for layer in layers]
    tarred = _DOCKER_TAR_GZIP if manifest.media_type == DOCKER_MANIFEST else OCI_TAR_GZIP
    if kinds and kinds[-1] == tarred:
        return Content("image", layers[-1])
    if tarred in kinds:
        position = kinds.index(tarred) + 1
        raise BadInput(
            f"layer {position} of {len(kinds)} is {tarred}; it must be the last, "
            f"which is {kinds[-1]}",
            advice=_ADVICE,
        )
    if WASM_CONTENT in kinds and manifest.media_type != DOCKER_MANIFEST:
        if len(layers) != 2:
            raise BadInput(f"number of layers must be 2 but got {len(layers)}", advice=_ADVICE)
        return Content("istio", layers[kinds.index(WASM_CONTENT)])
    shown = ", ".join(kinds) or "none"
    raise BadInput(f"this is no Wasm artifact: its layers are {shown}", advice=_ADVICE)


def unpack(
    manifest: Manifest, read: Callable[[Descriptor], bytes], *, name: str = "", version: str = ""
) -> tuple[Metadata, bytes]:
    """The metadata and the exact bytes of the module. `read` fetches (and verifies) a blob.

    `name` and `version` stand in for what a foreign artifact does not say. Raises BadInput when it
    is malformed, Rejected when the module is not the one the manifest promises.
    """
    found = content(manifest)
    if found.layer.size > _ARCHIVE_LIMIT:
        raise BadInput(
            f"the layer has {found.layer.size >> 20} MiB, more than consumers take "
            f"({MAX_MODULE >> 20} MiB)",
            advice=_ADVICE,
        )
    known = metadata(manifest.annotations, name=name, version=version)
    blob = read(found.layer)
    module = blob
    if found.layout == "image":
        module = tar.read(gzip.decompress(blob, _ARCHIVE_LIMIT))
    check_module(module, known.name or tar.PLUGIN)
    promised, _ = module_facts(manifest.annotations)
    if promised and promised != digest_of(module):
        raise Rejected(
            f"the module has digest {digest_of(module)}, its manifest promises {promised}",
            advice="Do not use it: the artifact was put together from different parts.",
        )
    return known, module


def described(manifest: Manifest, digest: str, *, name: str = "", version: str = "") -> Artifact:
    """What the manifest alone tells; a foreign image hides its module: digest "" and size 0."""
    found = content(manifest)
    module_digest, module_size = module_facts(manifest.annotations)
    if found.layout == "istio":
        module_digest, module_size = found.layer.digest, found.layer.size
    return Artifact(
        metadata=metadata(manifest.annotations, name=name, version=version),
        layout=found.layout,
        digest=digest,
        module_digest=module_digest,
        module_size=module_size,
        layer_size=found.layer.size,
    )
