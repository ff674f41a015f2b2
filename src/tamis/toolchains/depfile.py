"""What a compiler says it read: Makefile rules, as clang and rustc write them."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

__all__ = ["outside", "read_files"]

#: A name may hold spaces and backslashes, escaped by backslashes; a rule goes on behind one.
_NAME = re.compile(r"(?:\\.|[^\s\\])+")


def read_files(rules: str) -> list[str]:
    """The prerequisites of all rules, in order, each once."""
    found: dict[str, None] = {}
    for line in rules.replace("\\\n", " ").splitlines():
        _, colon, names = line.partition(": ")
        if colon:
            for name in _NAME.findall(names):
                found[re.sub(r"\\(.)", r"\1", name)] = None
    return list(found)


def outside(depfiles: Iterable[Path], cwd: Path, known: Sequence[Path]) -> tuple[Path, ...]:
    """Files that were read and lie in none of the folders `known`. Names are relative to `cwd`."""
    found: dict[Path, None] = {}
    for depfile in depfiles:
        try:
            rules = depfile.read_text("utf-8", errors="surrogateescape")
        except OSError:
            return (depfile,)  # nobody knows what was read
        for name in read_files(rules):
            path = (cwd / name).resolve()
            if not any(path.is_relative_to(folder.resolve()) for folder in known):
                found[path] = None
    return tuple(found)
