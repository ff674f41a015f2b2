"""The part of zig that compiles to WebAssembly, for an image: half of what its package holds.

Images are Linux ones. Where the installed zig is of another system or processor, the package of
the same version for the image's own is fetched.
"""

import contextlib
import importlib.metadata
import importlib.util
import os
import platform
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tamis import extras
from tamis.errors import Missing, Unreachable
from tamis.toolchains.workshop import Here

__all__ = ["zig_files"]

_PACKAGE = "ziglang"
#: Of lib/: documentation, project templates, debuggers, sanitizers of other targets.
_LEFT_OUT = ("docs", "init", "build-web", "lldb", "libtsan", "fuzzer.zig")
#: Of lib/libc, all that is kept: wasm32-wasi takes half of its libc from musl.
_LIBC = ("musl", "wasi", "include/generic-musl", "include/wasm-wasi-musl")
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


@contextlib.contextmanager
def zig_files(machine: str) -> Iterator[Mapping[str, Path]]:
    """Its files by name, for Linux on `machine` ("": this one's). Raises Missing, Unreachable."""
    own = _MACHINES.get(platform.machine(), platform.machine())
    wanted = _MACHINES.get(machine, machine) or own
    zig = Here().which("zig")
    if zig and sys.platform == "linux" and own == wanted:
        yield _kept(zig.parent)
        return
    with tempfile.TemporaryDirectory(prefix="tamis-zig-") as folder:
        _fetch(Path(folder), wanted)
        yield _kept(Path(folder) / _PACKAGE)


def _kept(folder: Path) -> Mapping[str, Path]:
    names = ["zig", "LICENSE", *(f"lib/{name}" for name in _below(folder / "lib"))]
    return {name: folder / name for name in sorted(names) if (folder / name).is_file()}


def _below(lib: Path) -> Iterator[str]:
    for place, folders, files in os.walk(lib):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for file in files:
            name = Path(place, file).relative_to(lib).as_posix()
            first, _, rest = name.partition("/")
            if first == "libc":
                kept = rest.startswith(tuple(f"{part}/" for part in _LIBC))
            else:
                kept = first not in _LEFT_OUT
            if kept:
                yield name


def _fetch(folder: Path, machine: str) -> None:
    """The package's files into `folder`, by pip."""
    if importlib.util.find_spec("pip") is None:
        raise Missing(
            f"an image needs zig for Linux on {machine}, and there is no pip to fetch it",
            advice="Install pip beside tamis, or make the image on such a machine.",
        )
    platforms = [
        f"--platform={tag}_{machine}"
        for tag in ("manylinux_2_17", "manylinux2014", "manylinux_2_12", "musllinux_1_1")
    ]
    done = subprocess.run(
        [
            sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
            "--disable-pip-version-check", "--only-binary=:all:", *platforms,
            "--dest", str(folder), _requirement(),
        ],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        raise Unreachable(
            f"cannot fetch zig for Linux on {machine}\n{done.stderr.strip()}",
            advice=f"Look at pip's words; for this machine: {extras.command('cpp')}",
        )
    with zipfile.ZipFile(wheels[0]) as wheel:
        wheel.extractall(folder)
    (folder / _PACKAGE / "zig").chmod(0o755)


def _requirement() -> str:
    """The installed version, else what tamis itself asks for."""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        return f"{_PACKAGE}=={importlib.metadata.version(_PACKAGE)}"
    named = importlib.metadata.requires("tamis") or []
    return next((n.partition(";")[0].strip() for n in named if n.startswith(_PACKAGE)), _PACKAGE)
