"""Paths of the building machine that a compiler left inside a module."""

import heapq
import re
from collections.abc import Iterator

__all__ = ["machine_paths"]

#: Each begins with bytes that are looked for without trying every place: modules are large.
_HOME = re.compile(rb"/(?:home|Users|root|builds|workspace|github/workspace)/[\x21-\x7e]{2,200}")
_WINDOWS = re.compile(rb":\\Users\\[\x21-\x7e]{2,200}")
_DRIVES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_LIMIT = 8


def machine_paths(data: bytes) -> tuple[str, ...]:
    """Distinct absolute paths below a home or build folder; at most 8, in order."""
    found: dict[str, None] = {}
    for start, end in heapq.merge(_places(data), _drives(data)):
        found[data[start:end].decode("ascii")] = None
        if len(found) == _LIMIT:
            break
    return tuple(found)


def _places(data: bytes) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _HOME.finditer(data))


def _drives(data: bytes) -> Iterator[tuple[int, int]]:
    for match in _WINDOWS.finditer(data):
        start, end = match.span()
        if start and data[start - 1] in _DRIVES:
            yield start - 1, end
