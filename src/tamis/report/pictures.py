"""Pictures of a cost card as SVG: across in percent, so that text keeps its size on any screen.

Colours are classes (`c0` to `c7`) that the page defines for light and dark.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from tamis.model.measured import Interval, Latency
from tamis.report.figures import added, amount

__all__ = ["COLORS", "Bar", "Point", "curves", "history", "intervals", "legend", "stacked"]

#: Series that have a colour of their own; the last is for all that is left.
COLORS = 8
_ROW = 42  # pixels of a bar with its label above
_BAR = 16
_PLOT = 220
_LEFT, _RIGHT = 12.0, 97.0  # percent, between which curves are drawn


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
    return _svg(rows, len(bars) * _ROW, what)


def legend(series: Sequence[str]) -> str:
    """The names of colours, as a list that flows."""
    items = (
        f'<li><svg width="12" height="12" aria-hidden="true"><rect class="{_color(series, name)}"'
        f' width="12" height="12"/></svg> {escape(name)}</li>'
        for name in series
    )
    return f'<ul class="legend">{"".join(items)}</ul>'


def intervals(rows: Sequence[tuple[str, Interval]], what: str) -> str:
    """One bar a row up to its value, in microseconds, and a whisker between its bounds."""
    longest = max((value.high for _, value in rows), default=0) or 1
    scale = 98 / longest
    parts = []
    for at, (name, value) in enumerate(rows):
        top = at * _ROW
        told = added(value)
        parts.append(_label(top, name, told))
        parts.append(
            f'<rect class="c{at % (COLORS - 1)}" x="0" y="{top + 18}"'
            f' width="{value.value * scale:.3f}%" height="{_BAR}">'
            f"<title>{escape(name)}: {told}</title></rect>"
        )
        middle = top + 18 + _BAR / 2
        parts.append(_line(value.low * scale, middle, value.high * scale, middle, "whisker"))
        parts += [
            _line(end * scale, middle - 5, end * scale, middle + 5, "whisker")
            for end in (value.low, value.high)
        ]
    return _svg(parts, len(rows) * _ROW, what)


def curves(latencies: Sequence[Latency], what: str) -> str:
    """Microseconds by percentile: the nearer to 100, the wider it is drawn."""
    points = [point for one in latencies for point in one.points]
    highest = max((us for _, us in points), default=0) or 1
    rarest = max((_rarity(percentile) for percentile, _ in points), default=0) or 1

    def place(percentile: float, us: float) -> tuple[float, float]:
        across = _LEFT + (_RIGHT - _LEFT) * _rarity(percentile) / rarest
        return across, 10 + (_PLOT - 40) * (1 - us / highest)

    parts = list(_grid(highest, "us"))
    for percentile in dict.fromkeys(percentile for percentile, _ in points):
        across, _ = place(percentile, 0)
        parts.append(_text(across, _PLOT - 8, f"p{percentile:g}", "middle"))
    for at, one in enumerate(latencies):
        placed = [place(*point) for point in one.points]
        parts += _path(placed, f"s{at % (COLORS - 1)}")
        parts += [
            _dot(*spot, at, f"{one.name} p{percentile:g}: {amount(us)} us")
            for spot, (percentile, us) in zip(placed, one.points, strict=True)
        ]
    return _svg(parts, _PLOT, what)


def history(points: Sequence[Point], what: str) -> str:
    """A figure over older cards and the one of now, from 0 up."""
    highest = max((p.bounds.high if p.bounds else p.value for p in points), default=0) or 1
    step = (_RIGHT - _LEFT - 6) / max(len(points) - 1, 1)

    def place(at: int, value: float) -> tuple[float, float]:
        return _LEFT + 3 + step * at, 10 + (_PLOT - 40) * (1 - value / highest)

    parts = list(_grid(highest, ""))
    parts += _path([place(at, point.value) for at, point in enumerate(points)], "s0")
    for at, point in enumerate(points):
        across, down = place(at, point.value)
        if point.bounds:
            top, bottom = place(at, point.bounds.high)[1], place(at, point.bounds.low)[1]
            parts.append(_line(across, top, across, bottom, "whisker"))
        parts.append(_dot(across, down, 0, f"{point.label}: {amount(point.value)}"))
        anchor = "end" if at and at == len(points) - 1 else "start" if not at else "middle"
        parts.append(_text(across, _PLOT - 8, point.label, anchor))
    return _svg(parts, _PLOT, what)


def _rarity(percentile: float) -> float:
    """p50 is 0.3, p99 is 2, p99.9 is 3."""
    return -math.log10(max(1 - percentile / 100, 1e-9))


def _grid(highest: float, unit: str) -> Iterator[str]:
    for share in (0.0, 0.5, 1.0):
        down = 10 + (_PLOT - 40) * (1 - share)
        yield _line(_LEFT, down, _RIGHT, down, "rule")
        told = f"{amount(highest * share)} {unit}".strip()
        yield _text(_LEFT - 1, down + 4, told, "end")


def _path(points: Sequence[tuple[float, float]], color: str) -> list[str]:
    """Lines one by one: a polyline cannot be given in percent."""
    return [_line(*before, *after, f"curve {color}") for before, after in pairwise(points)]


def _dot(across: float, down: float, color: int, title: str) -> str:
    return (
        f'<circle class="c{color % (COLORS - 1)}" cx="{across:.3f}%" cy="{down:.1f}" r="4">'
        f"<title>{escape(title)}</title></circle>"
    )


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.3f}%" y1="{y1:.1f}" x2="{x2:.3f}%" y2="{y2:.1f}"/>'


def _text(across: float, down: float, text: str, anchor: str) -> str:
    return f'<text x="{across:.3f}%" y="{down:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _label(top: int, name: str, value: str) -> str:
    """The name on the left, the value on the right, above the bar."""
    return _text(0, top + 13, name, "start") + _text(100, top + 13, value, "end")


def _color(series: Sequence[str], name: str) -> str:
    at = series.index(name) if name in series else COLORS - 1
    return f"c{min(at, COLORS - 1)}"


def _svg(parts: Sequence[str], height: int, what: str) -> str:
    return (
        f'<svg role="img" aria-label="{escape(what)}" width="100%" height="{height}">'
        f"{''.join(parts)}</svg>"
    )
