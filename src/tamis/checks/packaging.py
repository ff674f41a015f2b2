"""Would the consumer's image fetcher take this manifest? Its rules, over values alone.

Source: the image fetcher of Istio (`pkg/wasm`), which Envoy Gateway shares: it was run against
each of these arrangements, and the messages are its own.
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from tamis.checks.subject import error
from tamis.model.finding import Finding
from tamis.profiles import Profile

__all__ = ["packaging"]

_DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_WASM_LAYER = "application/vnd.module.wasm.content.layer.v1+wasm"
_PREFIX = "the given image is in invalid format as an OCI image: "
_FILE = "plugin.wasm"
_ADVICE = "Push it with --layout image, which every consumer reads."


def packaging(
    manifest: Mapping[str, Any], target: Profile, *, files: Sequence[str] | None = None
) -> tuple[Finding, ...]:
    """What `target` would say to an image manifest or an index (parsed JSON).

    `files` are the names in the archive that the last layer holds; None: not known, so not
    judged. A target that pulls no artifacts says nothing.
    """
    if not target.layouts:
        return ()
    if "manifests" in manifest:
        why = _index(manifest["manifests"])
        advice = "Add a child for linux/amd64, or push the image manifest without an index."
        return (error("packaging/index", why, advice),) if why else ()
    layers = [str(layer.get("mediaType", "")) for layer in manifest.get("layers", ())]
    why = _image(str(manifest.get("mediaType", "")), layers, files)
    return (error("packaging/layout", why, _ADVICE),) if why else ()


def _index(children: Sequence[Mapping[str, Any]]) -> str | None:
    """Resolved for linux/amd64; a child that names no platform counts as that."""
    for child in children:
        platform = child.get("platform")
        if not platform or (platform.get("os"), platform.get("architecture")) == ("linux", "amd64"):
            return None
    return "no child with platform linux/amd64 in index"


def _image(media_type: str, layers: list[str], files: Sequence[str] | None) -> str | None:
    if not layers:
        return f"{_PREFIX}number of layers must be greater than zero"
    if media_type == _DOCKER_MANIFEST:
        return _archive(layers[-1], _DOCKER_LAYER, files)
    compatible = _archive(layers[-1], _OCI_LAYER, files)
    artifact = _artifact(layers)
    if not compatible or not artifact:
        return None
    return (
        f"{_PREFIX}could not parse as compat variant: {compatible}; "
        f"could not parse as oci variant: {artifact}"
    )


def _archive(layer: str, wanted: str, files: Sequence[str] | None) -> str | None:
    if layer != wanted:
        return f"invalid media type {layer} (expect {wanted})"
    if files is not None and not any(PurePosixPath(name).name == _FILE for name in files):
        return f"{_FILE} not found in the archive"
    return None


def _artifact(layers: list[str]) -> str | None:
    if len(layers) != 2:
        return f"number of layers must be 2 but got {len(layers)}"
    if _WASM_LAYER not in layers:
        return f"could not find the layer of type {_WASM_LAYER}"
    return None
