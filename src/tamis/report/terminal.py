"""Values for people at a terminal: rich renderables, nothing printed here."""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
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
    return Text.assemble(*parts)


def facts(rows: Iterable[tuple[str, str]]) -> Table:
    """Names and values in two columns."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(Text(name), Text(value))
    return table


def gates(rows: Iterable[tuple[str, bool, str, float]]) -> Table:
    """The stages of a run: name, verdict, what came of it, seconds."""
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column()
    table.add_column(overflow="fold")
    table.add_column(justify="right", style="dim")
    for name, ok, what, seconds in rows:
        verdict = Text("ok", "green") if ok else Text("no", "bold red")
        table.add_row(Text(f"  {name}", "bold"), verdict, Text(what), Text(f"{seconds:.1f} s"))
    return table


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
