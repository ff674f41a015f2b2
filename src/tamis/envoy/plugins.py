"""Plugins as Envoy's configuration names them: one of a module, a setting, a configuration."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tamis.envoy import native
from tamis.envoy.native import DYNAMIC, Kind
from tamis.model.plugin import Plugin

__all__ = [
    "GUEST",
    "NETWORK_WASM",
    "PASS_THROUGH",
    "TYPE",
    "WASM",
    "Json",
    "Loadable",
    "log_prefixes",
    "plugin_config",
    "resource",
    "typed_config",
]

Json = dict[str, object]

TYPE = "type.googleapis.com/"
WASM = TYPE + "envoy.extensions.filters.http.wasm.v3.Wasm"
NETWORK_WASM = TYPE + "envoy.extensions.filters.network.wasm.v3.Wasm"
#: The slot (a filter whose plugin comes by ECDS) of the plugin that it is all about.
GUEST = "guest"
#: The smallest proxy-wasm module: ABI marker, malloc, one page of memory. It does nothing.
PASS_THROUGH = bytes.fromhex(
    "0061736d0100000001090260000060017f017f03030200010503010001072d03066d656d6f727902"
    "001770726f78795f6162695f76657273696f6e5f305f325f310000066d616c6c6f6300010a090202"
    "000b040041000b"
)

_POLICIES = {"closed": "FAIL_CLOSED", "open": "FAIL_OPEN", "reload": "FAIL_RELOAD"}


@dataclass(frozen=True, slots=True)
class Loadable:
    """A module file, how it is run, and its configuration as the guest reads it.

    The plugin's `vm_id` is not None. A native twin needs the `shim`; `shared` is what data it finds
    there.
    """

    module: Path
    plugin: Plugin
    config: bytes = b""
    kind: Kind = "wasm"
    shim: Path | None = None
    shared: Mapping[str, bytes] = field(default_factory=dict)


def resource(slot: str, loadable: Loadable, version: int, *, network: bool = False) -> str:
    """The text of an ECDS file: a DiscoveryResponse with the plugin for the filter `slot`."""
    extension = {
        "@type": TYPE + "envoy.config.core.v3.TypedExtensionConfig",
        "name": slot,
        "typed_config": typed_config(loadable, network=network),
    }
    return json.dumps({"version_info": str(version), "resources": [extension]})


def typed_config(loadable: Loadable, *, network: bool = False) -> Json:
    """The filter that runs a module, a native twin, or a dynamic module."""
    if loadable.kind == "wasm":
        kind = NETWORK_WASM if network else WASM
        return {"@type": kind, "config": plugin_config(loadable)}
    if loadable.kind == "module":
        config = native.module_config(loadable.module, loadable.plugin, loadable.config)
    else:
        assert loadable.shim
        config = native.twin_config(
            loadable.shim, loadable.module, loadable.plugin, loadable.config, loadable.shared
        )
    return {"@type": DYNAMIC, **config}


def plugin_config(loadable: Loadable) -> Json:
    """A PluginConfig (envoy.extensions.wasm.v3)."""
    plugin = loadable.plugin
    machine: Json = {
        "vm_id": plugin.vm_id,
        "runtime": "envoy.wasm.runtime.v8",
        "code": {"local": {"filename": str(loadable.module)}},
    }
    if plugin.vm_config:
        machine["configuration"] = _bytes(plugin.vm_config)
    if plugin.environment:
        machine["environment_variables"] = {"key_values": dict(plugin.environment)}
    config: Json = {
        "name": plugin.name,
        "root_id": plugin.root_id,
        "configuration": _bytes(loadable.config),
        "vm_config": machine,
        "failure_policy": _POLICIES[plugin.failure_policy],
        "allow_on_headers_stop_iteration": plugin.allow_on_headers_stop_iteration,
    }
    if plugin.capabilities:
        allowed: Json = {name: {} for name in plugin.capabilities}
        config["capability_restriction_config"] = {"allowed_capabilities": allowed}
    return config


def _bytes(data: bytes) -> Json:
    """A BytesValue carries any bytes, raw."""
    text = base64.b64encode(data).decode()
    return {"@type": TYPE + "google.protobuf.BytesValue", "value": text}


def log_prefixes(plugin: Plugin) -> set[str]:
    """What Envoy writes before a line of a plugin: one that its streams log, and any other."""
    root = "".join(f" {part}" for part in (plugin.root_id, plugin.vm_id) if part) + ": "
    return {f" {plugin.name}{root}" if plugin.name else root, root}
