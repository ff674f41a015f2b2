"""`render`: metadata, reference and configuration to the text of one manifest."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tamis import profiles
from tamis.errors import BadInput
from tamis.manifests import envoy, istio
from tamis.manifests.manifest import Deployment, Manifest
from tamis.manifests.text import to_yaml
from tamis.manifests.validate import problems
from tamis.model.artifact import Metadata
from tamis.model.reference import RegistryReference
from tamis.project import configuration

__all__ = ["render", "usual_kind"]

_WRITERS: Mapping[str, Callable[[Deployment], dict[str, Any]]] = {
    "Bootstrap": envoy.bootstrap,
    "EnvoyFilter": istio.envoy_filter,
    "TrafficExtension": istio.traffic_extension,
    "WasmPlugin": istio.wasm_plugin,
}


#: Kinds without these fields of a plugin: a setting that goes lost is worse than none.
_ISTIO = ("vm_config", "capabilities", "allow_on_headers_stop_iteration")
_LACKING = {"TrafficExtension": _ISTIO, "WasmPlugin": _ISTIO}


def usual_kind(target: str, metadata: Metadata) -> str:
    """The first kind that `target` recommends which has all that the filter's [plugin] says; its
    first where none has. Raises BadInput for an unknown target.
    """
    profile = profiles.resolve(target)
    kinds = profile.kinds
    if not kinds:
        raise BadInput(
            f"tamis writes no manifests for {profile.title}",
            advice="Write its own, pinned to the digest that tamis push tells.",
        )
    return next((kind for kind in kinds if not _lacking(kind, metadata)), kinds[0])


def render(
    metadata: Metadata,
    reference: RegistryReference,
    *,
    target: str,
    kind: str | None = None,
    config: str | None = None,
    namespace: str | None = None,
    labels: Mapping[str, str] | None = None,
    publish: str | None = None,
    module: Path | None = None,
) -> Manifest:
    """One manifest of `kind` (None: the usual one) for `target`, pinned to `reference.digest`.

    `config` is JSON text, None: the filter's default, "": none. `publish` is the command that
    publishes the artifact, where that has not happened: it becomes the first line. `module` is
    the file that a lone Envoy reads. Raises BadInput: an unknown target, a kind its version does
    not have, a reference without digest, a configuration that breaks the filter's schema, names
    or labels that the cluster would refuse.
    """
    profile = profiles.resolve(target)
    kind = kind or usual_kind(target, metadata)
    if kind not in profile.kinds:
        raise BadInput(f"{target} has no {kind}", advice=f"It reads {' and '.join(profile.kinds)}.")
    if lost := _lacking(kind, metadata):
        raise BadInput(
            f"a {kind} has no place for 'plugin.{lost[0]}' of {metadata.name}",
            advice="Render an EnvoyFilter, or take it out of tamis.toml.",
        )
    _check_fields(profile, metadata)
    text = metadata.config if config is None else config
    _check_config(text, metadata)
    deployment = Deployment(metadata, reference, text, namespace, dict(labels or {}), module)
    _ = deployment.sha256  # a manifest is pinned, whatever its kind shows
    manifest = _WRITERS[kind](deployment)
    _refuse(manifest, kind)
    comments = [f"NOT PUBLISHED: {publish}"] if publish else []
    comments += [envoy.comment(deployment)] if kind == "Bootstrap" else []
    name = f"{deployment.name}-{target.replace('@', '-')}-{kind.lower()}"
    return Manifest(name, kind, target, to_yaml(manifest, tuple(comments)))


def _lacking(kind: str, metadata: Metadata) -> list[str]:
    return [name for name in _LACKING.get(kind, ()) if getattr(metadata, name)]


def _check_fields(profile: profiles.Profile, metadata: Metadata) -> None:
    name = "allow_on_headers_stop_iteration"
    if metadata.allow_on_headers_stop_iteration and name not in profile.fields:
        raise BadInput(
            f"{profile.title} {profile.version} has no '{name}' and would refuse the plugin",
            advice="Take it out of tamis.toml, or deploy to a version that has it.",
        )


def _check_config(config: str, metadata: Metadata) -> None:
    """Against the filter's schema. No configuration at all must be as good as an empty object."""
    if config:
        configuration.parse(config, "the configuration")
        configuration.validate(config, metadata.config_schema, "the configuration")
    elif metadata.config_schema and configuration.fault_of({}, metadata.config_schema):
        raise BadInput(
            f"{metadata.name} needs a configuration, and has no default one",
            advice="Give one: --config FILE.",
        )


def _refuse(manifest: Mapping[str, Any], kind: str) -> None:
    found = problems(manifest)
    if found:
        raise BadInput(
            f"a cluster would refuse this {kind}: {found[0]}",
            advice="Correct the option or the line of tamis.toml that this comes from.",
        )
