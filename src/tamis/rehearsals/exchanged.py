"""A filter that is exchanged in an Envoy that goes on: by extension discovery (ECDS)."""

import time

from tamis.envoy.live.gate import Gate
from tamis.envoy.plugins import GUEST
from tamis.errors import Fault
from tamis.rehearsals.breaks import Breaks
from tamis.rehearsals.candidate import Candidate
from tamis.rehearsals.moves import Move
from tamis.rehearsals.served import Served

__all__ = ["Exchanged"]

_POLL = 0.001
#: Seconds within which workers take what was posted to them.
_TAKEN = 30.0
#: Counts up once all workers have a plugin in place of the one before.
_RELOADS = rf"^extension_config_discovery\.http_filter\.{GUEST}\.config_reload$"


class Exchanged(Served):
    """A `Place`: the slot of a gate that serves, whose log `breaks` follows."""

    def __init__(self, gate: Gate, breaks: Breaks) -> None:
        self.gate = gate
        breaks.follow(gate.follow())

    def put(self, version: Candidate) -> Move:
        """As `Place` has it."""
        before = self.counter(_RELOADS)
        ordered = time.monotonic_ns()
        refused = self.gate.put(GUEST, version.module, version.plugin, version.config)
        if refused:
            return Move(version.side, ordered, refused=refused)
        end = time.monotonic() + _TAKEN
        while self.counter(_RELOADS) == before:
            if time.monotonic() > end:
                raise Fault(
                    "Envoy's workers do not take the filter over",
                    advice="A request hangs inside of the filter: test it in wasmtime.",
                )
            time.sleep(_POLL)
        return Move(version.side, ordered, time.monotonic_ns())
