"""What the benchmarks share: the module, its exchange, the bare loop, and loops in other processes.

A loop is a program that reads numbers of exchanges from its input and prints the seconds each took.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tamis import host
from tamis.model.exchange import Answer, Exchange, Fixture, Request

__all__ = ["HERE", "ROOT", "Loop", "build", "compile_module", "fixture", "ours", "resident"]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

REQUEST = (
    (":method", "GET"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":authority", "example.com"),
    ("user-agent", "curl/8.5.0"),
    ("accept", "*/*"),
    ("accept-encoding", "gzip"),
    ("accept-language", "en"),
    ("cookie", "session=0123456789abcdef"),
    ("x-request-id", "2f9f1bd2-3f2c-4f5e-9d0a-2f1f0a7d6c11"),
)
RESPONSE = (
    (":status", "200"),
    ("content-type", "text/html"),
    ("content-length", "0"),
    ("server", "bench"),
    ("cache-control", "no-store"),
    ("vary", "accept-encoding"),
)


class Loop:
    """A loop in a process of its own; its output beside the figures goes nowhere."""

    def __init__(self, command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **(env or {})},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def nanoseconds(self, exchanges: int) -> float:
        """Of one exchange, over so many."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{exchanges}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._process.args!r} ended")
        return float(line) / exchanges * 1e9

    def resident(self) -> int:
        """Bytes of memory it holds."""
        return resident(self._process.pid)


def resident(process: int | None = None) -> int:
    """Bytes of memory a process holds, this one by default; 0 where /proc is absent."""
    try:
        status = Path(f"/proc/{process or 'self'}/statm").read_text(encoding="ascii")
    except OSError:
        return 0
    return int(status.split()[1]) * os.sysconf("SC_PAGE_SIZE")


def compile_module(folder: Path) -> Path:
    """benchmarks/modules/one_header.c as WebAssembly."""
    out = folder / "one_header.wasm"
    flags = ["-target", "wasm32-freestanding", "-nostdlib", "-Oz", "-s", "-Wl,--no-entry"]
    source = HERE / "modules" / "one_header.c"
    command: list[str | Path] = [sys.executable, "-m", "ziglang", "cc", *flags, "-o", out, source]
    subprocess.run(command, check=True)
    return out


def build(*targets: str) -> list[Path]:
    """Programs of benchmarks/CMakeLists.txt, by whatever C++ compiler CMake finds."""
    folder = ROOT / "build" / "bench"
    options = ["-DTAMIS_MODULE=OFF", "-DTAMIS_BENCHMARKS=ON", "-DCMAKE_BUILD_TYPE=Release"]
    configure: list[str | Path] = ["cmake", "-S", ROOT, "-B", folder, *options]
    subprocess.run(configure, check=True, stdout=subprocess.DEVNULL)
    command: list[str | Path] = ["cmake", "--build", folder, "--target", *targets]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return [folder / "benchmarks" / target for target in targets]


def fixture(name: str, config: bytes = b"") -> Fixture:
    """One GET exchange with an empty answer."""
    exchange = Exchange(Request(REQUEST), Answer(RESPONSE))
    return Fixture(name=name, path=Path(name), steps=(exchange,), config=config)


def ours(module: bytes, what: Fixture, exchanges: int) -> float:
    """Nanoseconds of one exchange in the replay loop."""
    result = host.replay(module, what, exchanges)
    if result.broken or result.exchanges != exchanges:
        raise SystemExit(f"{what.name}: the replay broke: {result}")
    return result.seconds / exchanges * 1e9
