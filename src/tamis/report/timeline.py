"""A rehearsal as a picture: who answered when, what failed, and when versions changed places."""

from collections.abc import Iterator, Sequence
from html import escape

from tamis.model.rehearsed import BIN_MS, Rehearsed
from tamis.report.page_style import PALETTE
from tamis.report.svg import line, svg, text

__all__ = ["shown", "standalone", "timeline"]

#: What is drawn, from the bottom up: its kind in a timeline, its colour, what people call it.
_PARTS = (
    ("old", "0", "OLD answered"),
    ("new", "1", "NEW answered"),
    ("either", "7", "answered, cannot be told by whom"),
    ("neither", "3", "an answer that neither gives"),
    ("failed", "no", "failed"),
)
_HEIGHT, _TOP, _PLOT = 236, 26, 180
_LEFT, _WIDTH = 6.0, 93.0  # percent
#: As many columns are drawn at most, and as many swaps have their name above.
_COLUMNS, _NAMED = 400, 12
_STEPS = (1, 2, 5)
_TICKS = 8
_UNITS = 1000  # of the plot's height
#: Failures show, however few they are.
_LEAST = 12
_NAMES = {"old": "OLD", "new": "NEW"}


def timeline(done: Rehearsed) -> str:
    """Requests a second over time, stacked by who answered; an order to swap is a line."""
    bins = len(done.timeline.get("old", ()))
    together = max(1, -(-bins // _COLUMNS))
    columns = {kind: _joined(done.timeline.get(kind, ()), together) for kind, _, _ in _PARTS}
    most = max((sum(each) for each in zip(*columns.values(), strict=True)), default=0) or 1
    seconds = max(bins * BIN_MS / 1000, BIN_MS / 1000)
    parts = [*_across(seconds), *_down(most * 1000 / (BIN_MS * together))]
    parts.append(_plot(columns, most))
    parts += _marks(done, seconds)
    return svg(parts, _HEIGHT, "requests a second over time, by the version that answered")


def standalone(done: Rehearsed) -> str:
    """The same as a file of its own, in light and in dark, with its legend."""
    style = f"{PALETTE}text{{fill:var(--text);font:12px system-ui,sans-serif}}"
    legend = "".join(
        f'<rect class="c{color}" x="{12 + 180 * at}" y="8" width="12" height="12"/>'
        f'<text x="{30 + 180 * at}" y="18">{escape(name)}</text>'
        for at, (color, name) in enumerate(shown(done))
    )
    inner = timeline(done).replace("<svg ", '<svg y="34" ', 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="960" height="{_HEIGHT + 34}">'
        f"<style>{style}</style>"
        f'<rect width="100%" height="100%" style="fill:var(--back)"/>{legend}{inner}</svg>\n'
    )


def shown(done: Rehearsed) -> list[tuple[str, str]]:
    """Colours and what they stand for, of what there is to see."""
    return [(color, name) for kind, color, name in _PARTS if any(done.timeline.get(kind, ()))]


def _joined(counts: Sequence[int], together: int) -> list[int]:
    return [sum(counts[at : at + together]) for at in range(0, len(counts), together)]


def _plot(columns: dict[str, list[int]], most: int) -> str:
    """Its own coordinates: a column is 1 wide, and all of the height 1000."""
    wide = len(columns["old"]) or 1
    floor = [0.0] * wide
    paths = []
    for kind, color, _ in _PARTS:
        steps = []
        for at, count in enumerate(columns[kind]):
            if not count:
                continue
            height = max(_UNITS * count / most, _LEAST if kind in ("failed", "neither") else 0)
            base = _UNITS - floor[at]
            steps.append(f"M{at} {base:.0f}v-{height:.0f}h1v{height:.0f}z")
            floor[at] += height
        if steps:
            paths.append(f'<path class="c{color}" d="{"".join(steps)}"/>')
    return (
        f'<svg x="{_LEFT}%" y="{_TOP}" width="{_WIDTH}%" height="{_PLOT}"'
        f' viewBox="0 0 {wide} {_UNITS}" preserveAspectRatio="none">{"".join(paths)}</svg>'
    )


def _across(seconds: float) -> Iterator[str]:
    step = _step(seconds)
    for number in range(int(seconds / step) + 1):
        at = number * step
        place = _LEFT + _WIDTH * at / seconds
        last = at + step / 2 > seconds
        yield text(place, _TOP + _PLOT + 18, f"{at:g} s", "end" if last and at else "middle")


def _down(highest: float) -> Iterator[str]:
    for share in (0.0, 0.5, 1.0):
        height = _TOP + _PLOT * (1 - share)
        yield line(_LEFT, height, _LEFT + _WIDTH, height, "rule")
        yield text(_LEFT - 0.8, height + 4, f"{highest * share:,.0f}", "end")
    yield text(0, 12, "requests/s", "start")


def _step(seconds: float) -> float:
    """A round number of seconds between ticks."""
    power = 0.1
    while True:
        for each in _STEPS:
            if seconds / (each * power) <= _TICKS:
                return each * power
        power *= 10


def _marks(done: Rehearsed, seconds: float) -> Iterator[str]:
    named = len(done.swaps) <= _NAMED
    for each in done.swaps:
        place = _LEFT + _WIDTH * each.at_s / seconds
        yield line(place, _TOP - 6, place, _TOP + _PLOT, "mark")
        if named:
            yield text(place, _TOP - 10, "refused" if each.refused else _NAMES[each.to], "middle")
