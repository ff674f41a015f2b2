"""The filters below a folder."""

import os
from pathlib import Path

from tamis.errors import BadInput
from tamis.model.filter import Filter
from tamis.project.read import NAME, read

__all__ = ["find"]

#: Folders no filter lives in, and dot folders besides.
_SKIPPED = frozenset(("build", "node_modules", "target", "vendor", "__pycache__"))


def find(path: Path) -> tuple[Filter, ...]:
    """The filter of a folder with a tamis.toml, else those of all folders below, sorted by path.

    Raises BadInput when there is none, or when one cannot be read.
    """
    if path.name == NAME and path.is_file():
        path = path.parent
    if not path.is_dir():
        raise BadInput(
            f"there is no folder {path}", advice="Name a folder that holds a tamis.toml."
        )
    if (path / NAME).is_file():
        return (read(path),)
    below = _below(path)
    if not below:
        raise BadInput(
            f"no tamis.toml in {path} or below it",
            advice="Name a filter's folder, or write a tamis.toml beside its source.",
        )
    return tuple(read(folder) for folder in below)


def _below(path: Path) -> list[Path]:
    found = []
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(f for f in folders if f not in _SKIPPED and not f.startswith("."))
        if NAME in files:
            found.append(Path(folder))
    return sorted(found)
