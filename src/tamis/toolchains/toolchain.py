"""What every toolchain offers: find itself, build a filter, name itself exactly."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tamis.model.filter import Filter

__all__ = ["BuiltModule", "Found", "Toolchain"]


@dataclass(frozen=True, slots=True)
class Found:
    """An installed toolchain: its own version text, and the program that is run."""

    version: str
    path: Path


@dataclass(frozen=True, slots=True)
class BuiltModule:
    """What a build made. `commands` as run, `seconds` of wall time, `output` the warnings."""

    wasm: bytes
    commands: tuple[tuple[str, ...], ...] = ()
    seconds: float = 0.0
    output: str = ""


class Toolchain(Protocol):
    """Compiles filters of one language. Holds no state: builds may run side by side."""

    def find(self) -> Found:
        """The installed toolchain. Raises Missing with the one command that gets it."""
        ...

    def build(self, filter_: Filter) -> BuiltModule:
        """Compile. The same sources give the same bytes, wherever they lie.

        Raises Rejected with the compiler's own words when the source does not compile, Missing when
        the toolchain is absent, BadInput when tamis.toml names files or settings that do not fit.
        """
        ...

    def fingerprint(self) -> str:
        """One line that changes whenever the bytes of a build may change."""
        ...
