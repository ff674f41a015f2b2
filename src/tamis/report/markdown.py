"""A Markdown summary: totals, of each suite as well, and a table of what is not good."""

from collections.abc import Sequence

from tamis.report.cases import Case

__all__ = ["cell", "markdown"]


def markdown(title: str, cases: Sequence[Case]) -> str:
    """The document, ending with a newline."""
    lines = [f"### {title}", "", _totals(cases) or "no cases"]
    suites = dict.fromkeys(case.suite for case in cases)
    if suites:
        lines.append("")
    for suite in suites:
        members = [case for case in cases if case.suite == suite]
        lines.append(f"- {cell(suite)}: {_totals(members)}")
    told = [c for c in cases if c.problems or c.warnings or c.skipped or c.left_out]
    if told:
        lines += ["", "| verdict | where | case | what |", "|---|---|---|---|"]
    for case in told:
        left_out = [f"not comparable: {each}" for each in case.left_out]
        what = "; ".join([*case.problems, *case.warnings, *filter(None, [case.skipped]), *left_out])
        cells = (case.verdict, case.suite, case.name, what)
        lines.append("| " + " | ".join(cell(text) for text in cells) + " |")
    return "\n".join(lines) + "\n"


def _totals(cases: Sequence[Case]) -> str:
    verdicts = [case.verdict for case in cases]
    counts = {verdict: verdicts.count(verdict) for verdict in ("passed", "failed", "skipped")}
    counts["not wholly comparable"] = sum(bool(case.left_out) for case in cases)
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)


def cell(text: str) -> str:
    """`text` as a cell of a table shows it."""
    safe = text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
    return safe.replace("\n", "<br>")
