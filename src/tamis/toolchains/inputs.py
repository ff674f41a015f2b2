"""The files a build depends on: named by their content for the cache, copied for a second build."""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tamis.errors import BadInput
from tamis.model.filter import Filter

__all__ = ["copy", "digest", "relocated", "walk"]

#: What builds and tests make, and what no compiler reads.
_SKIPPED = frozenset(("build", "target", "node_modules", "fixtures", "__pycache__"))
#: Dot folders that compilers do read.
_KEPT = frozenset((".cargo",))
_NOT_READ = frozenset(("build.lock.json", ".DS_Store"))


def digest(folders: Sequence[Path]) -> str:
    """SHA-256 over names and contents below `folders`, wherever they lie. Raises BadInput."""
    total = hashlib.sha256()
    for number, folder in enumerate(folders):
        for name, path in walk(folder):
            total.update(f"{number}\0{name}\0".encode("utf-8", "surrogateescape"))
            total.update(_content(path))
    return total.hexdigest()


def walk(folder: Path) -> Iterator[tuple[str, Path]]:
    """(name with slashes, path) of each file below, in order of names; a file is its own only one.

    Links are followed, except into a folder they lie in: a loop holds nothing new.
    """
    if folder.is_file():
        yield folder.name, folder
        return
    yield from _below(folder, "", (_identity(folder),) if folder.exists() else ())


def _below(folder: Path, prefix: str, above: tuple[object, ...]) -> Iterator[tuple[str, Path]]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise BadInput(
            f"cannot read {folder}: {error.strerror}", advice="Make its files readable."
        ) from error
    for entry in entries:
        path = Path(entry.path)
        if path.is_dir():
            known = _identity(path)
            hidden = entry.name.startswith(".") and entry.name not in _KEPT
            if not hidden and entry.name not in _SKIPPED and known not in above:
                yield from _below(path, f"{prefix}{entry.name}/", (*above, known))
        elif entry.name not in _NOT_READ:
            yield f"{prefix}{entry.name}", path


def copy(source: Path, place: Path) -> dict[Path, Path]:
    """What `walk` finds in `source`, copied to `place`: each file, and where its copy is.

    A link that leads nowhere is copied as it is. Raises BadInput when a file cannot be copied.
    """
    copied: dict[Path, Path] = {}
    for name, path in walk(source):
        target = place / name if source.is_dir() else place
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            if path.is_symlink() and not path.exists():
                target.unlink(missing_ok=True)
                target.symlink_to(path.readlink())
            else:
                shutil.copyfile(path, target)
        except OSError as error:
            raise BadInput(
                f"cannot copy {path}: {error.strerror}", advice="Mend or remove that file."
            ) from error
        copied[path] = target
    return copied


def relocated(filter_: Filter, inputs: Sequence[Path], place: Path) -> Filter:
    """The same filter with its inputs copied below `place`, lying to each other as they did.

    Raises BadInput when they cannot be copied.
    """
    top = Path(os.path.commonpath([str(each) for each in inputs]))
    top = top if top.is_dir() else top.parent
    copied: dict[Path, Path] = {}
    for folder in inputs:
        copied |= copy(folder, place / folder.relative_to(top))
    return _moved(filter_, top, place, copied)


def _moved(filter_: Filter, top: Path, place: Path, copied: Mapping[Path, Path]) -> Filter:
    folder = place / filter_.folder.relative_to(top) if filter_.folder != top else place
    folder.mkdir(parents=True, exist_ok=True)
    sources = tuple(copied.get(each, each) for each in filter_.sources)
    return replace(filter_, folder=folder, sources=sources)


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _content(path: Path) -> bytes:
    """The content's digest; a link that leads nowhere is its text."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        if path.is_symlink():
            return hashlib.sha256(os.fsencode(path.readlink())).digest()
        raise BadInput(
            f"cannot read {path}: {error.strerror}", advice="Make the filter's files readable."
        ) from error
