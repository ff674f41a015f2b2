"""The [plugin] of tamis.toml in manifests, and the kinds that have no place for some of it."""

import io
from dataclasses import replace
from typing import Any

import pytest
from ruamel.yaml import YAML

from tamis import profiles
from tamis.errors import BadInput
from tamis.manifests import Manifest, render, usual_kind
from tamis.model.artifact import Metadata
from tamis.model.reference import RegistryReference

REFERENCE = RegistryReference("ghcr.io", "acme/f", "1.0.0", f"sha256:{'1' * 64}")
PLAIN = Metadata("f", "1.0.0")
WHOLE = replace(
    PLAIN,
    vm_config="start",
    environment=("LEVEL=info", "X=a=b"),
    capabilities=("proxy_log", "fd_write"),
    failure_policy="reload",
    allow_on_headers_stop_iteration=True,
)


def spec(manifest: Manifest) -> dict[str, Any]:
    value: dict[str, Any] = YAML(typ="safe", pure=True).load(io.StringIO(manifest.text))
    return value


def plugin(metadata: Metadata, target: str = "envoy", kind: str | None = None) -> dict[str, Any]:
    """The PluginConfig of an Envoy bootstrap or an EnvoyFilter."""
    value = spec(render(metadata, REFERENCE, target=target, kind=kind))
    if kind == "EnvoyFilter":
        patch = value["spec"]["configPatches"][0]["patch"]["value"]
    else:
        chain = value["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]
        patch = chain["typed_config"]["http_filters"][0]
    config: dict[str, Any] = patch["typed_config"]["config"]
    return config


@pytest.mark.parametrize(("target", "kind"), [("envoy", None), ("istio@1.30", "EnvoyFilter")])
def test_envoy_s_own_configuration_has_all(target: str, kind: str | None) -> None:
    found = plugin(WHOLE, target, kind)
    assert found["failure_policy"] == "FAIL_RELOAD"
    assert found["allow_on_headers_stop_iteration"] is True
    assert found["capability_restriction_config"] == {
        "allowed_capabilities": {"proxy_log": {}, "fd_write": {}}
    }
    vm = found["vm_config"]
    assert vm["environment_variables"] == {"key_values": {"LEVEL": "info", "X": "a=b"}}
    assert vm["configuration"] == {
        "@type": "type.googleapis.com/google.protobuf.StringValue",
        "value": "start",
    }


def test_what_is_not_said_is_not_written() -> None:
    found = plugin(PLAIN)
    assert set(found) == {"name", "vm_config", "failure_policy"}
    assert set(found["vm_config"]) == {"vm_id", "runtime", "code"}
    assert found["failure_policy"] == "FAIL_CLOSED"


@pytest.mark.parametrize("kind", ["WasmPlugin", "TrafficExtension"])
@pytest.mark.parametrize(
    ("policy", "strategy"),
    [("closed", "FAIL_CLOSE"), ("open", "FAIL_OPEN"), ("reload", "FAIL_RELOAD")],
)
def test_istio_s_kinds(kind: str, policy: Any, strategy: str) -> None:
    metadata = replace(PLAIN, failure_policy=policy, environment=("LEVEL=info",))
    value = spec(render(metadata, REFERENCE, target="istio@1.30", kind=kind))["spec"]
    module = value["wasm"] if kind == "TrafficExtension" else value
    assert module["failStrategy"] == strategy
    assert module["vmConfig"] == {"env": [{"name": "LEVEL", "value": "info"}]}
    value = spec(render(PLAIN, REFERENCE, target="istio@1.30", kind=kind))["spec"]
    assert "vmConfig" not in value.get("wasm", value)


LOST = [
    replace(PLAIN, vm_config="x"),
    replace(PLAIN, capabilities=("proxy_log",)),
    replace(PLAIN, allow_on_headers_stop_iteration=True),
]


@pytest.mark.parametrize("metadata", LOST)
@pytest.mark.parametrize("kind", ["WasmPlugin", "TrafficExtension"])
def test_nothing_goes_lost_in_a_kind_that_lacks_it(metadata: Metadata, kind: str) -> None:
    with pytest.raises(BadInput, match=rf"a {kind} has no place for 'plugin\.\w+' of f") as caught:
        render(metadata, REFERENCE, target="istio@1.30", kind=kind)
    assert caught.value.advice().startswith("Render an EnvoyFilter")
    assert usual_kind("istio@1.30", metadata) == "EnvoyFilter"
    assert render(metadata, REFERENCE, target="istio@1.30").kind == "EnvoyFilter"
    assert usual_kind("istio@1.30", PLAIN) == "TrafficExtension"


def test_the_webhook_s_bounds_hold_for_variables() -> None:
    metadata = replace(PLAIN, environment=(f"A={'x' * 2049}",))
    with pytest.raises(BadInput, match="too long"):
        render(metadata, REFERENCE, target="istio@1.30", kind="WasmPlugin")


def test_a_version_without_the_field(monkeypatch: pytest.MonkeyPatch) -> None:
    """Older than any that is known: no profile that ships is without it."""
    resolve = profiles.resolve
    monkeypatch.setattr(
        profiles, "resolve", lambda name: replace(resolve(name), fields=frozenset())
    )
    with pytest.raises(BadInput, match="has no 'allow_on_headers_stop_iteration'"):
        render(WHOLE, REFERENCE, target="envoy@1.36")
