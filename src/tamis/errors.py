"""Every error tamis raises, its exit code, and what the user can do about it.

Exit codes are API (0 is success, see `EXIT_CODES`):

== ==================================================================
1  the verdict is no: a test, rule, budget or verification failed
2  usage or bad input
3  something is missing or unreachable
4  tamis' own fault
== ==================================================================

A guest's trap is not an error but a verdict, hence a value (`model.outcome.Trap`).
"""

from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "EXIT_CODES",
    "BadInput",
    "Fault",
    "Missing",
    "Place",
    "Rejected",
    "TamisError",
    "Unreachable",
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file: `line` and `column` count from 1; None when unknown."""

    file: Path
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        parts = [str(self.file), *(str(n) for n in (self.line, self.column) if n is not None)]
        return ":".join(parts)


class TamisError(Exception):
    """What went wrong in one line, what to do in another, and where, if there is a where."""

    exit_code = 4
    #: The word for this kind of error in `--json` output.
    kind = "fault"

    def __init__(self, what: str, *, advice: str, at: Place | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.at = at
        self._advice = advice

    def advice(self) -> str:
        """One line that says what to do next."""
        return self._advice

    def __str__(self) -> str:
        return f"{self.at}: {self.what}" if self.at else self.what


class Rejected(TamisError):
    """The verdict is no; the tool itself worked."""

    exit_code = 1
    kind = "rejected"


class BadInput(TamisError):
    """The user's input (arguments, files, references) cannot be used as it is."""

    exit_code = 2
    kind = "bad-input"


class Missing(TamisError):
    """A tool, an extra or a file this verb needs is not installed."""

    exit_code = 3
    kind = "missing"


class Unreachable(TamisError):
    """A server (registry, proxy) does not answer or does not let us in."""

    exit_code = 3
    kind = "unreachable"


class Fault(TamisError):
    """tamis broke a promise of its own; the report says how to file it."""

    exit_code = 4
    kind = "fault"


#: Exit code of each error class; 0 is success. A table test holds it.
EXIT_CODES: dict[type[TamisError], int] = {
    Rejected: 1,
    BadInput: 2,
    Missing: 3,
    Unreachable: 3,
    Fault: 4,
}
