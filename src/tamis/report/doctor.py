"""What `doctor` tells: at a terminal, and as JSON objects (schemas/output.json)."""

from collections.abc import Sequence

from tamis.model.diagnosis import Diagnosis
from tamis.report.objects import Object
from tamis.report.terminal import Lines, line, together

__all__ = ["diagnosed", "diagnosis_object"]


def diagnosed(values: Sequence[Diagnosis]) -> Lines:
    """One line a thing, with the command that gets what is missing."""
    parts = []
    for one in values:
        if one.found is not None:
            parts.append(line(("  ok       ", "green"), f"{one.name:24} {one.found}"))
        else:
            style = "bold red" if one.required else "yellow"
            parts.append(line(("  missing  ", style), f"{one.name:24} needed by {one.needed_by}"))
            parts.append(line((f"{'':36}{one.advice}", "dim")))
    return together(*parts)


def diagnosis_object(value: Diagnosis) -> Object:
    """One line of the doctor's."""
    return {
        "name": value.name,
        "found": value.found,
        "required": value.required,
        "needed_by": value.needed_by,
        "advice": value.advice or None,
    }
