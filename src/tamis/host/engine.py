"""wasmtime's shared library and the engines made with it.

The library comes from the `wasmtime` wheel, which exports the whole C API; nothing is linked.
"""

import importlib.metadata
import importlib.util
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tamis import _core
from tamis.errors import Missing

__all__ = [
    "NEWEST",
    "SUPPORTED",
    "engine",
    "find_library",
    "label",
    "open_library",
    "wasmtime_version",
]

#: The Envoy the core behaves as, unless told otherwise: the newest that profiles/envoy.toml has.
NEWEST = "1.40"
#: Versions of wasmtime the core works with; lower bound in, upper bound out.
SUPPORTED = (48, 52)
_ADVICE = f"Run pip install 'wasmtime>={SUPPORTED[0]},<{SUPPORTED[1]}'."
_DETAILS = "WASMTIME_BACKTRACE_DETAILS"
_NAMES = {"linux": "_libwasmtime.so", "darwin": "_libwasmtime.dylib"}
_MACHINES = {"AMD64": "x86_64", "arm64": "aarch64", "ARM64": "aarch64"}

#: Every shared engine. The clock of one that a forked process inherits has no thread there: it must
#: be neither used (loading.py sees to that) nor freed, which would wait for the thread.
_kept: list[_core.Engine] = []


@cache
def wasmtime_version() -> str:
    """Of the installed wheel. Raises Missing when there is none."""
    try:
        return importlib.metadata.version("wasmtime")
    except importlib.metadata.PackageNotFoundError:
        raise Missing("wasmtime is not installed", advice=_ADVICE) from None


def label(envoy: str = NEWEST, *, native: bool = False) -> str:
    """How this host is called in reports: `wasmtime 50.0.1`, or `wasmtime 50.0.1 as envoy 1.38`;
    `native` where it runs native twins.
    """
    name = "native" if native else f"wasmtime {wasmtime_version()}"
    return name if envoy == NEWEST else f"{name} as envoy {envoy}"


def find_library() -> Path:
    """The shared library inside the wheel. Raises Missing."""
    spec = importlib.util.find_spec("wasmtime")
    folders = spec.submodule_search_locations if spec else None
    machine = _MACHINES.get(platform.machine(), platform.machine())
    for folder in folders or ():
        path = Path(folder) / f"{sys.platform}-{machine}" / _NAMES.get(sys.platform, "")
        if path.is_file():
            return path
    raise Missing(f"wasmtime has no library for {sys.platform} on {machine}", advice=_ADVICE)


def open_library(path: Path, version: str) -> _core.Library:
    """Load the library and try it out. Raises Missing when `version` is not one we can work with,
    or when a symbol or a structure is not as expected.
    """
    library = _load(path, version)
    _make(library, version, fuel=True, stack=1 << 19)
    return library


@cache
def engine(*, fuel: bool, stack: int) -> _core.Engine:
    """The compiler for one configuration; engines are shared, they cost memory and a thread.

    Raises what `open_library` raises.
    """
    made = _make(_library(), wasmtime_version(), fuel=fuel, stack=stack)
    _kept.append(made)
    return made


@cache
def _library() -> _core.Library:
    return _load(find_library(), wasmtime_version())


def _load(path: Path, version: str) -> _core.Library:
    low, high = SUPPORTED
    if not low <= _major(version) < high:
        raise Missing(_unusable(version), advice=_ADVICE)
    try:
        return _core.Library(str(path))
    except RuntimeError as error:
        raise Missing(f"{_unusable(version)}: {error}", advice=_ADVICE) from error


def _make(library: _core.Library, version: str, *, fuel: bool, stack: int) -> _core.Engine:
    try:
        with _backtraces():
            return _core.Engine(library, fuel=fuel, stack=stack)
    except RuntimeError as error:
        raise Missing(f"{_unusable(version)}: {error}", advice=_ADVICE) from error


def _unusable(version: str) -> str:
    low, high = SUPPORTED
    return f"wasmtime {version} cannot be used (supported: >={low},<{high})"


@contextmanager
def _backtraces() -> Iterator[None]:
    """Engines made meanwhile read DWARF when a guest traps: wasmtime takes that from its
    environment alone.
    """
    before = os.environ.get(_DETAILS)
    os.environ[_DETAILS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_DETAILS]
        else:
            os.environ[_DETAILS] = before


def _major(version: str) -> int:
    head = version.partition(".")[0]
    return int(head) if head.isdecimal() else 0
