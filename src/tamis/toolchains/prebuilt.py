"""A module that somebody else compiled: taken as it is."""

from dataclasses import dataclass
from pathlib import Path

from tamis.errors import BadInput, Place
from tamis.model.build import Fingerprint
from tamis.model.filter import Filter
from tamis.toolchains.toolchain import Compiled, Found
from tamis.toolchains.workshop import Workshop

__all__ = ["Prebuilt"]

_MAGIC = b"\0asm"


@dataclass(frozen=True, slots=True)
class Prebuilt:
    """`sources` names the one .wasm file."""

    def find(self, shop: Workshop) -> Found:  # noqa: ARG002
        """Nothing is needed."""
        return Found("prebuilt", Path())

    def inputs(self, filter_: Filter) -> tuple[Path, ...]:
        """The module may be large, and it is the only thing that counts."""
        return filter_.sources

    def fingerprint(self, filter_: Filter, shop: Workshop) -> Fingerprint:  # noqa: ARG002
        """The bytes are the user's own."""
        return Fingerprint("prebuilt")

    def build(self, filter_: Filter, shop: Workshop) -> Compiled:  # noqa: ARG002
        """Read the module. Raises BadInput when it is not there or is no WebAssembly."""
        at = Place(filter_.manifest)
        if len(filter_.sources) != 1:
            raise BadInput(
                f"{filter_.name} is prebuilt and names {len(filter_.sources)} sources",
                advice='Name the one module: sources = ["filter.wasm"]',
                at=at,
            )
        path = filter_.sources[0]
        try:
            wasm = path.read_bytes()
        except OSError as broken:
            raise BadInput(
                f"cannot read the module {path}: {broken.strerror}",
                advice="Build it first, or correct `sources` in tamis.toml.",
                at=at,
            ) from broken
        if not wasm.startswith(_MAGIC):
            raise BadInput(
                f"{path} is not a WebAssembly module",
                advice="`sources` of a prebuilt filter names the compiled .wasm file.",
                at=at,
            )
        return Compiled(wasm)
