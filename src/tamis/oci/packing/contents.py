"""A manifest back to a module, by the rules of the consumers' own fetchers; foreign ones too.

Docker schema2: the last layer is `application/vnd.docker.image.rootfs.diff.tar.gzip`. Else the last
layer is `application/vnd.oci.image.layer.v1.tar+gzip`; both hold `plugin.wasm`. Else exactly two
layers, one of them the raw module; or one, as CNCF's tools have it. An index stands for its
linux/amd64 child.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from tamis.errors import BadInput, Rejected
from tamis.model.artifact import Artifact, Descriptor
from tamis.model.choices import Layout
from tamis.model.media_types import (
    CNCF_MODULE,
    DOCKER_MANIFEST,
    DOCKER_TAR_GZIP,
    HIGRESS_SPEC,
    OCI_TAR_GZIP,
    WASM_CONTENT,
)
from tamis.oci.manifests import MAX_MANIFEST, Index, Manifest
from tamis.oci.packing.metadata import METADATA, metadata, module_facts

__all__ = ["Content", "check_promise", "child", "content", "described"]

_PLATFORM = "linux/amd64"
_ADVICE = "Push it again with tamis push --layout image, which every consumer reads."

Read = Callable[[Descriptor], bytes]


@dataclass(frozen=True, slots=True)
class Content:
    """Which layer carries the module, and how. `archived`: as plugin.wasm in a tar+gzip."""

    layout: Layout
    layer: Descriptor

    @property
    def archived(self) -> bool:
        """Else the layer is the module itself."""
        return self.layout not in {"istio", "cncf"}


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
    docker = manifest.media_type == DOCKER_MANIFEST
    tarred = DOCKER_TAR_GZIP if docker else OCI_TAR_GZIP
    if kinds and kinds[-1] == tarred:
        image: Layout = "higress" if HIGRESS_SPEC in kinds else "image"
        return Content("docker" if docker else image, layers[-1])
    if tarred in kinds:
        position = kinds.index(tarred) + 1
        raise BadInput(
            f"layer {position} of {len(kinds)} is {tarred}; it must be the last, "
            f"which is {kinds[-1]}",
            advice=_ADVICE,
        )
    if WASM_CONTENT in kinds and not docker:
        if len(layers) != 2:
            raise BadInput(f"number of layers must be 2 but got {len(layers)}", advice=_ADVICE)
        return Content("istio", layers[kinds.index(WASM_CONTENT)])
    if kinds == [CNCF_MODULE] and not docker:
        return Content("cncf", layers[0])
    shown = ", ".join(kinds) or "none"
    raise BadInput(f"this is no Wasm artifact: its layers are {shown}", advice=_ADVICE)


def described(
    manifest: Manifest,
    digest: str,
    read: Read | None = None,
    *,
    name: str = "",
    version: str = "",
) -> Artifact:
    """What the manifest says of its artifact, never the module.

    The annotations tell, else the labels of an image's configuration, which `read` fetches. `name`
    and `version` stand in for what a foreign artifact does not say; the digest and size of a module
    that its layer hides are "" and 0 then. Raises BadInput for what is malformed, Rejected for a
    manifest that contradicts itself, and what `read` raises.
    """
    found = content(manifest)
    notes = manifest.annotations
    if METADATA not in notes and read and manifest.config:
        notes = {**_labels(manifest.config, read), **notes}
    module_digest, module_size = module_facts(notes)
    if not found.archived:
        check_promise(module_digest, found.layer.digest)
        module_digest, module_size = found.layer.digest, found.layer.size
    return Artifact(
        metadata=metadata(notes, name=name, version=version),
        layout=found.layout,
        digest=digest,
        module_digest=module_digest,
        module_size=module_size,
        layer_size=found.layer.size,
    )


def check_promise(promised: str, digest: str) -> None:
    """Raises Rejected when a module's digest is not the one that its manifest promises, if any."""
    if promised and promised != digest:
        raise Rejected(
            f"the module has digest {digest}, its manifest promises {promised}",
            advice="Do not use it: the artifact was put together from different parts.",
        )


def _labels(config: Descriptor, read: Read) -> dict[str, str]:
    """Of a container image's configuration; others have none."""
    if "image" not in config.media_type or config.size > MAX_MANIFEST:
        return {}
    try:
        document = json.loads(read(config))
    except (ValueError, RecursionError):
        return {}
    inner = document.get("config") if isinstance(document, dict) else None
    labels = inner.get("Labels") if isinstance(inner, dict) else None
    found = labels if isinstance(labels, dict) else {}
    return {key: value for key, value in found.items() if isinstance(value, str)}
