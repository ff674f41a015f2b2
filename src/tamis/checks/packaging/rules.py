"""The rules of a target's puller about an artifact, as findings: its verdict, in its own words."""

from collections.abc import Iterator

from tamis.checks.packaging.document import image
from tamis.checks.packaging.fetcher import fetch
from tamis.checks.packaging.resolving import resolve
from tamis.checks.packaging.words import Refused
from tamis.checks.subject import error, warning
from tamis.model.finding import Finding
from tamis.model.media_types import HIGRESS_SPEC
from tamis.model.packaged import Opened, Packaged
from tamis.profiles import Profile

__all__ = ["packaging"]

_ADVICE = {
    "index": "Add a child for linux/amd64, or push the image manifest without an index.",
    "checksum": "Pin the digest of the image manifest that a puller takes: not an index's, not a"
    " layer's, not the module's.",
    "layout": "Push it with --layout image, which every consumer reads.",
    "module": "Push a compiled module: the first plugin.wasm in the layer is what they take.",
}


def packaging(found: Packaged, target: Profile) -> tuple[Finding, ...]:
    """What `target` would say to the artifact; nothing where it pulls none.

    Words of several lines are told in one.
    """
    if not target.puller:
        return ()
    damaged = [layer.fault for layer in found.layers.values() if layer.fault]
    if damaged:
        return (error("packaging/damaged", damaged[0], "Push it again from its source."),)
    try:
        module = fetch(found, target.puller)
    except Refused as refused:
        words = " ".join(refused.words.split())
        return (error(f"packaging/{refused.rule}", words, _ADVICE[refused.rule]),)
    return (*_size(found, module, target), *_console(found, target), *_registry(found))


def _size(found: Packaged, module: Opened, target: Profile) -> Iterator[Finding]:
    """`packaging/size`: what Istio cuts off without a word is told in ours."""
    advice = "Strip debug information and embedded data."
    manifest = len(resolve(found).manifest.content)
    if manifest > target.limits.get("manifest_size", manifest):
        yield error(
            "packaging/size",
            f"the manifest has {manifest} bytes, {target.title} takes "
            f"{target.limits['manifest_size']}",
            "Make config.schema.json or the description smaller.",
        )
    if module.size > target.limits.get("module_size", module.size):
        yield error(
            "packaging/size",
            f"{target.title} cuts the module off at {target.limits['module_size'] >> 20} MiB "
            f"without a word: it has {module.size} bytes",
            advice,
        )
    if module.size > target.limits.get("cache_size", module.size):
        limit = target.limits["cache_size"]
        yield error("packaging/size", f"wasm cache size exceeded the limit: {limit}", advice)


def _console(found: Packaged, target: Profile) -> Iterator[Finding]:
    """`packaging/console`: Higress' gateway takes it, its console has nothing to show."""
    layers = image(resolve(found).manifest.content).layers
    if target.puller == "higress" and all(one.media_type != HIGRESS_SPEC for one in layers):
        yield warning(
            "packaging/console",
            "it has no spec.yaml: Higress' gateway takes it, its console cannot configure it",
            "Push it with --layout higress.",
        )


def _registry(found: Packaged) -> Iterator[Finding]:
    """`packaging/registry`: where nobody else gets it."""
    scheme, _, place = found.url.partition("://")
    host = place.partition("/")[0].rpartition(":")[0] or place.partition("/")[0]
    if scheme == "oci" and (host in {"localhost", "[::1]"} or host.startswith("127.")):
        yield warning(
            "packaging/registry",
            f"{host} is this machine: no mesh can pull from there",
            "Copy it to a registry that they reach: tamis copy.",
        )
