"""Files into a folder, all of them or none; nothing that is there is ever replaced."""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tamis.errors import BadInput

__all__ = ["add", "put"]

#: What a folder may hold and still count as empty: a repository without a first commit.
_MAY_HOLD = {".git"}


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make `folder` with `files`; it may be there, but empty.

    They are written beside their place and moved there in the end, so that nobody ever meets half
    of it, and an interruption leaves nothing. Raises BadInput.
    """
    folder = folder.absolute()
    _check_free(folder)
    with _telling(folder):
        if folder.is_dir():
            with _scratch(folder) as scratch:
                _write(scratch / "new", files)
                _move_in(scratch / "new", folder)
            return
        first = folder  # the topmost folder that is not there
        while not first.parent.exists():
            first = first.parent
        with _scratch(first.parent) as scratch:
            _write(scratch / folder.relative_to(first.parent), files)
            (scratch / first.name).rename(first)


def add(folder: Path, files: Mapping[str, bytes]) -> None:
    """Add `files` to a folder that has others. Raises BadInput if one of them is there."""
    for name in files:
        if (folder / name).exists() or (folder / name).is_symlink():
            raise BadInput(
                f"there is a {folder / name} already", advice="Move it away, or go on with it."
            )
    made: list[Path] = []
    with _telling(folder), _undone(made):
        for name, content in files.items():
            path = folder / name
            if not path.parent.exists():
                path.parent.mkdir()
                made.append(path.parent)
            with path.open("xb") as file:
                made.append(path)
                file.write(content)


def _check_free(folder: Path) -> None:
    if folder.is_dir():
        with _telling(folder):
            inside = {path.name for path in folder.iterdir()} - _MAY_HOLD
        if inside:
            raise BadInput(
                f"{folder.name} is there already, and not empty",
                advice="Take another name, or run tamis init inside to adopt what is there.",
            )
    elif folder.exists() or folder.is_symlink():
        raise BadInput(f"{folder.name} is there already", advice="Take another name.")


@contextlib.contextmanager
def _telling(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadInput(
            f"cannot write {folder}: {error.strerror or error}",
            advice="Name a folder that you may write to.",
        ) from error


@contextlib.contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=".tamis-new-", dir=folder) as name:
        yield Path(name)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """With the modes that the user's umask gives."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _move_in(source: Path, folder: Path) -> None:
    """What `source` holds into `folder`: a shell that stands in it keeps its ground."""
    moved: list[Path] = []
    try:
        for path in sorted(source.iterdir()):
            moved.append(path)
            path.rename(folder / path.name)
    except BaseException:
        for path in moved:
            with contextlib.suppress(OSError):
                (folder / path.name).rename(path)
        raise


@contextlib.contextmanager
def _undone(made: list[Path]) -> Iterator[None]:
    """Whatever stops the work takes back what was made."""
    try:
        yield
    except BaseException:
        for path in reversed(made):
            with contextlib.suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink()
        raise
