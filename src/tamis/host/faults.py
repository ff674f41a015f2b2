"""What a run is told besides the fixture: the plugin's identity and the bounds of its VM."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

__all__ = ["FAULTS", "Fault", "Limits", "Plugin"]

#: Deliberate mistakes of the host, for the negative control of the comparison between hosts.
Fault = Literal[
    "drop-duplicate",
    "swap-headers",
    "lose-trailer",
    "wrong-end-of-stream",
    "lose-body-byte",
    "skip-response-headers-after-local-reply",
]
FAULTS: tuple[Fault, ...] = get_args(Fault)


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin as Envoy's configuration names it. `vm_id` None: the one every host gives a fixture.

    `environment` is what WASI's environ_get shows.
    """

    name: str = "tamis"
    root_id: str = ""
    vm_id: str | None = None
    vm_config: bytes = b""
    environment: Mapping[str, str] = field(default_factory=dict)
    allow_on_headers_stop_iteration: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on a guest. Bytes, but `deadline_ms`: real milliseconds for one exchange or the start.

    `memory` is V8's cap in Envoy. Exceeding any of them is a verdict (`model.outcome.Trap`).
    """

    memory: int = 1 << 30
    stack: int = 512 << 10
    table_elements: int = 10_000_000
    deadline_ms: int = 10_000
    log_bytes: int = 16 << 20
    body_bytes: int = 256 << 20
