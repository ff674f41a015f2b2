"""The host core's replay loop against a bare loop of wasmtime calls, in one run.

    python benchmarks/host.py [--exchanges N] [--rounds N]

Rounds are interleaved and minima compared, so that a busy machine disturbs both alike. The module
is benchmarks/modules/one_header.c (10 request headers, 6 response headers); header-policy, where it
is built, is shown beside it without a ratio. Also prints the memory the process holds before and
after one million exchanges. Needs a C++ compiler, cmake and the `cpp` extra.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tamis import host
from tamis.host.engine import find_library
from tamis.model.exchange import Answer, Exchange, Fixture, Request

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


def compile_module(folder: Path) -> Path:
    """benchmarks/modules/one_header.c as WebAssembly."""
    out = folder / "one_header.wasm"
    flags = ["-target", "wasm32-freestanding", "-nostdlib", "-Oz", "-s", "-Wl,--no-entry"]
    source = HERE / "modules" / "one_header.c"
    command = [sys.executable, "-m", "ziglang", "cc", *flags, "-o", out, source]
    subprocess.run(command, check=True)
    return out


def build_bare_loop(folder: Path) -> Path:
    """benchmarks/bare_loop.cc, by whatever C++ compiler CMake finds."""
    options = ["-DTAMIS_MODULE=OFF", "-DTAMIS_BENCHMARKS=ON", "-DCMAKE_BUILD_TYPE=Release"]
    subprocess.run(
        ["cmake", "-S", ROOT, "-B", folder, *options], check=True, stdout=subprocess.DEVNULL
    )
    build = ["cmake", "--build", folder, "--target", "bare_loop"]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    return folder / "benchmarks" / "bare_loop"


def resident() -> int:
    """Bytes of memory this process holds; 0 where /proc is absent."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def fixture(name: str, config: bytes = b"") -> Fixture:
    """One GET exchange with an empty answer."""
    exchange = Exchange(Request(REQUEST), Answer(RESPONSE))
    return Fixture(name=name, path=Path(name), steps=(exchange,), config=config)


def nanoseconds(module: bytes, what: Fixture, exchanges: int) -> float:
    """Of one exchange in the replay loop."""
    result = host.replay(module, what, exchanges)
    if result.trap or result.start != "ok" or result.exchanges != exchanges:
        raise SystemExit(f"{what.name}: the replay broke: {result}")
    return result.seconds / exchanges * 1e9


def measure(exchanges: int, rounds: int) -> None:
    """Interleaved rounds; prints the table."""
    with tempfile.TemporaryDirectory() as scratch:
        wasm = compile_module(Path(scratch))
        bare_loop = build_bare_loop(ROOT / "build" / "bench")
        module = wasm.read_bytes()
        what = fixture("one header")
        ours, bare = [], []
        command = [bare_loop, find_library(), wasm]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as loop:
            assert loop.stdin
            assert loop.stdout
            for _ in range(rounds):
                loop.stdin.write(f"{exchanges}\n")
                loop.stdin.flush()
                bare.append(float(loop.stdout.readline()) / exchanges * 1e9)
                ours.append(nanoseconds(module, what, exchanges))
            loop.stdin.close()
    print(f"module one_header.c ({len(module)} bytes), {rounds} rounds of {exchanges} exchanges")
    print(f"bare wasmtime loop  {min(bare):8.0f} ns an exchange")
    print(
        f"host core, replay   {min(ours):8.0f} ns an exchange   {min(ours) / min(bare):.2f} x bare"
    )
    print(f"                    {1e9 / min(ours):8.0f} exchanges a second")
    policy = ROOT / "filters" / "header-policy" / "build" / "header-policy.wasm"
    if policy.is_file():
        config = b'{"rules":[{"set":{"x-a":"1"}},{"message":"response","set":{"x-b":"2"}}]}'
        best = min(
            nanoseconds(policy.read_bytes(), fixture("policy", config), exchanges) for _ in range(3)
        )
        print(f"header-policy       {best:8.0f} ns an exchange")
    before = resident()
    nanoseconds(module, what, 1_000_000)
    after = resident()
    print(
        f"memory              {before / 2**20:8.1f} MiB before, {after / 2**20:.1f} after 1000000"
    )


def main() -> None:
    """Read the options, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exchanges", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=12)
    options = parser.parse_args()
    measure(options.exchanges, options.rounds)


if __name__ == "__main__":
    main()
