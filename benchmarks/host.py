"""The host core's replay loop against a bare loop of wasmtime calls, in one run.

    python benchmarks/host.py [--exchanges N] [--rounds N] [--long]

Rounds are interleaved and minima compared, so that a busy machine disturbs both alike. The module
is benchmarks/modules/one_header.c (10 request headers, 6 response headers). Each line ends with
what is aimed at. `--long` watches the memory over ten million exchanges, not one. Needs a C++
compiler, cmake and the `cpp` extra; the line about a Go module needs Go.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from common import Loop, build, compile_module, fixture, ours, resident

from tamis import host
from tamis.host import loading
from tamis.host.engine import find_library


def row(name: str, value: str, aim: str = "") -> None:
    """One line of the table."""
    print(f"{name:<34}{value:<38}{aim}".rstrip(), flush=True)


def exchanges_against_bare(module: Path, loop: Path, exchanges: int, rounds: int) -> None:
    """The ratio that counts."""
    core, bare = [], []
    with Loop([loop, find_library(), module]) as other:
        for _ in range(rounds):
            bare.append(other.nanoseconds(exchanges))
            core.append(ours(module.read_bytes(), fixture("one header"), exchanges))
    row("bare wasmtime loop", f"{min(bare):.0f} ns an exchange")
    ratio = f"{min(core):.0f} ns an exchange, {min(core) / min(bare):.2f} x bare"
    row("host core, replay", ratio, "<= 1.5 x")
    row("", f"{1e9 / min(core):.0f} exchanges a second")


def threads(module: bytes, exchanges: int, rounds: int) -> None:
    """Two threads with a VM each do the double work: what they gain over one."""
    what = fixture("one header")

    def wall(workers: int) -> float:
        with ThreadPoolExecutor(workers) as pool:
            begin = time.perf_counter()
            list(pool.map(lambda _: host.replay(module, what, exchanges), range(workers)))
            return time.perf_counter() - begin

    one, two = [], []
    for _ in range(rounds):
        one.append(wall(1))
        two.append(wall(2))
    row("two threads against one", f"{2 * min(one) / min(two):.2f} x", ">= 1.8 x on two free cores")


def memory(module: bytes, exchanges: int) -> None:
    """What the process holds before and after."""
    what = fixture("one header")
    ours(module, what, 100_000)
    before = resident()
    ours(module, what, exchanges)
    grown = (resident() - before) / 2**20
    text = f"{before / 2**20:.1f} MiB, {grown:+.1f} over {exchanges} exchanges"
    row("memory", text, "flat")


def first_exchange(folder: Path, rounds: int) -> None:
    """A new Go filter: from the cache of compiled modules to its first exchange."""
    name = "go module, cache to first exchange"

    def tamis(*words: str) -> bool:
        command = [sys.executable, "-m", "tamis", *words]
        return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0

    if not (tamis("new", "first", "--language", "go") and tamis("build", "first")):
        row(name, "not measured: no Go module could be built (tamis doctor)", "<= 10 ms")
        return
    module = next((folder / "first").rglob("*.wasm")).read_bytes()
    what = fixture("first")
    host.replay(module, what, 1)  # compiles, into the cache

    def once() -> float:
        loading.compiled.cache_clear()
        begin = time.perf_counter()
        host.replay(module, what, 1)
        return time.perf_counter() - begin

    text = f"{min(once() for _ in range(rounds)) * 1e3:.1f} ms ({len(module) / 1e6:.1f} MB)"
    row(name, text, "<= 10 ms")


def costs(program: Path, module: Path) -> None:
    """What only native code can count: see benchmarks/costs.cc."""
    done = subprocess.run(
        [program, find_library(), module], check=True, capture_output=True, text=True
    )
    allocations, start = (float(line) for line in done.stdout.split())
    row("heap allocations an exchange", f"{allocations:g}", "0")
    row("a VM up to configure", f"{start * 1e6:.1f} us", "<= 15 us")


def measure(exchanges: int, rounds: int, most: int) -> None:
    """Prints the table."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        wasm = compile_module(folder)
        bare_loop, counter = build("bare_loop", "costs")
        module = wasm.read_bytes()
        print(f"one_header.c ({len(module)} bytes), {rounds} rounds of {exchanges} exchanges")
        lines: list[Callable[[], None]] = [
            lambda: exchanges_against_bare(wasm, bare_loop, exchanges, rounds),
            lambda: threads(module, exchanges, rounds),
            lambda: costs(counter, wasm),
            lambda: memory(module, most),
            lambda: first_exchange(folder, rounds),
        ]
        for line in lines:
            line()


def main() -> None:
    """Read the options, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exchanges", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--long", action="store_true")
    options = parser.parse_args()
    measure(options.exchanges, options.rounds, 10_000_000 if options.long else 1_000_000)


if __name__ == "__main__":
    main()
