"""Callbacks that are exported, called for every stream, and never do a thing."""

from collections.abc import Iterator, Sequence

from tamis.benches.advice.rule import Traffic, microseconds
from tamis.benches.visits import Visit
from tamis.model.card import Advice

__all__ = ["idle"]

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


def idle(traffic: Sequence[Traffic]) -> Iterator[Advice]:
    """`callback-idle`: it never asked anything, nor answered other than its absence would."""
    runs: dict[str, list[tuple[Traffic, Visit]]] = {}
    for one in traffic:
        for visit in one.visits:
            runs.setdefault(visit.callback, []).append((one, visit))
    for callback, met in runs.items():
        if callback in _ABSENT and all(_does_nothing(visit) for _, visit in met):
            yield _idle(callback, met)


def _does_nothing(visit: Visit) -> bool:
    answer, fuel = _ABSENT[visit.callback]
    return not visit.calls and visit.result == answer and (visit.fuel or 0) <= fuel


def _idle(callback: str, met: Sequence[tuple[Traffic, Visit]]) -> Advice:
    first = met[0][0]
    exchanges = {(one.fixture, one.step) for one, _ in met}
    prices = first.prices
    each = prices.callbacks.get(callback, prices.callback).times(len(met) / len(exchanges))
    return Advice(
        "callback-idle",
        callback,
        first.fixture,
        first.step,
        f"is called, and never did a thing: {microseconds(each)} an exchange",
        "do not export it ([build] exports keeps those that count)",
        each,
        len(exchanges),
    )
