"""What a rule looks at, and how it says what it finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tamis.errors import Place
from tamis.model.artifact import Metadata
from tamis.model.filter import Filter
from tamis.model.finding import Finding, Severity
from tamis.profiles import Profile
from tamis.wasm import FunctionType, ModuleInfo

__all__ = ["Loads", "Rule", "Subject", "error", "note", "signature", "warning"]

#: Loads the module as the given target would; None, or the host's own reason to refuse it.
Loads = Callable[[Profile], str | None]

_TYPES = {"i": "i32", "I": "i64"}


@dataclass(frozen=True, slots=True)
class Subject:
    """A module on its way to one target. `filter`: its source, where that is at hand."""

    module: ModuleInfo
    metadata: Metadata
    target: Profile
    filter: Filter | None = None

    @property
    def place(self) -> Place | None:
        """The tamis.toml, for findings about what it says."""
        return Place(self.filter.manifest) if self.filter else None


Rule = Callable[[Subject], Iterator[Finding]]


def signature(params: str, results: str) -> FunctionType:
    """A type of the ABI table (`"iI"`, `"i"`)."""
    return FunctionType(
        tuple(_TYPES[letter] for letter in params), tuple(_TYPES[letter] for letter in results)
    )


def error(rule: str, message: str, advice: str, place: Place | None = None) -> Finding:
    """The target refuses the module, or breaks with it."""
    return _finding("error", rule, message, advice, place)


def warning(rule: str, message: str, advice: str, place: Place | None = None) -> Finding:
    """It loads, and hardly does what its author meant."""
    return _finding("warning", rule, message, advice, place)


def note(rule: str, message: str, advice: str, place: Place | None = None) -> Finding:
    """It would be better otherwise."""
    return _finding("note", rule, message, advice, place)


def _finding(
    severity: Severity, rule: str, message: str, advice: str, place: Place | None
) -> Finding:
    return Finding(rule, severity, message, advice, place)
