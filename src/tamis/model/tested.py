"""What `test` returns: runs of fixtures in hosts, and where these disagree."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tamis.model.exchange import Fixture
from tamis.model.outcome import Difference, NotComparable, Run

__all__ = ["Skipped", "Tested"]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A part of one fixture that one host cannot show."""

    fixture: str
    host: str
    what: NotComparable


@dataclass(frozen=True, slots=True)
class Tested:
    """The runs of all fixtures in all hosts, and where two hosts disagree.

    `digest` is the module's, `sha256:...`. `images`: by host, the container image that its Envoy
    was taken from, where it was.
    """

    name: str
    digest: str
    fixtures: tuple[Fixture, ...]
    runs: tuple[Run, ...]
    differences: tuple[Difference, ...]
    written: tuple[Path, ...] = ()
    images: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """No expectation missed, no difference."""
        return not self.differences and all(run.ok for run in self.runs)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that ran, with their versions."""
        return tuple(dict.fromkeys(run.host for run in self.runs))

    @property
    def partly(self) -> tuple[str, ...]:
        """Names of the fixtures of which something, or all, was left out in some host."""
        return tuple(dict.fromkeys(run.fixture for run in self.runs if run.skipped))

    @property
    def not_comparable(self) -> tuple[Skipped, ...]:
        """Everything that was left out, and why."""
        return tuple(
            Skipped(run.fixture, run.host, what) for run in self.runs for what in run.skipped
        )
