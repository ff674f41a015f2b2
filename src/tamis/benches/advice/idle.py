"""Callbacks that are exported, called for every stream, and never do a thing."""

from collections.abc import Iterator
from dataclasses import dataclass

from tamis.benches.advice.rule import Traffic, microseconds
from tamis.benches.prices import call_price
from tamis.benches.visits import Visit
from tamis.model.card import Advice
from tamis.model.prices import Prices

__all__ = ["Idle"]

#: Callbacks, the answer that Envoy takes where they are not exported, and the fuel below which one
#: cannot have done more than to find its stream and say so. What makes and buries contexts is left
#: out: SDKs keep their books there.
_ABSENT = {
    "proxy_on_request_headers": (0, 400),
    "proxy_on_request_body": (0, 400),
    "proxy_on_request_trailers": (0, 400),
    "proxy_on_response_headers": (0, 400),
    "proxy_on_response_body": (0, 400),
    "proxy_on_response_trailers": (0, 400),
    "proxy_on_downstream_data": (0, 400),
    "proxy_on_upstream_data": (0, 400),
    "proxy_on_done": (1, 100),
    "proxy_on_log": (None, 100),
}


@dataclass(slots=True)
class _Met:
    """A callback over all exchanges; `fixture` and `step` are the first of them."""

    fixture: str
    step: int
    runs: int = 0
    exchanges: int = 0
    idle: bool = True


class Idle:
    """`callback-idle`: it never asked anything, nor answered other than its absence would."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._met: dict[str, _Met] = {}

    def look(self, traffic: Traffic) -> None:
        """At one exchange."""
        here = [visit for visit in traffic.visits if visit.callback in _ABSENT]
        for visit in here:
            met = self._met.setdefault(visit.callback, _Met(traffic.fixture, traffic.step))
            met.runs += 1
            met.idle = met.idle and _does_nothing(visit)
        for callback in {visit.callback for visit in here}:
            self._met[callback].exchanges += 1

    def told(self) -> Iterator[Advice]:
        """Those that never did a thing."""
        return (self._idle(name, met) for name, met in self._met.items() if met.idle)

    def _idle(self, callback: str, met: _Met) -> Advice:
        price = call_price(callback, self._prices)
        each = price.each.times(met.runs / met.exchanges) + price.first
        return Advice(
            "callback-idle",
            callback,
            met.fixture,
            met.step,
            f"is called, and never did a thing: {microseconds(each)} an exchange",
            "do not export it ([build] exports keeps those that count)",
            each,
            met.exchanges,
        )


def _does_nothing(visit: Visit) -> bool:
    answer, fuel = _ABSENT[visit.callback]
    return not visit.calls and visit.result == answer and (visit.fuel or 0) <= fuel
