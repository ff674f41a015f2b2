"""One exchange on its way through a judging Envoy."""

from dataclasses import dataclass, field

from tamis.envoy.trace import Callback, HostCall
from tamis.envoy.wire.client import Ongoing
from tamis.envoy.wire.seen import Seen
from tamis.envoy.wire.service import Arrival
from tamis.model.exchange import Exchange

__all__ = ["Flight"]


@dataclass(slots=True, eq=False)
class Flight:
    """One exchange on its way, and what is known of it in the end.

    `contexts`: (VM, stream context) of the filter. `access`: Envoy's line. `state`: filter state.
    """

    exchange: Exchange
    ongoing: Ongoing
    arrival: Arrival | None = None
    asked: bool = False
    contexts: set[tuple[int, int]] = field(default_factory=set)
    callbacks: list[Callback] = field(default_factory=list)
    access: str = ""
    state: dict[int, str] = field(default_factory=dict)
    lone: bool = True

    @property
    def client(self) -> Seen:
        """What the client saw."""
        return self.ongoing.seen

    @property
    def upstream(self) -> Seen | None:
        """What the upstream saw."""
        return self.arrival.seen if self.arrival else None

    def owns(self, call: HostCall) -> bool:
        """Whether a host function was called for this exchange's stream."""
        return self.lone or (call.vm, call.context) in self.contexts

    def met(self, callback: Callback) -> bool:
        """Whether a callback was for this exchange's stream."""
        return self.lone or (callback.vm, callback.context) in self.contexts
