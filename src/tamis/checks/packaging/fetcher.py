"""The image fetcher of Istio, which Envoy Gateway and Higress have copied: what it takes, and what
it says otherwise.

Source of facts: istio.io/istio pkg/wasm (cache.go, imagefetcher.go) and the copies in
envoyproxy/gateway internal/wasm and higress-group/istio; tests/judges runs Istio's own.
"""

from collections.abc import Callable

from tamis.checks.packaging.document import Image, image
from tamis.checks.packaging.resolving import request, resolve
from tamis.checks.packaging.words import Refused
from tamis.model.media_types import DOCKER_MANIFEST, DOCKER_TAR_GZIP, OCI_TAR_GZIP, WASM_CONTENT
from tamis.model.packaged import Layer, Opened, Packaged

__all__ = ["PULLERS", "fetch"]

_MAGIC = b"\0asm"


def _counted(errors: tuple[str, ...]) -> str:
    """As hashicorp's multierror."""
    return f"{len(errors)} errors occurred:\n" + "".join(f"\t* {each}\n" for each in errors) + "\n"


#: How each of them joins errors, by the name that profiles have.
PULLERS: dict[str, Callable[[tuple[str, ...]], str]] = {
    "istio": _counted,
    "higress": _counted,
    "envoy-gateway": "\n".join,
}


def fetch(found: Packaged, puller: str) -> Opened:
    """The module that it takes. Raises Refused, with the rule that is broken."""
    try:
        resolved = resolve(found)
    except Refused as refused:
        words = f"could not fetch Wasm OCI image: could not fetch image: {refused.words}"
        raise Refused(words, "index") from refused
    digest = resolved.digest.removeprefix("sha256:")
    if found.checksum and found.checksum != digest:
        raise Refused(
            f"module downloaded from {found.url} has checksum {digest}, "
            f"which does not match: {found.checksum}",
            "checksum",
        )
    try:
        module = _module(found, resolved.manifest.content, PULLERS[puller])
    except Refused as refused:
        alone = refused.words.startswith("panic: ")
        words = refused.words if alone else f"could not fetch Wasm binary: {refused.words}"
        raise Refused(words, "layout") from refused
    if module.size < 2 * len(_MAGIC) or not module.head.startswith(_MAGIC):
        raise Refused(f"fetched Wasm binary from {found.url} is invalid", "module")
    return module


def _module(found: Packaged, content: bytes, join: Callable[[tuple[str, ...]], str]) -> Opened:
    try:
        manifest = image(content)
    except Refused as refused:
        raise Refused(f"could not retrieve manifest: {refused.words}") from refused
    if manifest.media_type == DOCKER_MANIFEST:
        try:
            return _archive(found, manifest, DOCKER_TAR_GZIP)
        except Refused as refused:
            raise _worded(
                refused, "could not extract Wasm file from the image as Docker container"
            ) from refused
    try:
        return _archive(found, manifest, OCI_TAR_GZIP)
    except Refused as refused:
        compat = _worded(refused, "could not parse as compat variant:")
    if compat.words.startswith("panic: "):
        raise compat
    try:
        return _content(found, manifest)
    except Refused as refused:
        artifact = _worded(refused, "could not parse as oci variant:")
    both = join((compat.words, artifact.words))
    raise Refused(f"the given image is in invalid format as an OCI image: {both}")


def _archive(found: Packaged, manifest: Image, wanted: str) -> Opened:
    """`plugin.wasm` in the last layer."""
    if not manifest.layers:
        raise Refused("number of layers must be greater than zero")
    digest = manifest.layers[-1].digest
    kind = manifest.named(digest).media_type
    if kind != wanted:
        raise Refused(f"invalid media type {kind} (expect {wanted})")
    layer = _layer(found, manifest, digest)
    if layer.archive is None or layer.archive.fault:
        refused = Refused(layer.archive.fault if layer.archive else "EOF")
        raise _worded(refused, "could not extract wasm binary:")
    return layer.archive


def _content(found: Packaged, manifest: Image) -> Opened:
    """A layer that is the module."""
    if len(manifest.layers) != 2:
        raise Refused(f"number of layers must be 2 but got {len(manifest.layers)}")
    for layer in manifest.layers:
        if manifest.named(layer.digest).media_type == WASM_CONTENT:
            return _layer(found, manifest, layer.digest).raw
    raise Refused(f"could not find the layer of type {WASM_CONTENT}")


def _layer(found: Packaged, manifest: Image, digest: str) -> Layer:
    named, asked = manifest.named(digest), request(found, "blobs", digest)
    layer = found.layers.get(digest)
    if layer is None:
        raise Refused(f"could not get layer content: {asked}: BLOB_UNKNOWN: blob unknown")
    if named.data is None and named.size not in {-1, layer.size}:
        raise Refused(
            f"could not get layer content: {asked}: Content-Length header {layer.size} "
            f"does not match expected size {named.size}"
        )
    return layer


def _worded(refused: Refused, doing: str) -> Refused:
    """What it did then; a panic is told as it is."""
    words = refused.words
    return Refused(words if words.startswith("panic: ") else f"{doing} {words}")
