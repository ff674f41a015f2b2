"""Paths of the building machine that a compiler left inside a module."""

import re

__all__ = ["machine_paths"]

_HOME = re.compile(
    rb"(?:/(?:home|Users|root|builds|workspace|github/workspace)/|[A-Z]:\\Users\\)"
    rb"[\x21-\x7e]{2,200}"
)
_LIMIT = 8


def machine_paths(data: bytes) -> tuple[str, ...]:
    """Distinct absolute paths below a home or build folder; at most 8, in order."""
    found: dict[str, None] = {}
    for match in _HOME.finditer(data):
        found[match.group().decode("ascii")] = None
        if len(found) == _LIMIT:
            break
    return tuple(found)
