"""The same asked again, or asked of each exchange although it never changes."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tamis.benches.advice.headers import pairs_cost
from tamis.benches.advice.rule import MAPS, Found, Traffic, cost, less, microseconds, text
from tamis.benches.visits import Visit
from tamis.model.card import Advice
from tamis.model.trace import Crossing, Excerpt, Value

__all__ = ["again", "constant_properties", "header_properties"]

_HEADER = "proxy_get_header_map_value"
_PAIRS = "proxy_get_header_map_pairs"
_PROPERTY = "proxy_get_property"
_BUFFER = "proxy_get_buffer_bytes"
_TIME = "proxy_get_current_time_nanoseconds"
#: Answers that stay true for the stream, as long as the guest itself changes nothing.
_STREAM = (_HEADER, _PAIRS, _PROPERTY)
#: Answers that stay true while a callback runs.
_VISIT = (_BUFFER, _TIME)
#: Whatever these change: reads behind them are asked anew.
_WRITES = (
    "proxy_add_header_map_value",
    "proxy_replace_header_map_value",
    "proxy_remove_header_map_value",
    "proxy_set_header_map_pairs",
    "proxy_set_buffer_bytes",
    "proxy_set_property",
    "proxy_clear_route_cache",
    "proxy_set_effective_context",
)
#: Beginnings of property paths that belong to the plugin, the listener or the node.
_CONSTANT = (
    ("plugin_name",),
    ("plugin_root_id",),
    ("plugin_vm_id",),
    ("node",),
    ("listener_direction",),
    ("listener_metadata",),
    ("xds", "node"),
    ("xds", "listener_direction"),
    ("xds", "listener_metadata"),
    ("xds", "filter_chain_name"),
)
#: Properties that are headers: path, and the map that has them all.
_AS_HEADERS: dict[tuple[str, ...], int] = {
    ("request", "path"): 0,
    ("request", "host"): 0,
    ("request", "method"): 0,
    ("request", "scheme"): 0,
    ("request", "useragent"): 0,
    ("request", "referer"): 0,
    ("request", "id"): 0,
}
#: Reads of that kind below which nobody should have to think about it.
_FEW = 2

_Asked = tuple[str, tuple[Value, ...]]


@dataclass(slots=True)
class _Known:
    """An answer that is known already, and who asks for it all the same."""

    answer: tuple[str, tuple[Value, ...]]
    visit: Visit
    calls: list[Crossing] = field(default_factory=list)


def again(traffic: Traffic) -> Iterator[Found]:
    """`read-again`: the answer was known."""
    known: dict[_Asked, _Known] = {}
    told: list[tuple[_Asked, _Known]] = []
    for visit in traffic.visits:
        known = {asked: one for asked, one in known.items() if asked[0] in _STREAM}
        for call in visit.calls:
            if call.name in _WRITES:
                known.clear()
            if call.name not in _STREAM and call.name not in _VISIT:
                continue
            asked, answer = (call.name, call.arguments), (call.status, call.values)
            one = known.get(asked)
            if one is None or one.answer != answer:
                known[asked] = _Known(answer, visit)
                continue
            if not one.calls:
                told.append((asked, one))
            one.calls.append(call)
            one.visit = visit
    for asked, one in told:
        yield _again(traffic, asked, one)


def _again(traffic: Traffic, asked: _Asked, one: _Known) -> Found:
    now = cost(one.calls, traffic.prices)
    what, times = _what(asked), len(one.calls) + 1
    advice = Advice(
        "read-again",
        one.visit.callback,
        traffic.fixture,
        traffic.step,
        f"asks {times} times for {what}, which has not changed: {microseconds(now)} too much",
        "keep the first answer",
        now,
    )
    return Found(advice, what)


def _what(asked: _Asked) -> str:
    name, arguments = asked
    number = arguments[0] if arguments else None
    noun = MAPS.get(number, "header") if isinstance(number, int) else "header"
    if name == _HEADER:
        return f"the {noun} {text(arguments[1])}"
    if name == _PAIRS:
        return f"all {noun}s"
    if name == _PROPERTY:
        return f"the property {'.'.join(_path(arguments))}"
    return "the time" if name == _TIME else "the same bytes of a buffer"


def _path(arguments: tuple[Value, ...]) -> tuple[str, ...]:
    raw = arguments[0] if arguments else None
    data = raw.data if isinstance(raw, Excerpt) else None
    return tuple((data or b"").rstrip(b"\0").decode(errors="replace").split("\0"))


def constant_properties(traffic: Traffic) -> Iterator[Found]:
    """`property-constant`: what belongs to the plugin is asked for by each stream."""
    for visit in traffic.visits:
        calls = [
            call
            for call in visit.calls
            if call.name == _PROPERTY and _is_constant(_path(call.arguments))
        ]
        if not calls:
            continue
        now = cost(calls, traffic.prices)
        names = ", ".join(dict.fromkeys(".".join(_path(call.arguments)) for call in calls))
        advice = Advice(
            "property-constant",
            visit.callback,
            traffic.fixture,
            traffic.step,
            f"reads {names}, the same for every exchange: {microseconds(now)}",
            "read it once, in proxy_on_configure",
            now,
        )
        yield Found(advice, names)


def _is_constant(path: tuple[str, ...]) -> bool:
    return any(path[: len(start)] == start for start in _CONSTANT)


def header_properties(traffic: Traffic) -> Iterator[Found]:
    """`properties-one-by-one`: what stands in a header map is read as properties."""
    for visit in traffic.visits:
        reads: dict[int, list[Crossing]] = {}
        for call in visit.calls:
            number = _map_of(_path(call.arguments)) if call.name == _PROPERTY else None
            if number is not None:
                reads.setdefault(number, []).append(call)
        for number, calls in reads.items():
            now, then = cost(calls, traffic.prices), pairs_cost(traffic, number)
            if len(calls) < _FEW or then.value >= now.value:
                continue
            names = ", ".join(dict.fromkeys(".".join(_path(call.arguments)) for call in calls))
            advice = Advice(
                "properties-one-by-one",
                visit.callback,
                traffic.fixture,
                traffic.step,
                f"reads {names} as properties, one by one: {microseconds(now)}",
                f"one {_PAIRS}, which has them all, would cost {microseconds(then)}",
                less(now, then),
            )
            yield Found(advice, str(number))


def _map_of(path: tuple[str, ...]) -> int | None:
    if len(path) > 2 and path[1] == "headers":
        return {"request": 0, "response": 2}.get(path[0])
    return _AS_HEADERS.get(path)
