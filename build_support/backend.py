"""PEP 517 backend: scikit-build-core, plus a compiler where the machine has none.

Where no C++20 compiler works, `ziglang` becomes a build requirement and its clang the compiler.
"""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scikit_build_core import build as _build

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

_ZIG = "ziglang>=0.17,<0.18"
# C++20 in the library as well as in the language: a new compiler over an old libstdc++ fails here.
_PROBE = """
#include <concepts>
#include <span>
int main() { return int(std::span<int>().size()); }
"""

Settings = dict[str, Any] | None

build_sdist = _build.build_sdist
get_requires_for_build_sdist = _build.get_requires_for_build_sdist
prepare_metadata_for_build_wheel = _build.prepare_metadata_for_build_wheel
prepare_metadata_for_build_editable = _build.prepare_metadata_for_build_editable


def get_requires_for_build_wheel(settings: Settings = None) -> list[str]:
    return [*_build.get_requires_for_build_wheel(settings), *_compiler_requirement()]


def get_requires_for_build_editable(settings: Settings = None) -> list[str]:
    return [*_build.get_requires_for_build_editable(settings), *_compiler_requirement()]


def build_wheel(directory: str, settings: Settings = None, metadata: str | None = None) -> str:
    with _compiler(settings) as chosen:
        return _build.build_wheel(directory, chosen, metadata)


def build_editable(directory: str, settings: Settings = None, metadata: str | None = None) -> str:
    with _compiler(settings) as chosen:
        return _build.build_editable(directory, chosen, metadata)


def _compiler_requirement() -> list[str]:
    return [] if _has_compiler() else [_ZIG]


def _has_compiler() -> bool:
    candidates = [os.environ["CXX"]] if os.environ.get("CXX") else ["c++", "g++", "clang++"]
    return any(_compiles(found) for name in candidates if (found := shutil.which(name)))


def _compiles(compiler: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "probe.cc"
        source.write_text(_PROBE)
        command = [compiler, "-std=c++20", str(source), "-o", str(source.with_suffix(""))]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextmanager
def _compiler(settings: Settings) -> Iterator[Settings]:
    """Build settings under which CMake finds a compiler: the machine's, or ziglang's."""
    if _has_compiler():
        yield settings
        return
    with tempfile.TemporaryDirectory() as folder:
        tools = {name: _wrapper(Path(folder), name) for name in ("cc", "c++", "ar", "ranlib")}
        environment = {"CC": tools["cc"], "CXX": tools["c++"]}
        before = {name: os.environ.get(name) for name in environment}
        os.environ.update(environment)
        try:
            yield {
                **(settings or {}),
                "cmake.define.CMAKE_AR": tools["ar"],
                "cmake.define.CMAKE_RANLIB": tools["ranlib"],
            }
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name)
                else:
                    os.environ[name] = value


def _wrapper(folder: Path, tool: str) -> str:
    script = folder / f"zig-{tool}"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ziglang {tool} "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return str(script)
