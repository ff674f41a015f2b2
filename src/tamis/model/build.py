"""What a build is told and what it tells: settings behind the compiler, steps, fingerprints."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["BuildSettings", "Fingerprint", "Lock", "Step"]


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """The table [build] of tamis.toml: what happens to a module behind its compiler.

    `optimize`: "none", or "wasm-opt@VERSION", exactly that version. `strip` takes away names and
    debug information. `exports`: the callbacks that stay exported; empty: all of them.
    """

    optimize: str = "none"
    strip: bool = True
    exports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What decides the bytes of a build besides sources and settings.

    `toolchain` ("zig 0.17.1") and `sdk` ("proxy-wasm 0.2.5") are for people and travel with the
    module; `detail` is anything more that changes whenever the bytes may change.
    """

    toolchain: str
    sdk: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a build, or one thing done to its module.

    `seconds` of wall time; `size`: bytes of the module after it, None where there is none yet;
    `folder`: where the command ran; `output`: warnings.
    """

    what: str
    command: tuple[str, ...] = ()
    seconds: float = 0.0
    size: int | None = None
    folder: Path | None = None
    output: str = ""


@dataclass(frozen=True, slots=True)
class Lock:
    """`build.lock.json`: what made the module, and which bytes it made."""

    toolchain: str
    sdk: str
    optimize: str
    digest: str
    size: int
