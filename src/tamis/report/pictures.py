"""Pictures of a cost card as SVG: across in percent, so that text keeps its size on any screen.

Colours are classes (`c0` to `c7`) that the page defines for light and dark.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from tamis.model.measured import Interval, Latency
from tamis.report.figures import amount, measured
from tamis.report.svg import line, svg, text

__all__ = ["COLORS", "Bar", "Point", "Span", "curves", "history", "intervals", "legend", "stacked"]

#: Series that have a colour of their own; the last is for all that is left.
COLORS = 8
_ROW = 42  # pixels of a bar with its label above
_BAR = 16
_PLOT = 220
_CURVES = 320
_LEFT, _RIGHT = 12.0, 97.0  # percent, between which curves are drawn
_ASIDE = 1.1  # percent from one curve to the next


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a stacked chart: its name, and (series, value) in order."""

    name: str
    parts: tuple[tuple[str, float], ...]

    @property
    def total(self) -> float:
        """The length of the whole bar."""
        return sum(value for _, value in self.parts)


@dataclass(frozen=True, slots=True)
class Span:
    """A row of a chart with whiskers: its name, what is written beside it, and its colour.

    `faint`: what is drawn is not what was found.
    """

    name: str
    value: Interval
    told: str
    color: int
    faint: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """One card of a history: a label below, and the figure, with its bounds if it has some."""

    label: str
    value: float
    bounds: Interval | None = None


def stacked(bars: Sequence[Bar], series: Sequence[str], what: str) -> str:
    """One bar a row; a series has the colour of its place in `series`."""
    longest = max((bar.total for bar in bars), default=0) or 1
    rows = []
    for at, bar in enumerate(bars):
        top, start = at * _ROW, 0.0
        rows.append(_label(top, bar.name, amount(bar.total)))
        for name, value in bar.parts:
            width = 100 * value / longest
            rows.append(
                f'<rect class="{_color(series, name)}" x="{start:.3f}%" y="{top + 18}"'
                f' width="{width:.3f}%" height="{_BAR}">'
                f"<title>{escape(name)}: {amount(value)}</title></rect>"
            )
            start += width
    return svg(rows, len(bars) * _ROW, what)


def legend(names: Sequence[tuple[int | str, str]]) -> str:
    """Colours and what they stand for, as a list that flows."""
    items = (
        f'<li><svg width="12" height="12" aria-hidden="true"><rect class="c{color}"'
        f' width="12" height="12"/></svg> {escape(name)}</li>'
        for color, name in names
    )
    return f'<ul class="legend">{"".join(items)}</ul>'


def intervals(rows: Sequence[Span], what: str) -> str:
    """One bar a row from 0 to its value, and a whisker between its bounds."""
    lowest = min((0.0, *(row.value.low for row in rows)))
    highest = max((0.0, *(row.value.high for row in rows)))
    scale = 98 / ((highest - lowest) or 1)
    parts = []
    for at, row in enumerate(rows):
        top = at * _ROW
        ends = sorted((0.0, row.value.value))
        parts.append(_label(top, row.name, row.told))
        parts.append(
            f'<rect class="c{row.color}{" faint" if row.faint else ""}"'
            f' x="{(ends[0] - lowest) * scale:.3f}%" y="{top + 18}"'
            f' width="{(ends[1] - ends[0]) * scale:.3f}%" height="{_BAR}">'
            f"<title>{escape(row.name)}: {escape(row.told)}</title></rect>"
        )
        low, high = ((end - lowest) * scale for end in (row.value.low, row.value.high))
        middle = top + 18 + _BAR / 2
        parts.append(line(low, middle, high, middle, "whisker"))
        parts += [line(end, middle - 5, end, middle + 5, "whisker") for end in (low, high)]
    if lowest < 0:
        zero = -lowest * scale
        parts.insert(0, line(zero, 16, zero, len(rows) * _ROW - 4, "rule"))
    return svg(parts, len(rows) * _ROW, what)


def curves(latencies: Sequence[tuple[int, Latency]], what: str) -> str:
    """Microseconds by percentile, each curve in its colour: the nearer to 100, the wider, and the
    same ratio the same height. Curves stand side by side a little, for whiskers to be seen.
    """
    every = [(percentile, us) for _, one in latencies for percentile, us in one.points]
    lowest = max(min((us.low for _, us in every), default=1), 1)
    highest = max(max((us.high for _, us in every), default=1), lowest * 1.01)
    rarest = max((_rarity(percentile) for percentile, _ in every), default=0) or 1

    def across(percentile: float, at: float = 0) -> float:
        return _LEFT + 3 + (_RIGHT - _LEFT - 6) * _rarity(percentile) / rarest + at * _ASIDE

    def down(us: float) -> float:
        height = math.log(max(us, lowest) / lowest) / math.log(highest / lowest)
        return 10 + (_CURVES - 50) * (1 - height)

    parts = [part for us in _ticks(lowest, highest) for part in _rule(down(us), f"{us:,.0f}")]
    named = dict.fromkeys(percentile for percentile, _ in every)
    parts += [text(across(each), _CURVES - 8, f"p{each:g}", "middle") for each in named]
    for at, (color, one) in enumerate(latencies):
        aside = at - (len(latencies) - 1) / 2
        spots = [(across(percentile, aside), down(us.value)) for percentile, us in one.points]
        parts += _path(spots, f"s{color}")
        for spot, (percentile, us) in zip(spots, one.points, strict=True):
            parts.append(line(spot[0], down(us.low), spot[0], down(us.high), "whisker"))
            parts.append(_dot(*spot, color, f"{one.name} p{percentile:g}: {measured(us, 'us')}"))
    return svg(parts, _CURVES, what)


def history(points: Sequence[Point], what: str) -> str:
    """A figure over older cards and the one of now, from 0 up."""
    highest = max((p.bounds.high if p.bounds else p.value for p in points), default=0) or 1
    step = (_RIGHT - _LEFT - 6) / max(len(points) - 1, 1)

    def place(at: int, value: float) -> tuple[float, float]:
        return _LEFT + 3 + step * at, 10 + (_PLOT - 40) * (1 - value / highest)

    parts = list(_grid(highest))
    parts += _path([place(at, point.value) for at, point in enumerate(points)], "s0")
    for at, point in enumerate(points):
        across, down = place(at, point.value)
        if point.bounds:
            top, bottom = place(at, point.bounds.high)[1], place(at, point.bounds.low)[1]
            parts.append(line(across, top, across, bottom, "whisker"))
        parts.append(_dot(across, down, 0, f"{point.label}: {amount(point.value)}"))
        anchor = "end" if at and at == len(points) - 1 else "start" if not at else "middle"
        parts.append(text(across, _PLOT - 8, point.label, anchor))
    return svg(parts, _PLOT, what)


def _rarity(percentile: float) -> float:
    """p50 is 0.3, p99 is 2, p99.9 is 3."""
    return -math.log10(max(1 - percentile / 100, 1e-9))


def _ticks(lowest: float, highest: float) -> list[float]:
    """1, 2, 5, 10, 20 and so on, as far as they lie between; where too few do, both ends."""
    powers = range(math.floor(math.log10(lowest)), math.ceil(math.log10(highest)) + 1)
    round_ = [step * 10.0**power for power in powers for step in (1, 2, 5)]
    found = [us for us in round_ if lowest <= us <= highest]
    return found if len(found) > 1 else [lowest, highest]


def _grid(highest: float) -> Iterator[str]:
    for share in (0.0, 0.5, 1.0):
        yield from _rule(10 + (_PLOT - 40) * (1 - share), amount(highest * share))


def _rule(down: float, told: str) -> Iterator[str]:
    yield line(_LEFT, down, _RIGHT, down, "rule")
    yield text(_LEFT - 1, down + 4, told, "end")


def _path(points: Sequence[tuple[float, float]], color: str) -> list[str]:
    """Lines one by one: a polyline cannot be given in percent."""
    return [line(*before, *after, f"curve {color}") for before, after in pairwise(points)]


def _dot(across: float, down: float, color: int, title: str) -> str:
    return (
        f'<circle class="c{color % (COLORS - 1)}" cx="{across:.3f}%" cy="{down:.1f}" r="4">'
        f"<title>{escape(title)}</title></circle>"
    )


def _label(top: int, name: str, value: str) -> str:
    """The name on the left, the value on the right, above the bar."""
    return text(0, top + 13, name, "start") + text(100, top + 13, value, "end")


def _color(series: Sequence[str], name: str) -> str:
    at = series.index(name) if name in series else COLORS - 1
    return f"c{min(at, COLORS - 1)}"
