"""Packages that load what a name needs when it is asked for: who takes one pays for that one."""

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence

__all__ = ["names_of"]


def names_of(package: str, files: Mapping[str, Sequence[str]]) -> Callable[[str], object]:
    """The `__getattr__` of `package`. `files`: names, by the module below the package that has
    them.
    """

    def find(name: str) -> object:
        for file, names in files.items():
            if name in names:
                found = getattr(importlib.import_module(f"{package}.{file}"), name)
                setattr(sys.modules[package], name, found)  # asked for once only
                return found
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return find
