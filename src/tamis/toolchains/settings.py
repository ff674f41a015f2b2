"""What the [cpp] and [c] tables say that every kind of build reads alike."""

from collections.abc import Mapping, Sequence

from tamis.model.filter import Filter
from tamis.toolchains.toolchain import texts

__all__ = ["macros"]


def macros(filter_: Filter) -> Sequence[str]:
    """`defines` as flags: a list, or a table of values. Raises BadInput."""
    defines = filter_.settings.get("defines", {})
    if not isinstance(defines, Mapping):
        return [f"-D{each}" for each in texts(filter_, "defines")]
    return [
        f"-D{name}" if value is True else f"-D{name}={value}"
        for name, value in sorted(defines.items())
    ]
