"""Packages that load what a name needs when it is asked for: who takes one pays for that one."""

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence

__all__ = ["names_of"]


def names_of(
    package: str, files: Mapping[str, Sequence[str]], rest: str = ""
) -> Callable[[str], object]:
    """The `__getattr__` of `package`. `files`: names, by the module below the package that has
    them; `rest`: the module that has all others of the package's `__all__`.
    """

    def find(name: str) -> object:
        whole = sys.modules[package]
        other = rest if name in whole.__all__ else ""
        file = next((file for file, names in files.items() if name in names), other)
        if not file:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(importlib.import_module(f"{package}.{file}"), name)
        setattr(whole, name, found)  # asked for once only
        return found

    return find
