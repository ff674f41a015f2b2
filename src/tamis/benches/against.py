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
    changes = [
        *_sizes(old, new),
        *_totals(figures, [before[step] for step in both], [now[step] for step in both]),
        *_functions([before[step] for step in both], [now[step] for step in both]),
        *_timed(old, new),
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


def _timed(old: _Object, new: _Object) -> Iterator[Change]:
    """Only where the intervals have nothing in common."""
    before, now = _variants(old), _variants(new)
    for name in before:
        if name in now and before[name].parts(now[name]):
            pair = (before[name], now[name])
            yield Change(f"{name}, us", pair[0].value, pair[1].value, pair)


def _variants(card: _Object) -> dict[str, Interval]:
    timed = card["timed"]
    return (
        {each["name"]: _interval(each["added_us"]) for each in timed["variants"]} if timed else {}
    )


def _interval(value: _Object) -> Interval:
    return Interval(value["low"], value["value"], value["high"])
