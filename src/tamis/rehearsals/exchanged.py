"""A filter that is exchanged in an Envoy that goes on: by extension discovery (ECDS)."""

import time
from collections.abc import Callable
from typing import TypeVar

from tamis.envoy.live.gate import Gate
from tamis.envoy.plugins import GUEST
from tamis.errors import Fault
from tamis.rehearsals.breaks import Breaks
from tamis.rehearsals.candidate import Candidate
from tamis.rehearsals.moves import Move

__all__ = ["VMS", "Exchanged", "counter", "resident"]

T = TypeVar("T")

_POLL = 0.001
#: Seconds within which workers take what was posted to them, or an Envoy is known to be gone.
_TAKEN = 30.0
#: Counts up once all workers have a plugin in place of the one before.
_RELOADS = rf"^extension_config_discovery\.http_filter\.{GUEST}\.config_reload$"
#: VMs that there are.
VMS = "^wasm.envoy.wasm.runtime.v8.active$"


class Exchanged:
    """A `Place`: the slot of a gate that serves, whose log `breaks` follows."""

    def __init__(self, gate: Gate, breaks: Breaks) -> None:
        self._gate = gate
        breaks.follow(gate.follow())

    @property
    def port(self) -> int:
        """Of this machine, where requests are sent."""
        return self._gate.address[1]

    def put(self, version: Candidate) -> Move:
        """As `Place` has it."""
        before = counter(self._gate, _RELOADS)
        ordered = time.monotonic_ns()
        refused = self._gate.put(GUEST, version.module, version.plugin, version.config)
        if refused:
            return Move(version.side, ordered, refused=refused)
        end = time.monotonic() + _TAKEN
        while counter(self._gate, _RELOADS) == before:
            if time.monotonic() > end:
                raise Fault(
                    "Envoy's workers do not take the filter over",
                    advice="A request hangs inside of the filter: test it in wasmtime.",
                )
            time.sleep(_POLL)
        return Move(version.side, ordered, time.monotonic_ns())

    def check(self) -> None:
        """As `Place` has it."""
        self._gate.check()

    def resident(self) -> int:
        """As `Place` has it."""
        return resident(self._gate)

    def vms(self) -> int:
        """As `Place` has it."""
        return counter(self._gate, VMS)


def counter(gate: Gate, name: str) -> int:
    """A figure of Envoy's, or 0; `name`: a pattern. Raises Rejected if Envoy is gone."""
    found = _told(gate, lambda: gate.process.admin(f"/stats?filter={name}").split())
    return int(found[-1]) if found else 0


def resident(gate: Gate) -> int:
    """Bytes that Envoy holds. Raises Rejected if it is gone."""
    return _told(gate, gate.process.resident)


def _told(gate: Gate, ask: Callable[[], T]) -> T:
    """An Envoy that ends tells nothing any more, a while before it has ended."""
    end = time.monotonic() + _TAKEN
    while True:
        try:
            return ask()
        except OSError as error:
            gate.check()
            if time.monotonic() > end:
                raise Fault(f"Envoy does not answer us: {error}", advice="Run it again.") from None
            time.sleep(_POLL)
