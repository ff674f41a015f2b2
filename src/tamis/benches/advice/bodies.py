"""Bodies: copied into the guest without need, or again and again."""

from collections.abc import Iterator

from tamis.benches.advice.rule import Found, Traffic, cost, less, microseconds
from tamis.benches.prices import call_price, copied
from tamis.model.card import Advice
from tamis.model.trace import Crossing, Excerpt

__all__ = ["again", "unchanged"]

_GET = "proxy_get_buffer_bytes"
_SET = "proxy_set_buffer_bytes"
_BUFFERS = {0: "request body", 1: "response body"}
#: A body is read more than once when what was copied is so many times what there was.
_OVER = 1.5

_Read = tuple[str, Crossing]


def unchanged(traffic: Traffic) -> Iterator[Found]:
    """`body-unchanged`: it is read, and goes on as it came."""
    for number, name in _BUFFERS.items():
        reads = _reads(traffic, number)
        size = sum(call.bytes_in for _, call in reads)
        if not size or _written(traffic, number):
            continue
        now = cost([call for _, call in reads], traffic.prices)
        advice = Advice(
            "body-unchanged",
            reads[0][0],
            traffic.fixture,
            traffic.step,
            f"copies {size} bytes of the {name} and changes nothing: {microseconds(now)}",
            "let the headers decide whether to look, and read no more than decides",
            now,
        )
        yield Found(advice, name)


def again(traffic: Traffic) -> Iterator[Found]:
    """`body-again`: each piece that arrives makes the guest copy all pieces before it."""
    if traffic.exchange is None:
        return
    bodies = (traffic.exchange.request.body, traffic.exchange.answer.body)
    for number, name in _BUFFERS.items():
        reads = _reads(traffic, number)
        size = sum(call.bytes_in for _, call in reads)
        whole = sum(map(len, bodies[number]))
        if len(reads) < 2 or size <= _OVER * whole:
            continue
        now = cost([call for _, call in reads], traffic.prices)
        prices = traffic.prices
        call = call_price(_GET, prices).each + prices.allocation.each
        then = call + copied(_GET, whole, 0, prices)
        advice = Advice(
            "body-again",
            reads[-1][0],
            traffic.fixture,
            traffic.step,
            f"copies {size} bytes of a {name} of {whole} in {len(reads)} calls: "
            f"{microseconds(now)}",
            f"read it once, at its end, for {microseconds(then)}, or only what is new",
            less(now, then),
        )
        yield Found(advice, name)


def _reads(traffic: Traffic, number: int) -> list[_Read]:
    """Calls that copied bytes of that buffer, and the callbacks they were made in."""
    return [
        (visit.callback, call)
        for visit in traffic.visits
        for call in visit.calls
        if call.name == _GET and call.arguments[:1] == (number,) and call.bytes_in
    ]


def _written(traffic: Traffic, number: int) -> bool:
    return any(
        call.name == _SET and call.arguments[:1] == (number,) and _changes(call)
        for visit in traffic.visits
        for call in visit.calls
    )


def _changes(call: Crossing) -> bool:
    """Putting no bytes in the place of none changes nothing."""
    given = call.arguments[-1]
    return call.arguments[2:3] != (0,) or (isinstance(given, Excerpt) and given.size > 0)
