"""A plugin as Envoy's configuration names it, and the bounds of the VM that runs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

__all__ = ["FAILURE_POLICIES", "Beside", "FailurePolicy", "Limits", "Plugin"]

#: What happens to traffic once the VM has broken: Envoy's `failure_policy`.
FailurePolicy = Literal["closed", "open", "reload"]
FAILURE_POLICIES: tuple[FailurePolicy, ...] = get_args(FailurePolicy)


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
