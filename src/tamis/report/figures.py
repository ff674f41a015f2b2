"""The figures of a cost card as people read them: names, averages, and how numbers are written."""

import math

from tamis.model.cost import Counted
from tamis.model.measured import Interval
from tamis.model.outcome import Counts

__all__ = [
    "FIGURES",
    "added",
    "amount",
    "figure",
    "mean",
    "measured",
    "most",
    "nanoseconds",
    "share",
    "times",
]

#: What is counted of an exchange, and its name in text.
FIGURES = {
    "crossings": "crossings",
    "bytes_in": "bytes in",
    "bytes_out": "bytes out",
    "allocations": "allocations",
    "fuel": "fuel",
}


def figure(counts: Counts, name: str) -> int | None:
    """One of FIGURES; None: fuel that was not counted."""
    found: int | None = getattr(counts, name)
    return found


def mean(counted: Counted, name: str) -> float | None:
    """Of an exchange; None: not counted, or of none."""
    found, exchanges = figure(counted.counts, name), len(counted.exchanges)
    return None if found is None or not exchanges else found / exchanges


def most(counted: Counted, name: str) -> tuple[int, str]:
    """The largest of any exchange, and which that is."""
    every = (
        (figure(step.counts, name) or 0, f"{fixture.fixture}, step {step.step}")
        for fixture in counted.fixtures
        for step in fixture.exchanges
    )
    return max(every, key=lambda pair: pair[0], default=(0, ""))


def amount(value: float | None) -> str:
    """An average: `0.77`, `12.3`, `31,012`."""
    if value is None:
        return "-"
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 1000 else f"{value:,.0f}"


def added(value: Interval) -> str:
    """`13.3 us (7.1 to 24.8)`."""
    return f"{_short(value.value)} us ({_short(value.low)} to {_short(value.high)})"


def _short(value: float) -> str:
    """No more digits than a measurement has."""
    return f"{value:.2g}" if value < 10 else f"{value:,.0f}"


def measured(value: Interval, unit: str = "") -> str:
    """`23.5 us (23.0 to 24.1)`; `cannot tell (-0.1 to 0.3 us)` where it may be nothing.

    No more digits than the bounds are worth.
    """
    half = (value.high - value.low) / 2
    without = 1 if value.value < 100 else 0
    digits = min(max(-math.floor(math.log10(half) + 1e-9), 0), 2) if half > 0 else without
    every = (round(each, digits) + 0.0 for each in (value.low, value.value, value.high))  # no -0.0
    low, middle, high = (f"{each:,.{digits}f}" for each in every)
    unit = f" {unit}" if unit else ""
    if not value.tells:
        return f"cannot tell ({low} to {high}{unit})"
    return f"{middle}{unit} ({low} to {high})"


def times(ratio: float) -> str:
    """`7.9x`."""
    return f"{ratio:.1f}x" if ratio >= 0.1 else f"{ratio:.1g}x"


def nanoseconds(value: float) -> str:
    """`921 ns`, `24.6 us`, `56.0 ms`."""
    for unit, factor in (("ns", 1), ("us", 1e3), ("ms", 1e6)):
        if value < 1000 * factor:
            return f"{value / factor:.{0 if unit == 'ns' else 1}f} {unit}"
    return f"{value / 1e9:.2f} s"


def share(before: float, now: float) -> str:
    """`+4.6 %`."""
    return f"{100 * (now - before) / before:+.1f} %" if before else "new"
