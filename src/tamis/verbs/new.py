"""`tamis new`: a filter that builds, with fixtures and a schema, in a folder of its own."""

from pathlib import Path

from tamis.model.scaffold import Created, Offered
from tamis.scaffold import KIND, check_name, choose, files, put
from tamis.scaffold import offered as found

__all__ = ["new", "offered"]


def new(folder: Path, *, language: str, kind: str = KIND) -> Created:
    """Write a filter named like `folder`, which may be there if it is empty.

    All files or none. Raises BadInput: a name that a package manager would refuse, a folder with
    something in it, a kind or language that is not offered.
    """
    place = folder if folder.name not in ("", "..") else folder.resolve()
    check_name(place.name)
    chosen = choose(language, kind)
    written = files(place.name, chosen, kind)
    put(place, written)
    return Created(place.name, place.absolute(), chosen, kind, tuple(written))


def offered() -> tuple[Offered, ...]:
    """What can be written: kinds, each with its languages."""
    return found()
