"""wasmtime's shared library and the engines made with it.

The library comes from the `wasmtime` wheel, which exports the whole C API; nothing is linked.
"""

import importlib.metadata
import importlib.util
import platform
import sys
from functools import cache
from pathlib import Path

from tamis import _core
from tamis.errors import Missing

__all__ = ["SUPPORTED", "engine", "find_library", "label", "open_library", "wasmtime_version"]

#: Versions of wasmtime the core works with; lower bound in, upper bound out.
SUPPORTED = (48, 52)
_ADVICE = f"Run pip install 'wasmtime>={SUPPORTED[0]},<{SUPPORTED[1]}'."
_NAMES = {"linux": "_libwasmtime.so", "darwin": "_libwasmtime.dylib"}
_MACHINES = {"AMD64": "x86_64", "arm64": "aarch64", "ARM64": "aarch64"}


@cache
def wasmtime_version() -> str:
    """Of the installed wheel. Raises Missing when there is none."""
    try:
        return importlib.metadata.version("wasmtime")
    except importlib.metadata.PackageNotFoundError:
        raise Missing("wasmtime is not installed", advice=_ADVICE) from None


def label() -> str:
    """How this host is called in reports: `wasmtime 50.0.1`."""
    return f"wasmtime {wasmtime_version()}"


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
    low, high = SUPPORTED
    found = f"wasmtime {version} cannot be used (supported: >={low},<{high})"
    if not low <= _major(version) < high:
        raise Missing(found, advice=_ADVICE)
    try:
        library = _core.Library(str(path))
        _core.Engine(library, fuel=True, stack=1 << 19)
    except RuntimeError as error:
        raise Missing(f"{found}: {error}", advice=_ADVICE) from error
    return library


@cache
def engine(*, fuel: bool, stack: int) -> _core.Engine:
    """The compiler for one configuration; engines are shared, they cost memory and a thread."""
    return _core.Engine(_library(), fuel=fuel, stack=stack)


@cache
def _library() -> _core.Library:
    return open_library(find_library(), wasmtime_version())


def _major(version: str) -> int:
    head = version.partition(".")[0]
    return int(head) if head.isdecimal() else 0
