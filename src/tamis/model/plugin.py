"""A plugin as Envoy's configuration names it, and the bounds of the VM that runs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tamis.model.artifact import Metadata
from tamis.model.choices import FailurePolicy

__all__ = ["Beside", "Limits", "Plugin", "plugin_of"]


@dataclass(frozen=True, slots=True)
class Plugin:
    """Fields of envoy.extensions.wasm.v3.PluginConfig and VmConfig.

    `vm_id` None: the one every host gives a fixture. `environment` is what WASI's environ_get
    shows. `capabilities`: names of host functions and callbacks that the plugin may use (Envoy's
    allowed_capabilities); empty: all.
    """

    name: str = "tamis"
    root_id: str = ""
    vm_id: str | None = None
    vm_config: bytes = b""
    environment: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    failure_policy: FailurePolicy = "closed"
    allow_on_headers_stop_iteration: bool = False


@dataclass(frozen=True, slots=True)
class Beside:
    """A further plugin of the same module that runs beside the filter and meets no traffic itself.

    It shares the filter's VM unless its `vm_id`, `vm_config` or environment is another, as in
    Envoy. `config` is the plugin configuration as the guest reads it.
    """

    plugin: Plugin
    config: bytes = b""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on a guest. Bytes, but `deadline_ms` (real milliseconds) and `fuel` (units of the
    engine; None: not bounded), each for one call into the guest.

    `memory` is V8's cap in Envoy. Exceeding any of them is a verdict (`model.outcome.Trap`).
    """

    memory: int = 1 << 30
    stack: int = 512 << 10
    table_elements: int = 10_000_000
    deadline_ms: int = 10_000
    fuel: int | None = None
    log_bytes: int = 16 << 20
    body_bytes: int = 256 << 20


def plugin_of(known: Metadata) -> Plugin:
    """The plugin that manifests would configure for an artifact."""
    pairs = (pair.partition("=") for pair in known.environment)
    return Plugin(
        name=known.name,
        root_id=known.root_id,
        vm_config=known.vm_config.encode(),
        environment={name: value for name, _, value in pairs},
        capabilities=known.capabilities,
        failure_policy=known.failure_policy,
        allow_on_headers_stop_iteration=known.allow_on_headers_stop_iteration,
    )
