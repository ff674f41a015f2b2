"""What `new` and `init` return: kinds of filters, and the files that were written."""

from dataclasses import dataclass
from pathlib import Path

from tamis.model.choices import Language

__all__ = ["Adopted", "Created", "Offered"]


@dataclass(frozen=True, slots=True)
class Offered:
    """A kind of filter that `new` writes: what it does, and in which languages."""

    kind: str
    what: str
    languages: tuple[Language, ...]


@dataclass(frozen=True, slots=True)
class Created:
    """A filter that `new` wrote; `files` are relative to `folder`."""

    name: str
    folder: Path
    language: Language
    kind: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Adopted:
    """A project that `init` made a filter of. `evidence`: the file that told what it is; `notes`:
    what people have to look at.
    """

    name: str
    folder: Path
    language: Language
    evidence: str
    files: tuple[str, ...]
    notes: tuple[str, ...]
