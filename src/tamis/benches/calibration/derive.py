"""Prices out of what the lanes of micro-filters take: each is a difference of some of them."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from tamis.benches.calibration import recipes
from tamis.benches.calibration.micro import LIFE, LONG
from tamis.benches.calibration.recipes import (
    BARE,
    CODE,
    EMPTY,
    FEW,
    HIT,
    LOOPS,
    MANY,
    MISS,
    ONE,
    in_both,
    twice,
)
from tamis.benches.predicted import FUEL_BYTES
from tamis.benches.timing.contenders import NOTHING
from tamis.benches.timing.statistics import Estimate, Figures, interval
from tamis.model.cost import StepCost
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
_HEADERS, _MAP = "headers", "large map"
_WITHOUT = (_HEADERS, _MAP, "more")
_LARGE, _SMALL = (f"body of {length}" for length in recipes.LENGTHS)
_WITH = (_LARGE, _SMALL)
#: Pieces of bodies that pass there: two of the request's, one of the response's.
_PASSING = _PIECES + 1
#: (group, name) of functions that give nothing back, of those that do, and of some that do next to
#: nothing. Of a body's two calls only the first is given something.
_PLAIN = (
    (_HEADERS, _SET),
    (_HEADERS, "proxy_add_header_map_value"),
    (_HEADERS, "proxy_remove_header_map_value"),
    ("more", "proxy_log"),
    ("more", "proxy_get_current_time_nanoseconds"),
    ("more", "proxy_define_metric"),
    ("more", "proxy_increment_metric"),
    ("more", "proxy_set_shared_data"),
    (_SMALL, _STATUS),
    (_SMALL, _WRITE),
)
_GIVING = (
    ("more", "proxy_get_property"),
    ("more", "proxy_get_shared_data"),
    (_SMALL, _READ),
)
_IDLE = (
    ("more", "proxy_log"),
    ("more", "proxy_get_current_time_nanoseconds"),
    ("more", "proxy_increment_metric"),
    (_SMALL, _STATUS),
)


#: What each lane's exchanges are counted as, by `group/lane`.
Steps = Mapping[str, Sequence[StepCost]]


def priced(found: Estimate, steps: Steps, name: str, envoy: str, made: str) -> Prices:
    """A table. A price whose bounds reach below nothing begins at nothing."""
    value = _values(found.figures, steps)
    replicates = [_values(each, steps) for each in found.replicates]
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
        enter=ranges["enter"],
        leave=ranges["leave"],
        elsewhere=ranges["elsewhere"],
        code=ranges["code"],
        piece=ranges["piece"],
        callbacks={key: _price(ranges, key) for key in (_BODY, _RESPONSE_BODY)},
        functions={key: _price(ranges, key) for key in ranges if _is_function(key)},
    )


def _range(value: float, replicates: list[float]) -> Interval:
    found = interval(value, replicates)
    return Interval(max(found.low, 0), max(found.value, 0), max(found.high, 0))


def _price(ranges: Mapping[str, Interval], name: str) -> Price:
    nothing = Interval(0, 0, 0)
    return Price(ranges[name], ranges.get(f"{name} first", nothing), ranges.get(f"{name} kib_in"))


def _is_function(name: str) -> bool:
    return name.startswith("proxy_") and not name.startswith("proxy_on_") and " " not in name


def _values(us: Figures, steps: Steps) -> dict[str, float]:
    """All prices, by name; `<name> first` and `<name> kib_in` beside them."""
    lanes = _Lanes(us, steps)
    room, room_first = lanes.more(HIT, MISS)
    found = {
        "stream": lanes.mean(EMPTY, NOTHING, _WITHOUT),
        "piece": (lanes.bare(_WITH) - lanes.bare(_WITHOUT)) / _PASSING,
        "callback": lanes.callback,
        "allocation": room,
        "allocation first": room_first,
        "function": fmean(lanes.each(*at) for at in _IDLE),
        "kib_out": lanes.more("long value", _SET)[0] / (LONG / _KIB),
        _GET: lanes.each(_HEADERS, MISS),
        f"{_GET} first": lanes.first(_HEADERS, MISS),
        "enter": us[f"{_HEADERS}/{ONE}"] - us[f"{_HEADERS}/{EMPTY}"] - lanes.callback,
        "leave": lanes.leave,
        "elsewhere": fmean(lanes.elsewhere(name) for name in (MISS, _SET, _PAIRS)),
    }
    for group, name in _PLAIN:
        found |= {name: lanes.each(group, name), f"{name} first": lanes.first(group, name)}
    for group, name in _GIVING:
        found[name] = lanes.each(group, name) - room / _calls(group)
        found[f"{name} first"] = lanes.first(group, name) - room_first
    found |= _maps(lanes, room, room_first) | _bodies(lanes) | _code(lanes)
    return found | {_CALL: _callout(lanes, found), f"{_CALL} first": 0.0}


def _maps(lanes: "_Lanes", room: float, room_first: float) -> dict[str, float]:
    """Maps that are read and written whole: what their size adds is apart."""
    small, large = (lanes.bytes_in(group, _PAIRS) for group in (_HEADERS, _MAP))
    short, long = lanes.each(_HEADERS, _PAIRS), lanes.each(_MAP, _PAIRS)
    kib = (long - short) / ((large - small) / _KIB)
    back, before = lanes.each(_HEADERS, _BACK), lanes.us[f"{_HEADERS}/{twice(_PAIRS, FEW)}"]
    whole = lanes.us[f"{_HEADERS}/{twice(_BACK, FEW)}"]
    return {
        _PAIRS: short - room - kib * small / _KIB,
        f"{_PAIRS} first": lanes.first(_HEADERS, _PAIRS) - room_first,
        f"{_PAIRS} kib_in": kib,
        _BACK: back,
        f"{_BACK} first": whole - before - FEW * back,
    }


def _bodies(lanes: "_Lanes") -> dict[str, float]:
    us = lanes.us
    (large, small), (far, near) = recipes.LENGTHS, (_LARGE, _SMALL)
    long, short = lanes.each(far, _READ), lanes.each(near, _READ)
    return {
        _BODY: (us[f"{near}/{_BODY}"] - us[f"{near}/{BARE}"]) / _PIECES,
        _RESPONSE_BODY: us[f"{near}/{_RESPONSE_BODY}"] - us[f"{near}/{BARE}"],
        # Of the two calls, one has the bytes.
        "kib_in": (long - short) * _PIECES / ((large - small) / _KIB),
    }


def _code(lanes: "_Lanes") -> dict[str, float]:
    """A loop burns fuel and next to no code; scattered functions run once each."""
    few, many = (f"loop {rounds}" for rounds in LOOPS)
    us = lanes.us
    burnt = lanes.fuel(many) - lanes.fuel(few)
    fuel = (us[f"{_HEADERS}/{many}"] - us[f"{_HEADERS}/{few}"]) / burnt
    more = lanes.fuel(CODE) - lanes.fuel(BARE)
    first = us[f"{_HEADERS}/{CODE}"] - us[f"{_HEADERS}/{BARE}"] - more * fuel
    return {"fuel": fuel * _KILO, "code": first / (more * FUEL_BYTES / _KIB)}


def _callout(lanes: "_Lanes", found: Mapping[str, float]) -> float:
    """What is left of it: in the answer's callback, two functions let the request go on."""
    whole = lanes.us[f"callouts/{_CALL}"] - lanes.us[f"callouts/{BARE}"]
    own = found["callback"] + 2 * found["function"]
    return whole - own - found["leave"]


class _Lanes:
    """Differences of lanes, by group and name."""

    def __init__(self, us: Figures, steps: Steps) -> None:
        self.us = us
        self._steps = steps
        bare, one = (us[f"{_HEADERS}/{name}"] for name in (BARE, ONE))
        #: Each further callback.
        self.callback = (bare - one) / (len(LIFE) - 1)
        #: The first host function of all: whatever it is, it costs what one does that does nothing.
        self.leave = fmean(self._first(*at) for at in _IDLE)

    def mean(self, name: str, than: str, groups: Sequence[str]) -> float:
        """By how much one is dearer, over some groups."""
        return fmean(self.us[f"{each}/{name}"] - self.us[f"{each}/{than}"] for each in groups)

    def bare(self, groups: Sequence[str]) -> float:
        """What a filter of any SDK adds that does nothing."""
        return self.mean(BARE, NOTHING, groups)

    def each(self, group: str, name: str) -> float:
        """Of one call, out of the lane with few and the lane with many."""
        many, few = (self.us[f"{group}/{twice(name, times)}"] for times in (MANY, FEW))
        return (many - few) / (MANY - FEW) / _calls(group)

    def first(self, group: str, name: str) -> float:
        """On top of that, of the first call of a function."""
        return self._first(group, name) - self.leave

    def _first(self, group: str, name: str) -> float:
        base = BARE if _calls(group) == 1 else _BODY
        few = self.us[f"{group}/{twice(name, FEW)}"] - self.us[f"{group}/{base}"]
        return few - FEW * _calls(group) * self.each(group, name)

    def more(self, name: str, than: str) -> tuple[float, float]:
        """By how much (each, first) one of the headers' functions is dearer."""
        one, other = (_HEADERS, name), (_HEADERS, than)
        return self.each(*one) - self.each(*other), self.first(*one) - self.first(*other)

    def elsewhere(self, name: str) -> float:
        """On top, of the first in another callback."""
        both, few = (self.us[f"{_HEADERS}/{lane}"] for lane in (in_both(name), twice(name, FEW)))
        return both - few - self.each(_HEADERS, name)

    def bytes_in(self, group: str, name: str) -> float:
        """That one call copies, on average."""
        return fmean(each.counts.bytes_in for each in self._steps[f"{group}/{twice(name, FEW)}"])

    def fuel(self, name: str) -> float:
        """Units of one exchange of a lane of headers."""
        return fmean(each.counts.fuel or 0 for each in self._steps[f"{_HEADERS}/{name}"])


def _calls(group: str) -> int:
    """How often a callback of a group runs."""
    return _PIECES if group in (_LARGE, _SMALL) else 1
