"""What `doctor` returns: one thing that tamis uses, here or missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Diagnosis"]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing tamis uses. `found` None: missing, and `advice` says how to get it.

    `needed_by` names the verbs that cannot do without; `required`: every verb needs it.
    """

    name: str
    found: str | None
    needed_by: str
    advice: str = ""
    required: bool = False
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """It is here, or it is an extra."""
        return self.found is not None or not self.required
