"""Envoy's `PluginConfig` (envoy.extensions.wasm.v3), in the JSON names of its protobuf."""

from typing import Any

from tamis.manifests.manifest import Deployment
from tamis.model.plugin import plugin_of

__all__ = ["HTTP_WASM", "NETWORK_WASM", "plugin_config", "wasm"]

_TYPES = "type.googleapis.com/"
HTTP_WASM = f"{_TYPES}envoy.extensions.filters.http.wasm.v3.Wasm"
NETWORK_WASM = f"{_TYPES}envoy.extensions.filters.network.wasm.v3.Wasm"
_STRING = f"{_TYPES}google.protobuf.StringValue"


def wasm(deployment: Deployment, code: dict[str, Any]) -> dict[str, Any]:
    """The filter's typed_config; `code` is an AsyncDataSource."""
    layer = NETWORK_WASM if deployment.metadata.layer == "network" else HTTP_WASM
    return {"@type": layer, "config": plugin_config(deployment, code)}


def plugin_config(deployment: Deployment, code: dict[str, Any]) -> dict[str, Any]:
    """A StringValue always: a Struct reaches the guest as binary protobuf (Envoy 1.40).

    The vm_id is the filter's own, so that no other plugin shares its VM.
    """
    known = plugin_of(deployment.metadata)
    plugin: dict[str, Any] = {"name": deployment.name}
    if known.root_id:
        plugin["root_id"] = known.root_id
    vm: dict[str, Any] = {
        "vm_id": deployment.name,
        "runtime": "envoy.wasm.runtime.v8",
        "code": code,
    }
    if known.vm_config:
        vm["configuration"] = {"@type": _STRING, "value": known.vm_config.decode()}
    if known.environment:
        vm["environment_variables"] = {"key_values": dict(known.environment)}
    plugin["vm_config"] = vm
    if deployment.config:
        plugin["configuration"] = {"@type": _STRING, "value": deployment.config}
    plugin["failure_policy"] = f"FAIL_{known.failure_policy.upper()}"
    if known.capabilities:
        allowed: dict[str, Any] = {name: {} for name in known.capabilities}
        plugin["capability_restriction_config"] = {"allowed_capabilities": allowed}
    if known.allow_on_headers_stop_iteration:
        plugin["allow_on_headers_stop_iteration"] = True
    return plugin
