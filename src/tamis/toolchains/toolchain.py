"""What every toolchain offers: find itself, name itself exactly, build a filter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tamis.errors import BadInput, Place
from tamis.model.build import Fingerprint
from tamis.model.filter import Filter
from tamis.toolchains.workshop import Workshop

__all__ = ["LIFE_CYCLE", "Compiled", "Found", "Toolchain", "flag", "text", "texts"]

#: Without these no plugin lives: they stay exported whatever `[build] exports` names.
LIFE_CYCLE = (
    "proxy_on_memory_allocate",
    "proxy_on_context_create",
    "proxy_on_vm_start",
    "proxy_on_configure",
    "proxy_on_delete",
)


@dataclass(frozen=True, slots=True)
class Found:
    """A toolchain that is there: its own version text, and the program that is run.

    `more`: other programs and folders the toolchain needs, by its own names.
    """

    version: str
    path: Path
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Compiled:
    """The module as its compiler left it.

    `outside`: files that were read and lie outside `Toolchain.inputs`: since no key covers them,
    such a build is not cached.
    """

    wasm: bytes
    outside: tuple[Path, ...] = ()


class Toolchain(Protocol):
    """Compiles filters of one language. Holds no state: builds may run side by side."""

    def find(self, shop: Workshop) -> Found:
        """The toolchain in that workshop. Raises Missing with the one command that gets it."""
        ...

    def inputs(self, filter_: Filter) -> tuple[Path, ...]:
        """The folders whose files decide the bytes; the filter's own is the first.

        Raises BadInput when what the language needs is not there (Cargo.toml, go.mod, ...).
        """
        ...

    def fingerprint(self, filter_: Filter, shop: Workshop) -> Fingerprint:
        """Changes whenever the bytes of a build may change. Raises what `find` raises."""
        ...

    def build(self, filter_: Filter, shop: Workshop) -> Compiled:
        """Compile. The same sources give the same bytes, wherever they lie.

        Raises Rejected with the compiler's own words when the source does not compile, Missing when
        the toolchain is absent, BadInput when tamis.toml names files or settings that do not fit.
        """
        ...


def texts(filter_: Filter, key: str) -> Sequence[str]:
    """A list of strings from the language's table; the schema has seen to its type.

    Filters made in Python come here too, so it is looked at again. Raises BadInput.
    """
    found = filter_.settings.get(key, [])
    if isinstance(found, (list, tuple)) and all(isinstance(each, str) for each in found):
        return found
    raise _unfit(filter_, key, "a list of strings", f'{key} = ["..."]')


def text(filter_: Filter, key: str, default: str) -> str:
    """A string from the language's table. Raises BadInput."""
    found = filter_.settings.get(key, default)
    if isinstance(found, str):
        return found
    raise _unfit(filter_, key, "a string", f'{key} = "..."')


def flag(filter_: Filter, key: str, *, default: bool) -> bool:
    """A boolean from the language's table. Raises BadInput."""
    found = filter_.settings.get(key, default)
    if isinstance(found, bool):
        return found
    raise _unfit(filter_, key, "true or false", f"{key} = true")


def _unfit(filter_: Filter, key: str, wanted: str, example: str) -> BadInput:
    return BadInput(
        f"[{filter_.language}] {key}: expected {wanted}",
        advice=f"For example: {example}",
        at=Place(filter_.manifest),
    )
