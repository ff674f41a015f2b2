"""What `check` tells: at a terminal, and as JSON objects (schemas/output.json)."""

from collections.abc import Iterable, Sequence

from tamis.model.checked import Checked
from tamis.model.finding import Finding
from tamis.report.objects import Object, problem
from tamis.report.terminal import Lines, line, plural, together

__all__ = [
    "checked",
    "checked_object",
    "finding_object",
    "finding_problems",
    "finding_totals",
    "findings",
]

_STYLE = {"error": "bold red", "warning": "yellow", "note": "cyan"}


def checked(value: Checked) -> Lines:
    """Findings, then a line of totals."""
    for_targets = f" for {', '.join(value.targets)}"
    verdict = ("ok ", "green") if value.ok else ("no ", "bold red")
    total = line(verdict, (value.name, "bold"), f"{for_targets}: {finding_totals(value.findings)}")
    return together(findings(value.findings), total) if value.findings else total


def findings(items: Sequence[Finding]) -> Lines:
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
    return together(*lines)


def finding_totals(findings: Sequence[Finding]) -> str:
    """`1 error, 2 notes`, or `no findings`."""
    totals = [
        plural(sum(f.severity == severity for f in findings), severity)
        for severity in ("error", "warning", "note")
        if any(f.severity == severity for f in findings)
    ]
    return ", ".join(totals) or "no findings"


def checked_object(value: Checked) -> Object:
    """The findings of one module."""
    return {
        "name": value.name,
        "digest": value.digest or None,
        "ok": value.ok,
        "targets": list(value.targets),
        "findings": [finding_object(one) for one in value.findings],
    }


def finding_object(value: Finding) -> Object:
    """A conformance finding."""
    return {
        "id": value.id,
        "severity": value.severity,
        "message": value.message,
        "advice": value.advice,
        "place": str(value.place) if value.place else None,
        "target": value.target,
    }


def finding_problems(findings: Iterable[Finding]) -> list[Object]:
    """Errors among the findings, as problems."""
    return [
        problem("finding", f"{one.id}: {one.message}", one.advice, str(one.place or "") or None)
        for one in findings
        if one.severity == "error"
    ]
