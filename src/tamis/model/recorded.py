"""What `record` works on and returns: captures, what was left out, what was written."""

from dataclasses import dataclass
from pathlib import Path

from tamis.errors import Place
from tamis.model.exchange import Fixture

__all__ = ["Capture", "Recorded", "Skipped"]


@dataclass(frozen=True, slots=True)
class Capture:
    """Traffic that can become a fixture. `fixture.name` is "" where traffic has none of its own.

    `answered`: the answer is the upstream's; else it is the default one. `notes`: in what the
    fixture differs from the traffic, for those who read it. `cut`: a body is not whole.
    """

    fixture: Fixture
    at: Place | None = None
    answered: bool = True
    notes: tuple[str, ...] = ()
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """What no fixture was made of, and why; `count` times."""

    what: str
    advice: str = ""
    at: Place | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class Recorded:
    """What `record` wrote: `fixtures` in `files`, in order (one file, where it is JSON lines).

    `known`: how many of them were there already, the same to the byte. `redacted`: what kind of
    value was replaced by a mark, and how often. `unsearched`: fixtures with a body that was not
    searched for secrets. `cut`: fixtures with a body that is not whole. `unfinished`: exchanges
    that were under way at the end.
    """

    files: tuple[Path, ...]
    fixtures: int
    skipped: tuple[Skipped, ...] = ()
    redacted: tuple[tuple[str, int], ...] = ()
    known: int = 0
    unsearched: int = 0
    cut: int = 0
    unfinished: int = 0
