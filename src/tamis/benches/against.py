"""An older card beside the one of now: counts compare exactly, times by their intervals.

Both are objects as `tamis bench --json` prints them, of which the schema has been checked.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tamis.model.card import Against, Change, Past
from tamis.model.measured import Interval

__all__ = ["against", "past"]

_Object = Mapping[str, Any]
_Step = tuple[str, int]

_FIGURES = ("crossings", "bytes_in", "bytes_out", "allocations", "fuel")
_TRAFFIC = ("exchange", "connection")


def past(card: _Object) -> Past:
    """The figures that a history shows."""
    mean = card["exchange"]["mean"]
    predicted = card["predicted"]
    return Past(
        version=card["version"],
        size=card["module"]["size"],
        crossings=mean["crossings"] or 0,
        copied=(mean["bytes_in"] or 0) + (mean["bytes_out"] or 0),
        fuel=mean["fuel"],
        added_us=_interval(predicted["added_us"]) if predicted else None,
    )


def against(file: str, old: _Object, new: _Object) -> Against:
    """What is different in `new`."""
    notes: list[str] = []
    before, now = _steps(old), _steps(new)
    both = [step for step in before if step in now]
    if gone := len(before) - len(both):
        notes.append(f"exchanges of {file} that are no more: {gone}")
    if more := len(now) - len(both):
        notes.append(f"new exchanges: {more}")
    figures = [*_FIGURES]
    if old["host"] != new["host"]:
        figures.remove("fuel")
        notes.append(f"fuel is not compared: {old['host']} then, {new['host']} now")
    notes += _cautions(file, old["timed"], new["timed"])
    changes = [
        *_sizes(old, new),
        *_totals(figures, [before[step] for step in both], [now[step] for step in both]),
        *_functions([before[step] for step in both], [now[step] for step in both]),
        *_timed(old["timed"], new["timed"]),
    ]
    return Against(file, past(old), len(both), tuple(changes), tuple(notes))


def _steps(card: _Object) -> dict[_Step, _Object]:
    return {
        (fixture["fixture"], step["step"]): step
        for fixture in card["fixtures"]
        for step in fixture["steps"]
        if step["kind"] in _TRAFFIC
    }


def _sizes(old: _Object, new: _Object) -> Iterator[Change]:
    for what, key in (("size", "size"), ("gzipped", "gzipped")):
        yield from _change(what, old["module"][key], new["module"][key])
    yield from _change("memory", old["memory"], new["memory"])


def _totals(figures: list[str], old: list[_Object], new: list[_Object]) -> Iterator[Change]:
    for figure in figures:
        before = sum(step[figure] or 0 for step in old)
        now = sum(step[figure] or 0 for step in new)
        yield from _change(figure, before, now)


def _functions(old: list[_Object], new: list[_Object]) -> Iterator[Change]:
    """Of each callback and function by name: which of them the crossings are."""
    before, now = _calls(old), _calls(new)
    for name in sorted(before.keys() | now.keys()):
        yield from _change(name, before[name], now[name])


def _calls(steps: list[_Object]) -> Counter[str]:
    found: Counter[str] = Counter()
    for callback in (each for step in steps for each in step["callbacks"]):
        found[callback["callback"]] += callback["runs"]
        for function in callback["functions"]:
            found[function["function"]] += function["calls"]
    return found


def _change(what: str, before: float, now: float) -> Iterator[Change]:
    if before != now:
        yield Change(what, before, now)


def _timed(old: _Object | None, new: _Object | None) -> Iterator[Change]:
    """Only where the intervals have nothing in common."""
    if not old or not new or _elsewhere(old, new):
        return
    before, now = dict(_microseconds(old)), dict(_microseconds(new))
    for name in before:
        if name in now and before[name].parts(now[name]):
            pair = (before[name], now[name])
            yield Change(f"{name}, us", pair[0].value, pair[1].value, pair)
    sizes, larger = _memory(old), _memory(new)
    for name in sizes:
        if name in larger and sizes[name].parts(larger[name]):
            yield Change(f"{name}, bytes of Envoy", sizes[name].value, larger[name].value)


def _elsewhere(old: _Object, new: _Object) -> bool:
    """Where a request without filters takes another time, the machine is another, or busier."""
    return _interval(old["baseline_us"]).parts(_interval(new["baseline_us"]))


def _cautions(file: str, old: _Object | None, new: _Object | None) -> Iterator[str]:
    """What keeps times from being compared, and what to know where they are."""
    if not old or not new:
        if old or new:
            yield f"times in Envoy are not compared: {file if new else 'this card'} has none"
        return
    if _elsewhere(old, new):
        was, is_ = (each["baseline_us"]["value"] for each in (old, new))
        took = f"a request without filters took {was:.1f} us then, {is_:.1f} us now"
        yield f"times in Envoy are not compared: {took}"
        return
    if old["host"] != new["host"]:
        yield f"times are of {old['host']} then, of {new['host']} now"
    was, is_ = (each.get("exchanges") for each in (old, new))
    if was and is_ and was != is_:
        yield f"times are averages of {was} exchanges then, of {is_} now"
    if old.get("drifts") or new.get("drifts"):
        yield f"the baseline of {'this card' if new.get('drifts') else file} drifted"


def _microseconds(timed: _Object) -> Iterator[tuple[str, Interval]]:
    """What each variant adds, and its latencies where they have bounds."""
    for each in timed["variants"]:
        yield each["name"], _interval(each["added_us"])
        if further := each.get("further_us"):
            yield f"{each['name']}, each further", _interval(further)
    for each in timed["latencies"]:
        for percentile, value, *bounds in each["points"]:
            if bounds:
                name = f"{each['name']} p{percentile:g} at {each['rate']:g}/s"
                yield name, Interval(bounds[0], value, bounds[1])


def _memory(timed: _Object) -> dict[str, Interval]:
    """Of the first filter of each variant."""
    return {each["name"]: _interval(each["filter"]) for each in timed.get("memory", ())}


def _interval(value: _Object) -> Interval:
    return Interval(value["low"], value["value"], value["high"])
