"""Which files of this machine a container sees: each under its own path, inputs read-only.

Since paths are the same inside and outside, commands, maps of prefixes and depfiles are too.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Mount", "inputs", "outermost"]

#: As `inputs.walk` has it: what builds make and no compiler reads may be large.
_SKIPPED = frozenset(("build", "target", "node_modules", ".git"))


@dataclass(frozen=True, slots=True)
class Mount:
    """A file or folder, at the same path on both sides."""

    path: Path
    writable: bool = False

    def covers(self, path: Path) -> bool:
        """Whether `path` is visible by this mount."""
        return path.is_relative_to(self.path)


def inputs(folders: Iterable[Path]) -> tuple[Mount, ...]:
    """Read-only mounts of what is there of `folders`, and of what links in them lead to."""
    seen = outermost(folder for folder in folders if folder.exists())
    linked = [target for folder in seen for target in _targets(folder, seen)]
    return tuple(Mount(path) for path in outermost((*seen, *linked)))


def outermost(paths: Iterable[Path]) -> tuple[Path, ...]:
    """`paths` without those that lie in another of them."""
    kept: list[Path] = []
    for path in sorted(set(paths)):
        if not any(path.is_relative_to(one) for one in kept):
            kept.append(path)
    return tuple(kept)


def _targets(folder: Path, seen: Sequence[Path]) -> Iterator[Path]:
    """What links below `folder` lead to outside of `seen`; a link in there may lead on."""
    known: set[Path] = set()
    ahead = [folder]
    while ahead:
        for place, folders, files in os.walk(ahead.pop()):
            folders[:] = [name for name in folders if name not in _SKIPPED]
            for name in (*folders, *files):
                path = Path(place, name)
                if not path.is_symlink():
                    continue
                target = path.resolve()
                if target in known or not target.exists():
                    continue
                known.add(target)
                if not any(target.is_relative_to(one) for one in seen):
                    yield target
                    if target.is_dir():
                        ahead.append(target)
