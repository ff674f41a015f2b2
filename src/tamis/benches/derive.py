"""Prices out of what the lanes of micro-filters take: each is a difference of some of them."""

from collections.abc import Mapping

from tamis.benches import recipes
from tamis.benches.contenders import NOTHING
from tamis.benches.micro import LIFE, LONG
from tamis.benches.recipes import BARE, EMPTY, FEW, LOOPS, MANY, twice
from tamis.benches.statistics import Estimate, Figures, interval
from tamis.model.measured import Interval
from tamis.model.prices import Price, Prices

__all__ = ["priced"]

_KIB, _KILO = 1024, 1000
_PAIRS, _BACK = "proxy_get_header_map_pairs", "proxy_set_header_map_pairs"
_SET, _GET = "proxy_replace_header_map_value", "proxy_get_header_map_value"
_BODY, _RESPONSE_BODY = "proxy_on_request_body", "proxy_on_response_body"
_STATUS, _READ, _WRITE = (
    "proxy_get_buffer_status",
    "proxy_get_buffer_bytes",
    "proxy_set_buffer_bytes",
)
_CALL, _ANSWERED = "proxy_http_call", "proxy_on_http_call_response"
#: A body over HTTP/1.1 is two calls: its bytes, and its end.
_PIECES = 2
#: Group and functions that have no more to them than a call, and those that give something back.
_PLAIN = {
    "headers": (_SET, "proxy_add_header_map_value", "proxy_remove_header_map_value"),
    "more": (
        "proxy_log",
        "proxy_get_current_time_nanoseconds",
        "proxy_define_metric",
        "proxy_increment_metric",
        "proxy_set_shared_data",
    ),
}
_GIVING = {"more": ("proxy_get_property", "proxy_get_shared_data")}


def priced(found: Estimate, fuel: int, name: str, envoy: str, made: str) -> Prices:
    """A table; `fuel` is what the longer loop burns more than the shorter.

    A price whose bounds reach below nothing begins at nothing.
    """
    value = _values(found.figures, fuel)
    replicates = [_values(each, fuel) for each in found.replicates]
    ranges = {key: _range(value[key], [each[key] for each in replicates]) for key in value}
    return Prices(
        name=name,
        envoy=envoy,
        made=made,
        stream=ranges["stream"],
        callback=_price(ranges, "callback"),
        function=_price(ranges, "function"),
        allocation=_price(ranges, "allocation"),
        kib_in=ranges["kib_in"],
        kib_out=ranges["kib_out"],
        fuel=ranges["fuel"],
        callbacks={key: _price(ranges, key) for key in (_BODY, _RESPONSE_BODY)},
        functions={
            key: _price(ranges, key)
            for key in ranges
            if key.startswith("proxy_") and not key.startswith("proxy_on_") and " " not in key
        },
    )


def _range(value: float, replicates: list[float]) -> Interval:
    found = interval(value, replicates)
    return Interval(max(found.low, 0), max(found.value, 0), max(found.high, 0))


def _price(ranges: Mapping[str, Interval], name: str) -> Price:
    nothing = Interval(0, 0, 0)
    return Price(ranges[name], ranges.get(f"{name} first", nothing), ranges.get(f"{name} kib_in"))


def _values(us: Figures, fuel: int) -> dict[str, float]:
    """All prices, by name; `<name> first` and `<name> kib_in` beside them."""
    lanes = _Lanes(us)
    room, room_first = lanes.more("headers", "hit", "miss")
    found = {
        "stream": us[f"headers/{EMPTY}"] - us[f"headers/{NOTHING}"],
        "callback": (us[f"headers/{BARE}"] - us[f"headers/{EMPTY}"]) / len(LIFE),
        "allocation": room,
        "allocation first": room_first,
        "fuel": (us[f"headers/loop {LOOPS[1]}"] - us[f"headers/loop {LOOPS[0]}"]) / fuel * _KILO,
        "kib_out": lanes.more("headers", "long value", _SET)[0] / (LONG / _KIB),
        _GET: lanes.each("headers", "miss"),
        f"{_GET} first": lanes.first("headers", "miss"),
    }
    for group, names in _PLAIN.items():
        for name in names:
            found |= {name: lanes.each(group, name), f"{name} first": lanes.first(group, name)}
    for group, names in _GIVING.items():
        for name in names:
            found[name] = lanes.each(group, name) - room
            found[f"{name} first"] = lanes.first(group, name) - room_first
    return found | _maps(lanes, room, room_first) | _bodies(lanes, room, room_first)


def _maps(lanes: "_Lanes", room: float, room_first: float) -> dict[str, float]:
    """Maps that are read and written whole: what their size adds is apart."""
    small, large = recipes.size(recipes.FIELDS), recipes.size(recipes.MANY_FIELDS)
    short, long = lanes.each("headers", _PAIRS), lanes.each("more", "large map")
    kib = (long - short) / ((large - small) / _KIB)
    back = lanes.each("headers", _BACK)
    return {
        _PAIRS: short - room - kib * small / _KIB,
        f"{_PAIRS} first": lanes.first("headers", _PAIRS) - room_first,
        f"{_PAIRS} kib_in": kib,
        _BACK: back,
        f"{_BACK} first": (
            lanes.us[f"headers/{twice(_BACK, FEW)}"]
            - lanes.us[f"headers/{twice(_PAIRS, FEW)}"]
            - FEW * back
        ),
    }


def _bodies(lanes: "_Lanes", room: float, room_first: float) -> dict[str, float]:
    us = lanes.us
    large, small = recipes.LENGTHS
    groups = tuple(f"body of {length}" for length in recipes.LENGTHS)
    read = [lanes.each(group, _READ, _PIECES) for group in groups]
    write = [lanes.each(group, _WRITE, _PIECES) for group in groups]
    near = groups[1]
    kib = (read[0] - read[1]) / ((large - small) / _KIB)
    return {
        _BODY: (us[f"{near}/{_BODY}"] - us[f"{near}/{BARE}"]) / _PIECES,
        _RESPONSE_BODY: us[f"{near}/{_RESPONSE_BODY}"] - us[f"{near}/{BARE}"],
        "kib_in": kib,
        _READ: read[1] - room,
        f"{_READ} first": lanes.first(near, _READ, _PIECES, _BODY) - room_first,
        _WRITE: write[1],
        f"{_WRITE} first": lanes.first(near, _WRITE, _PIECES, _BODY),
        _STATUS: lanes.each(near, _STATUS, _PIECES),
        f"{_STATUS} first": lanes.first(near, _STATUS, _PIECES, _BODY),
    } | _others(lanes)


def _others(lanes: "_Lanes") -> dict[str, float]:
    """What has no lane of its own costs as a function that does next to nothing."""
    us, near = lanes.us, f"body of {recipes.LENGTHS[1]}"
    function = lanes.each(near, _STATUS, _PIECES)
    first = lanes.first(near, _STATUS, _PIECES, _BODY)
    callback = (us[f"headers/{BARE}"] - us[f"headers/{EMPTY}"]) / len(LIFE)
    whole = us[f"callouts/{_CALL}"] - us[f"callouts/{BARE}"]
    return {
        "function": function,
        "function first": first,
        # In the answer's callback, two functions let the request go on.
        _CALL: whole - callback - 2 * (function + first),
    }


class _Lanes:
    """Differences of lanes, by group and name."""

    def __init__(self, us: Figures) -> None:
        self.us = us

    def each(self, group: str, name: str, calls: int = 1) -> float:
        """Of one call, where each lane has `calls` of them, or MANY times as many."""
        many, few = (self.us[f"{group}/{twice(name, times)}"] for times in (MANY, FEW))
        return (many - few) / (MANY - FEW) / calls

    def first(self, group: str, name: str, calls: int = 1, base: str = BARE) -> float:
        """On top, of the first; `base`: the lane without any call."""
        few = self.us[f"{group}/{twice(name, FEW)}"]
        return few - self.us[f"{group}/{base}"] - FEW * calls * self.each(group, name, calls)

    def more(self, group: str, name: str, than: str) -> tuple[float, float]:
        """By how much (each, first) one is dearer."""
        return (
            self.each(group, name) - self.each(group, than),
            self.first(group, name) - self.first(group, than),
        )
