"""Header maps: read one by one, written whole."""

from collections.abc import Iterator, Sequence

from tamis.benches.advice.rule import MAPS, Found, Traffic, cost, less, microseconds
from tamis.benches.prices import call_price, copied
from tamis.benches.visits import Visit
from tamis.model.card import Advice
from tamis.model.exchange import Headers, to_bytes
from tamis.model.measured import Interval
from tamis.model.trace import Crossing

__all__ = ["one_by_one", "pairs_cost", "written_whole"]

_GET = "proxy_get_header_map_value"
_PAIRS = "proxy_get_header_map_pairs"
_SET = "proxy_set_header_map_pairs"
_REPLACE = "proxy_replace_header_map_value"
#: Reads below which nobody should have to think about it.
_FEW = 3
#: Changes up to which writing the whole map is not worth it.
_CHANGES = 2


def one_by_one(traffic: Traffic) -> Iterator[Found]:
    """`headers-one-by-one`: the whole map in one call would be cheaper."""
    for visit in traffic.visits:
        reads: dict[int, list[Crossing]] = {}
        for call in visit.calls:
            if call.name == _GET and call.arguments and isinstance(call.arguments[0], int):
                reads.setdefault(call.arguments[0], []).append(call)
        for number, calls in reads.items():
            if len({str(call.arguments[1:]) for call in calls}) < _FEW:
                continue
            now, then = cost(calls, traffic.prices), pairs_cost(traffic, number)
            if then.value < now.value:
                yield Found(_one_by_one(traffic, visit, number, calls, now, then), str(number))


def _one_by_one(
    traffic: Traffic,
    visit: Visit,
    number: int,
    calls: Sequence[Crossing],
    now: Interval,
    then: Interval,
) -> Advice:
    crossings = len(calls) + sum(call.allocations for call in calls)
    name = MAPS.get(number, "header")
    return Advice(
        "headers-one-by-one",
        visit.callback,
        traffic.fixture,
        traffic.step,
        f"reads {len(calls)} {name}s one by one: {crossings} crossings, {microseconds(now)}",
        f"one {_PAIRS} would cost {microseconds(then)}",
        less(now, then),
    )


def pairs_cost(traffic: Traffic, number: int) -> Interval:
    """Of reading the map whole, once."""
    prices = traffic.prices
    call = call_price(_PAIRS, prices).each + prices.allocation.each
    return call + copied(_PAIRS, _size(traffic, number), 0, prices)


def _size(traffic: Traffic, number: int) -> int:
    """Bytes of the map as it is handed to a guest: as seen, else as the fixture has it."""
    for visit in traffic.visits:
        for call in visit.calls:
            if call.name == _PAIRS and call.arguments[:1] == (number,):
                return call.bytes_in
    if traffic.exchange is None:
        return 0
    exchange = traffic.exchange
    maps: dict[int, Headers] = {
        0: exchange.request.headers,
        1: exchange.request.trailers,
        2: exchange.answer.headers,
        3: exchange.answer.trailers,
    }
    # Serialised: a count; two sizes, and two NULs, for each pair.
    pairs = maps.get(number, ())
    return 4 + sum(len(to_bytes(name)) + len(to_bytes(value)) + 10 for name, value in pairs)


def written_whole(traffic: Traffic) -> Iterator[Found]:
    """`map-written-whole`: all of a map goes back for one or two changes."""
    last: dict[int, Headers] = {}
    for visit in traffic.visits:
        for call in visit.calls:
            number = call.arguments[0] if call.arguments else None
            if not isinstance(number, int):
                continue
            if call.name == _PAIRS and call.values and isinstance(call.values[0], tuple):
                last[number] = call.values[0]
            elif call.name == _SET and number in last and isinstance(call.arguments[1], tuple):
                changed = _changes(last[number], call.arguments[1])
                if 0 < len(changed) <= _CHANGES:
                    yield _written_whole(traffic, visit, call, number, changed)


def _changes(before: Headers, after: Headers) -> dict[str, int]:
    """Names whose values are others now, and bytes to say so."""
    return {
        name: len(to_bytes(name)) + sum(len(to_bytes(value)) for value in _of(after, name))
        for name in dict.fromkeys(name for name, _ in (*before, *after))
        if _of(before, name) != _of(after, name)
    }


def _of(headers: Headers, name: str) -> list[str]:
    return [value for each, value in headers if each == name]


def _written_whole(
    traffic: Traffic, visit: Visit, call: Crossing, number: int, changed: dict[str, int]
) -> Found:
    prices = traffic.prices
    now = cost([call], prices)
    each = call_price(_REPLACE, prices).each
    then = each.times(len(changed)) + copied(_REPLACE, 0, sum(changed.values()), prices)
    names = " and ".join(f'"{name}"' for name in changed)
    one = f"{len(changed)} changes" if len(changed) > 1 else "one change"
    advice = Advice(
        "map-written-whole",
        visit.callback,
        traffic.fixture,
        traffic.step,
        f"writes the {MAPS.get(number, 'header')}s whole for {one} ({names}): "
        f"{call.bytes_out} bytes, {microseconds(now)}",
        f"{_REPLACE} would copy {sum(changed.values())} bytes, {microseconds(then)}",
        less(now, then),
    )
    return Found(advice, str(number))
