"""A Markdown summary: a line of totals, and a table of what is not good."""

from collections.abc import Sequence

from tamis.report.cases import Case

__all__ = ["cell", "markdown"]


def markdown(title: str, cases: Sequence[Case]) -> str:
    """The document, ending with a newline."""
    verdicts = [case.verdict for case in cases]
    counts = {verdict: verdicts.count(verdict) for verdict in ("passed", "failed", "skipped")}
    lines = [
        f"### {title}",
        "",
        ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count) or "no cases",
    ]
    told = [case for case in cases if case.problems or case.warnings or case.skipped]
    if told:
        lines += ["", "| verdict | where | case | what |", "|---|---|---|---|"]
    for case in told:
        what = "; ".join([*case.problems, *case.warnings, *filter(None, [case.skipped])])
        cells = (case.verdict, case.suite, case.name, what)
        lines.append("| " + " | ".join(cell(text) for text in cells) + " |")
    return "\n".join(lines) + "\n"


def cell(text: str) -> str:
    """`text` as a cell of a table shows it."""
    safe = text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
    return safe.replace("\n", "<br>")
