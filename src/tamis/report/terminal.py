"""Values for people at a terminal: rich renderables, nothing printed here."""

import textwrap
from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from tamis.model.finding import Finding
from tamis.model.outcome import Difference, NotComparable, Run

__all__ = [
    "bytes_of",
    "differences",
    "facts",
    "findings",
    "gates",
    "line",
    "runs",
    "skipped",
]

_COLUMNS = 80  # what a terminal has at least
_GATE = 22  # columns before what came of a gate
_STYLE = {"error": "bold red", "warning": "yellow", "note": "cyan"}


def bytes_of(size: int) -> str:
    """A size a person reads: 812 B, 9.6 KiB, 2.2 MiB."""
    value, unit = float(size), "B"
    for larger in ("KiB", "MiB", "GiB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{size} B" if unit == "B" else f"{value:.1f} {unit}"


def line(*parts: str | tuple[str, str]) -> Text:
    """One line of (styled) text; nothing in it is read as markup."""
    return Text.assemble(*parts, no_wrap=True, overflow="ignore")


def facts(rows: Iterable[tuple[str, str]]) -> Group:
    """Names and values in two columns; a value is never folded, so that it can be copied."""
    listed = list(rows)
    width = max((len(name) for name, _ in listed), default=0)
    return Group(*(line((f"{name:{width}}  ", "dim"), value) for name, value in listed))


def gates(rows: Iterable[tuple[str, bool, str, float]]) -> Group:
    """The stages of a run: name, verdict, seconds, what came of it, folded to fit 80 columns."""
    lines = []
    for name, ok, what, seconds in rows:
        first, *rest = textwrap.wrap(
            what, _COLUMNS - _GATE, break_long_words=False, break_on_hyphens=False
        ) or [""]
        lines.append(
            line(
                (f"  {name:8}", "bold"),
                ("ok", "green") if ok else ("no", "bold red"),
                (f"{seconds:6.1f} s  ", "dim"),
                first,
            )
        )
        lines += [line(f"{'':{_GATE}}{more}") for more in rest]
    return Group(*lines)


def findings(items: Sequence[Finding]) -> RenderableType:
    """Each finding with its advice."""
    lines = []
    for finding in items:
        where = f"{finding.place}: " if finding.place else ""
        target = f" ({finding.target})" if finding.target else ""
        lines.append(
            line(
                (f"{finding.severity}", _STYLE[finding.severity]),
                f" {finding.id}{target}: {where}{finding.message}",
            )
        )
        lines.append(line((f"  {finding.advice}", "dim")))
    return Group(*lines)


def runs(items: Sequence[Run], *, every: bool) -> RenderableType:
    """Failed runs with their problems; all runs when `every`."""
    lines = []
    for run in items:
        if run.problems:
            lines.append(line(("FAILED", "bold red"), f" {run.fixture} ({run.host})"))
            lines += [line(f"  {problem}") for problem in run.problems]
        elif every:
            verdict = ("passed", "green") if run.outcome else ("not run", "yellow")
            lines.append(line(verdict, f" {run.fixture} ({run.host})"))
    return Group(*lines)


def differences(items: Sequence[Difference]) -> RenderableType:
    """Both sides of each difference, one above the other."""
    lines = []
    for difference in items:
        lines.append(line(("DIFFERS", "bold red"), f" {difference.fixture}: {difference.path}"))
        width = max(len(host) for host in difference.values)
        lines += [line(f"  {host:{width}}  {value}") for host, value in difference.values.items()]
    return Group(*lines)


def skipped(items: Sequence[tuple[str, str, NotComparable]]) -> RenderableType:
    """What was left out of the comparison: fixture, host, path and why."""
    return Group(
        *(
            line(("not comparable", "yellow"), f" {fixture} ({host}) {what.path}: {what.why}")
            for fixture, host, what in items
        )
    )
