"""What all that changes places has in common: a gate in front, and figures of its Envoy."""

import time
from collections.abc import Callable
from typing import TypeVar

from tamis.envoy.live.gate import Gate
from tamis.errors import Fault

__all__ = ["Served"]

T = TypeVar("T")

_POLL = 0.001
#: Seconds within which an Envoy that tells nothing is known to be gone.
_GONE = 30.0
_VMS = "^wasm.envoy.wasm.runtime.v8.active$"


class Served:
    """A `Place` but for `put`."""

    #: The one that clients are answered by now.
    gate: Gate

    @property
    def port(self) -> int:
        """Of this machine, where requests are sent."""
        return self.gate.address[1]

    def check(self) -> None:
        """As `Place` has it."""
        self.gate.check()

    def resident(self) -> int:
        """As `Place` has it."""
        return self._told(self.gate.process.resident)

    def vms(self) -> int:
        """As `Place` has it."""
        return self.counter(_VMS)

    def counter(self, name: str) -> int:
        """A figure of Envoy's, or 0; `name`: a pattern. Raises Rejected if Envoy is gone."""
        ask = f"/stats?filter={name}"
        found = self._told(lambda: self.gate.process.admin(ask)).split()
        return int(found[-1]) if found else 0

    def _told(self, ask: Callable[[], T]) -> T:
        """An Envoy that ends tells nothing any more, a while before it has ended."""
        end = time.monotonic() + _GONE
        while True:
            try:
                return ask()
            except OSError as error:
                self.check()
                if time.monotonic() > end:
                    what = f"Envoy does not answer us: {error}"
                    raise Fault(what, advice="Run it again.") from None
                time.sleep(_POLL)
