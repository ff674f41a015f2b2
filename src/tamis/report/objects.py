"""What the JSON objects of all verbs have in common; schemas/output.json holds their shapes."""

from typing import Any

__all__ = ["Object", "problem"]

Object = dict[str, Any]


def problem(kind: str, message: str, advice: str, place: str | None) -> Object:
    """A reason why the verdict is no; `place`: file, line and column, as far as known."""
    return {"kind": kind, "message": message, "advice": advice, "place": place}
