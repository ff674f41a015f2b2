"""The verdict of a conformance rule on one place."""

from dataclasses import dataclass
from typing import Literal

from tamis.errors import Place

__all__ = ["Finding", "Severity"]

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`id` is stable API (`load/unknown-import`). `target`: the profile it holds for; None: all."""

    id: str
    severity: Severity
    message: str
    advice: str
    place: Place | None = None
    target: str | None = None
