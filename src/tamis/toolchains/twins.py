"""Which languages have native twins: their filters compiled for this machine, as a shared library.

A twin exports the callbacks and leaves the host functions undefined: the one comparison of
WebAssembly and native code that is like for like.
"""

import sys
from collections.abc import Mapping
from typing import Protocol

from tamis.errors import BadInput, Missing
from tamis.model.build import Fingerprint
from tamis.model.choices import Language
from tamis.model.filter import Filter
from tamis.toolchains import cpp_twin, rust_twin
from tamis.toolchains.toolchain import Compiled
from tamis.toolchains.workshop import Workshop

__all__ = ["Twins", "no_twin", "twins_of"]

_MAKERS: "Mapping[Language, Twins]" = {"cpp": cpp_twin, "rust": rust_twin}
_WITHOUT: dict[Language, str] = {
    "go": "Go imports host functions into WebAssembly alone (go:wasmimport)",
    "tinygo": "TinyGo imports host functions into WebAssembly alone",
    "assemblyscript": "AssemblyScript compiles to WebAssembly alone",
    "c": "the SDK for C is written for WebAssembly",
    "zig": "the SDK for Zig is written for WebAssembly",
    "prebuilt": "its source is not here",
}


class Twins(Protocol):
    """What makes the twins of one language."""

    def fingerprint(self, filter_: Filter, shop: Workshop) -> Fingerprint:
        """As `Toolchain.fingerprint`, of this machine."""
        ...

    def build(self, filter_: Filter, shop: Workshop) -> Compiled:
        """As `Toolchain.build`; the bytes are of a shared library."""
        ...


def no_twin(language: Language) -> str:
    """Why filters in a language have no native twins; "" where they have."""
    return _WITHOUT.get(language, "")


def twins_of(filter_: Filter) -> Twins:
    """Raises BadInput where a language has no native twins, Missing where there is no Linux."""
    if why := no_twin(filter_.language):
        raise BadInput(
            f"{filter_.name} has no native twin: {why}",
            advice="C++ and Rust have; compare others with built-in filters, or with Lua.",
        )
    if sys.platform != "linux":
        raise Missing(
            f"native twins run on Linux, not on {sys.platform}", advice="Build in a container."
        )
    return _MAKERS[filter_.language]
