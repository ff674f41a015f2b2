"""What a real Envoy took, as tables and sentences that all reports share."""

from collections.abc import Iterator
from dataclasses import dataclass

from tamis.model.measured import Interval, Throughput, Timed, Variant
from tamis.report.figures import added, measured, times
from tamis.report.terminal import plural

__all__ = [
    "Table",
    "added_table",
    "how_taken",
    "in_words",
    "label",
    "latency_table",
    "memory_table",
    "rank",
    "ratio_table",
    "tables",
]

#: Ways to do the filter's work as people read them, in the order they are shown.
_LABELS = {
    "nothing": "no filter",
    "built-in": "built-in filters",
    "module": "native module",
    "native": "native, same source",
    "lua": "Lua",
    "wasm": "Wasm",
}
#: What Wasm's throughput is a part of.
_OVER = {"module": "a native module", "native": "native code of the same source"}
_SHOWN = (50.0, 99.0, 99.9)  # percentiles in tables; curves have all there are
_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text: the first of `head` is the table's name, the first of a row is the row's."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def label(name: str) -> str:
    """What people call a variant."""
    return _LABELS.get(name, name)


def rank(name: str) -> int:
    """A variant's place in whatever shows several; what is not known comes last."""
    return list(_LABELS).index(name) if name in _LABELS else len(_LABELS)


def tables(timed: Timed) -> tuple[Table, ...]:
    """All that have rows."""
    every = (added_table(timed), ratio_table(timed), latency_table(timed), memory_table(timed))
    return tuple(each for each in every if each.rows)


def in_words(timed: Timed) -> Iterator[tuple[str, str]]:
    """What no table has, as (name, sentence)."""
    baseline = measured(timed.baseline_us, "us")
    yield "baseline", f"a request without filters takes {baseline} of a worker's CPU"
    if timed.throughput:
        yield "throughput", "; ".join(_throughput(timed))
    if timed.predicted_us:
        yield "predicted", _predicted(timed.predicted_us, timed.variant("wasm"))
    if timed.starts:
        starts = sorted(timed.starts, key=lambda one: rank(one.name))
        told = (f"{measured(each.ms, 'ms')} with {label(each.name)}" for each in starts)
        yield "start", f"Envoy serves after {', '.join(told)}"


def how_taken(timed: Timed) -> Iterator[tuple[str, str]]:
    """What the figures are of, and what to beware of, as (name, sentence)."""
    yield "taken", _taken(timed)
    for left in timed.left_out:
        yield "left out", f"{plural(left.exchanges, 'exchange')}: {left.why}"
    for note in timed.notes:
        yield "note", note
    if timed.repeated or timed.drifts:
        yield "drift", _drift(timed)


def added_table(timed: Timed) -> Table:
    """To a request, by each variant: by one filter, and by each more where that was measured."""
    every = sorted(timed.variants, key=lambda one: rank(one.name))
    head = ["added to a request, us", "by one filter"]
    if further := any(one.further_us for one in every):
        head.append("by each further")
    rows = []
    for one in every:
        cells = [label(one.name), measured(one.added_us)]
        if further:
            cells.append(measured(one.further_us) if one.further_us else "-")
        rows.append(tuple(cells))
    return Table(tuple(head), tuple(rows))


def ratio_table(timed: Timed) -> Table:
    """What Wasm adds, as a multiple of what each other variant does; only where both tell."""
    wasm = timed.variant("wasm")
    others = sorted(timed.variants, key=lambda one: rank(one.name))
    rows = [
        (
            label(other.name),
            _ratio(wasm.added_us, other.added_us),
            _ratio(wasm.further_us, other.further_us),
        )
        for other in others
        if wasm and other.name != "wasm"
    ]
    head = ("Wasm, as a multiple of", "one filter", "each further")
    return Table(head, tuple(row for row in rows if row[1:] != ("-", "-")))


def _ratio(one: Interval | None, other: Interval | None) -> str:
    if not one or not other or not one.tells or not other.tells:
        return "-"
    return times(one.value / other.value)


def latency_table(timed: Timed) -> Table:
    """Of each variant, at a few percentiles."""
    every = sorted(timed.latencies, key=lambda one: rank(one.name))
    shown = [
        each for each in _SHOWN if any(point == each for one in every for point, _ in one.points)
    ]
    rates = {one.rate for one in every}
    rows = []
    for one in every:
        points = dict(one.points)
        cells = (measured(points[each]) if each in points else "-" for each in shown)
        name = label(one.name) if len(rates) == 1 else f"{label(one.name)}, {one.rate:,.0f}/s"
        rows.append((name, *cells))
    title = f"latency, us at {every[0].rate:,.0f}/s" if len(rates) == 1 else "latency, us"
    return Table((title, *(f"p{each:g}" for each in shown)), tuple(rows))


def memory_table(timed: Timed) -> Table:
    """That each variant adds to Envoy."""

    def mib(size: Interval | None) -> str:
        return measured(size.times(1 / _MIB)) if size else "-"

    rows = (
        (label(one.name), mib(one.filter), mib(one.vm), mib(one.worker))
        for one in sorted(timed.memory, key=lambda one: rank(one.name))
    )
    head = ("memory of Envoy, MiB", "first filter", "each further VM", "each further worker")
    return Table(head, tuple(rows))


def _throughput(timed: Timed) -> Iterator[str]:
    """By what Wasm is held to; then where it reaches what is often said."""
    base = f" on a request of {timed.baseline_us.value:.1f} us"
    by_other: dict[str, list[Throughput]] = {}
    for each in timed.throughput:
        by_other.setdefault(each.over, []).append(each)
    for over, every in by_other.items():
        for at, one in enumerate(every):
            part = f"{measured(one.ratio.times(100), '%')}{'' if at else f' of {_OVER[over]}'}"
            yield f"{part} with {_filters(one.chain)}{'' if at else base}"
        base = ""
    claim = timed.claim_us
    if claim is None:
        return
    if claim.high <= 0:
        yield "any request does better than the often quoted 70 %"
    elif claim.tells:
        took = f"{measured(claim, 'us')} without filters"
        yield f"the often quoted 70 % holds where a request takes {took}"
    else:
        yield f"where the often quoted 70 % holds: {measured(claim, 'us')}"


def _filters(chain: int) -> str:
    return "one filter" if chain == 1 else f"{chain} in a chain"


def _predicted(range_: Interval, wasm: Variant | None) -> str:
    told = f"{added(range_)} for Wasm, by the price table"
    if wasm is None:
        return told
    if not wasm.added_us.tells:
        return f"{told}; what was measured cannot tell"
    if range_.low <= wasm.added_us.value <= range_.high:
        return f"{told}; what was measured lies within"
    where = "above" if wasm.added_us.value > range_.high else "below"
    return f"{told}; what was measured lies {where}"


def _taken(timed: Timed) -> str:
    parts = [timed.how]
    if timed.chain > 1:
        parts.append(f"each further filter is of a chain of {timed.chain}")
    if timed.exchanges:
        parts.append(f"{plural(timed.exchanges, 'exchange')} of the fixtures sent")
    return "; ".join(parts)


def _drift(timed: Timed) -> str:
    part = f"{100 * abs(timed.drift):.2g} %"
    again = plural(timed.repeated, "more Envoy")
    if timed.drifts:
        many = f", and {again} did not help" if timed.repeated else ""
        moved = f"the baseline moved by {part} while it was measured{many}"
        return f"{moved}; take it again on a machine that is not busy"
    counts = "does" if timed.repeated == 1 else "do"
    return f"{again} {counts} not count: the baseline moved; by {part} at most in those that count"
