"""Prices out of what the lanes of micro-filters take: each is a difference of some of them."""

from collections.abc import Mapping
from statistics import fmean

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
_LARGE, _SMALL = (f"body of {length}" for length in recipes.LENGTHS)
#: (group, name) of functions that give nothing back, and of those that do; of some that do next to
#: nothing.
_PLAIN = (
    ("headers", "miss"),
    ("headers", _SET),
    ("headers", "proxy_add_header_map_value"),
    ("headers", "proxy_remove_header_map_value"),
    ("more", "proxy_log"),
    ("more", "proxy_get_current_time_nanoseconds"),
    ("more", "proxy_define_metric"),
    ("more", "proxy_increment_metric"),
    ("more", "proxy_set_shared_data"),
    (_SMALL, _STATUS),
    (_SMALL, _WRITE),
)
_GIVING = (
    ("headers", "hit"),
    ("more", "proxy_get_property"),
    ("more", "proxy_get_shared_data"),
    (_SMALL, _READ),
)
_IDLE = (
    ("headers", "miss"),
    ("more", "proxy_log"),
    ("more", "proxy_get_current_time_nanoseconds"),
    (_SMALL, _STATUS),
)


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
        functions={key: _price(ranges, key) for key in ranges if _is_function(key)},
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
    room = fmean(each for each, _ in lanes.giving()) - fmean(lanes.each(*at) for at in _IDLE)
    loops = [us[f"headers/loop {rounds}"] for rounds in LOOPS]
    long_value = lanes.each("headers", "long value") - lanes.each("headers", _SET)
    first = fmean(lanes.first(*at) for at in _PLAIN)
    found = {
        "stream": lanes.mean(EMPTY, NOTHING),
        "callback": lanes.mean(BARE, EMPTY) / len(LIFE),
        "allocation": room,
        # One figure for all: of a single function it is lost in the noise.
        "function first": first,
        "allocation first": fmean(more for _, more in lanes.giving()) - first,
        "function": lanes.each(_SMALL, _STATUS),
        "fuel": (loops[1] - loops[0]) / fuel * _KILO,
        "kib_out": long_value / (LONG / _KIB),
        _GET: lanes.each("headers", "miss"),
    }
    found |= {name: lanes.each(group, name) for group, name in _PLAIN if name != "miss"}
    found |= {name: lanes.each(group, name) - room for group, name in _GIVING if name != "hit"}
    found |= _maps(lanes, room) | _bodies(lanes) | {_CALL: _callout(lanes, found)}
    return found | {f"{name} first": first for name in found if _is_function(name)}


def _is_function(name: str) -> bool:
    return name.startswith("proxy_") and not name.startswith("proxy_on_") and " " not in name


def _maps(lanes: "_Lanes", room: float) -> dict[str, float]:
    """Maps that are read and written whole: what their size adds is apart."""
    small, large = recipes.size(recipes.FIELDS), recipes.size(recipes.MANY_FIELDS)
    short, long = lanes.each("headers", _PAIRS), lanes.each("more", "large map")
    kib = (long - short) / ((large - small) / _KIB)
    return {
        _PAIRS: short - room - kib * small / _KIB,
        f"{_PAIRS} kib_in": kib,
        _BACK: lanes.each("headers", _BACK),
    }


def _bodies(lanes: "_Lanes") -> dict[str, float]:
    us = lanes.us
    (large, small), (far, near) = recipes.LENGTHS, (_LARGE, _SMALL)
    long, short = lanes.each(far, _READ), lanes.each(near, _READ)
    return {
        _BODY: (us[f"{near}/{_BODY}"] - us[f"{near}/{BARE}"]) / _PIECES,
        _RESPONSE_BODY: us[f"{near}/{_RESPONSE_BODY}"] - us[f"{near}/{BARE}"],
        "kib_in": (long - short) / ((large - small) / _KIB),
    }


def _callout(lanes: "_Lanes", found: Mapping[str, float]) -> float:
    """What is left of it: in the answer's callback, two functions let the request go on."""
    whole = lanes.us[f"callouts/{_CALL}"] - lanes.us[f"callouts/{BARE}"]
    own = found["callback"] + 2 * found["function"] + 3 * found["function first"]
    return whole - own


class _Lanes:
    """Differences of lanes, by group and name."""

    def __init__(self, us: Figures) -> None:
        self.us = us

    def mean(self, name: str, than: str) -> float:
        """By how much one is dearer, over the groups that have both."""
        groups = [lane.partition("/")[0] for lane in self.us if lane.endswith(f"/{name}")]
        return fmean(self.us[f"{each}/{name}"] - self.us[f"{each}/{than}"] for each in groups)

    def each(self, group: str, name: str) -> float:
        """Of one call, out of the lane with few and the lane with many."""
        many, few = (self.us[f"{group}/{twice(name, times)}"] for times in (MANY, FEW))
        return (many - few) / (MANY - FEW) / _calls(group)

    def first(self, group: str, name: str) -> float:
        """On top, of the first."""
        base = BARE if _calls(group) == 1 else _BODY
        few = self.us[f"{group}/{twice(name, FEW)}"] - self.us[f"{group}/{base}"]
        return few - FEW * _calls(group) * self.each(group, name)

    def giving(self) -> list[tuple[float, float]]:
        """(each, first) of functions that give something back, with the room it takes."""
        return [(self.each(*at), self.first(*at)) for at in _GIVING]


def _calls(group: str) -> int:
    """How often a callback of a group runs."""
    return _PIECES if group in (_LARGE, _SMALL) else 1
