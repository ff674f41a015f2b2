"""The same module and exchange in this host and in others, in one run: one table, with ratios.

    python benchmarks/peers.py [--rounds N]

The others, in benchmarks/peers: Go's proxytest over wazero, the Rust test framework over wasmtime,
a host written in Python over wasmtime-py. Each is built as its users build it, runs in a process of
its own, prints nothing but figures, and is timed in interleaved rounds; minima are compared. What
cannot be built here is named with the reason.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from common import HERE, ROOT, Loop, build, compile_module, fixture, ours

from tamis.host.engine import find_library

PEERS = HERE / "peers"
#: Panics of the Rust framework would otherwise pay for backtraces.
QUIET = {"RUST_BACKTRACE": "0"}


class NotHere(Exception):
    """Why a peer cannot be built on this machine."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A host to compare with; `exchanges`: of one round, about a tenth of a second of its time."""

    name: str
    exchanges: int
    command: Callable[[Path, Path], Sequence[str | Path]]


def tool(name: str) -> str:
    """Where it is. Raises NotHere."""
    found = shutil.which(name)
    if found is None:
        raise NotHere(f"{name} is not installed")
    return found


def made(command: Sequence[str | Path], where: Path) -> None:
    """Run a build. Raises NotHere with its last words."""
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        words = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise NotHere(f"{command[0]}: {words[-1].strip()}")


def bare(module: Path, _: Path) -> Sequence[str | Path]:
    """The floor: see benchmarks/bare_loop.cc."""
    return [*build("bare_loop"), find_library(), module]


def proxytest(module: Path, scratch: Path) -> Sequence[str | Path]:
    """Go's."""
    program = scratch / "proxytest"
    made([tool("go"), "build", "-o", program, "."], PEERS / "proxytest")
    return [program, module]


def rust_framework(module: Path, _: Path) -> Sequence[str | Path]:
    """Rust's, from its repository: it is in no registry. Compiled once: it takes minutes."""
    target = ROOT / "build" / "bench" / "rust"
    build_it: list[str | Path] = [
        tool("cargo"),
        "build",
        "--release",
        "--quiet",
        "--target-dir",
        target,
    ]
    made(build_it, PEERS / "test_framework")
    return [target / "release" / "test_framework", module]


def naive_python(module: Path, _: Path) -> Sequence[str | Path]:
    """What one writes first."""
    return [sys.executable, PEERS / "naive_python.py", module]


OTHERS = (
    Peer("bare wasmtime loop", 100_000, bare),
    Peer("Go proxytest (wazero)", 5_000, proxytest),
    Peer("Rust test framework (wasmtime)", 5_000, rust_framework),
    Peer("naive Python host (wasmtime-py)", 300, naive_python),
)


def measure(rounds: int) -> None:
    """Prints the table."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        module = compile_module(scratch)
        loops: dict[str, tuple[Peer, Loop]] = {}
        missing = {}
        for peer in OTHERS:
            try:
                command = peer.command(module, scratch)
            except NotHere as why:
                missing[peer.name] = str(why)
                continue
            loops[peer.name] = (peer, stack.enter_context(Loop(command, QUIET)))
        core = "this host, replay"
        best: dict[str, float] = {}
        for _ in range(rounds):
            times = {name: loop.nanoseconds(peer.exchanges) for name, (peer, loop) in loops.items()}
            times[core] = ours(module.read_bytes(), fixture("one header"), 100_000)
            best = {name: min(time, best.get(name, time)) for name, time in times.items()}
        print(f"one_header.c, {rounds} interleaved rounds, the best of each")
        titles = ("ns/exchange", "exchanges/s", "x bare", "x ours", "MiB")
        print(f"{'host':<34}" + "".join(f"{title:>12}" for title in titles))
        floor = best["bare wasmtime loop"]
        for name, time in sorted(best.items(), key=lambda each: each[1]):
            held = f"{loops[name][1].resident() / 2**20:.0f}" if name in loops else ""
            print(
                f"{name:<34}{time:>12.0f}{1e9 / time:>12.0f}{time / floor:>12.2f}"
                f"{time / best[core]:>12.2f}{held:>12}"
            )
        for name, reason in missing.items():
            print(f"{name:<34}not run here: {reason}")


def main() -> None:
    """Read the options, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    measure(parser.parse_args().rounds)


if __name__ == "__main__":
    main()
