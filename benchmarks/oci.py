"""Push and pull of 20 MiB as whole commands, beside skopeo and oras, as ratios of one run.

The registry is Debian's docker-registry on loopback. Every round has a module of its own, so that
no tool finds its bytes there already or remembers where it saw them; the tools take turns. Python
takes its time to start, so the library is held against the others without their start, too. Also: a
push again, and the memory that a push of 200 MiB takes beyond that of a tiny one.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from common import ROOT

import tamis
from tamis.model.artifact import Metadata
from tamis.model.reference import parse

sys.path.insert(0, str(ROOT))

from tests.docker_registry import serve

ROUNDS = 9
SIZE = 20 << 20
LARGE = 200 << 20
TAMIS = str(Path(sys.executable).parent / "tamis")
_TYPE = "application/vnd.module.wasm.content.layer.v1+wasm"


def module(path: Path, size: int) -> Path:
    """A valid module of about `size` bytes, never the same twice; written in pieces, since what a
    process held when it starts another counts as the other's.
    """
    length, left = b"", size + 2
    while left:
        left, low = left >> 7, left & 127
        length += bytes([low | (128 if left else 0)])
    with path.open("wb") as file:
        file.write(b"\0asm\1\0\0\0\0" + length + b"\1x")
        for start in range(0, size, 1 << 20):
            file.write(os.urandom(min(1 << 20, size - start)))
    return path


def run(command: Sequence[str | Path]) -> tuple[float, int]:
    """Seconds that a command took, and KiB that it held at most."""
    environment = {n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss


def oras() -> str | None:
    """The oras CLI, where there is one."""
    kept = sorted((Path.home() / ".cache" / "tamis-tests").glob("**/bin/oras"))
    named = os.environ.get("TAMIS_ORAS") or shutil.which("oras")
    return named or (str(kept[-1]) if kept else None)


Commands = dict[str, Callable[[int], Sequence[str | Path]]]
#: Has a program do nothing but start and end.
NOTHING = {"skopeo": "--version", "oras": "version"}


def compare(
    title: str,
    commands: Commands,
    library: Callable[[int], object] | None = None,
    made: Path | None = None,
) -> None:
    """Every command in every round, in turns; the first is ours. `library`: the same as a function
    of this process, held against the others without the start of their programs. `made`: the folder
    they write to, emptied after each: a kernel slows down who writes more than the disk takes.
    """
    first, *others = commands
    jobs: dict[str, Callable[[int], float]] = {
        name: partial(_command, command) for name, command in commands.items()
    }
    ours = first.replace(" ", ".")
    if library:
        jobs[ours] = partial(_seconds, library)
        jobs |= {f"{name}, start": partial(_nothing, commands[name]) for name in others}
    turns = list(jobs)
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    for number in (ROUNDS, *range(ROUNDS)):  # once for nothing: files of programs come from disk
        at = number % len(turns)
        for name in turns[at:] + turns[:at]:
            taken[name].append(jobs[name](number))
            if made:
                shutil.rmtree(made, ignore_errors=True)
    middle = {name: statistics.median(seconds[1:]) for name, seconds in taken.items()}
    _tell(title, {name: middle[name] for name in commands})
    if library:
        rest = {name: middle[name] - middle[f"{name}, start"] for name in others}
        _tell("  without the start of a program", {ours: middle[ours], **rest})


def _command(command: Callable[[int], Sequence[str | Path]], number: int) -> float:
    return run(command(number))[0]


def _nothing(command: Callable[[int], Sequence[str | Path]], number: int) -> float:
    program = command(number)[0]
    return run([program, NOTHING[Path(program).name]])[0]


def _seconds(call: Callable[[int], object], number: int) -> float:
    start = time.perf_counter()
    call(number)
    return time.perf_counter() - start


def _tell(title: str, seconds: dict[str, float]) -> None:
    """The first is ours."""
    (first, ours), *_ = seconds.items()
    print(f"\n{title}")
    for name, each in seconds.items():
        ratio = "" if name == first else f"  {first} takes {ours / each:.2f} x as long"
        print(f"  {name:24} {each * 1e3:7.0f} ms{ratio}")


def hold(folder: Path, host: str) -> None:
    """Memory of a large module's commands beyond a tiny one's. Before this process holds anything:
    it would count as theirs.
    """
    tiny, large = module(folder / "tiny.wasm", 1000), module(folder / "large.wasm", LARGE)
    target = f"oci-layout://{folder / 'large'}:1"
    run([TAMIS, "push", "-q", large, target, "--layout", "istio"])
    run([TAMIS, "push", "-q", tiny, f"oci-layout://{folder / 'tiny'}:1", "--layout", "istio"])
    print("memory beyond that of a tiny module")
    for verb, sources in {
        "tamis push": [[large], [tiny]],
        "tamis copy": [[target], [f"oci-layout://{folder / 'tiny'}:1"]],
    }.items():
        word = verb.split()[1]
        layout = ["--layout", "istio"] if word == "push" else []
        held = [
            run([TAMIS, word, "-q", *source, f"{host}/{word}/m{number}:1", *layout])[1]
            for number, source in enumerate(sources)
        ]
        print(f"  {verb:24} {(held[0] - held[1]) / 1024:7.1f} MiB for 200 MiB")
    large.unlink()
    shutil.rmtree(folder / "large")


def main() -> None:
    """Print the ratios."""
    theirs = oras()
    skopeo = ["skopeo", "--insecure-policy", "copy"]
    with tempfile.TemporaryDirectory() as name, contextmanager(serve)(Path(name)) as host:
        folder = Path(name)
        hold(folder, host)

        def fresh(tool: str, number: int) -> Path:
            return module(folder / f"{tool}{number}.wasm", SIZE)

        def layout(tool: str, number: int) -> str:
            where = f"oci-layout://{folder / tool}{number}:1"
            source = module(folder / "source.wasm", SIZE)
            run([TAMIS, "push", "-q", source, where, "--layout", "istio"])
            return where

        numbers = range(ROUNDS + 1)
        made = {(t, n): fresh(t, n) for t in ("tamis", "library", "oras") for n in numbers}
        layouts = {(t, n): layout(t, n) for t in ("copy", "library") for n in numbers}
        for number in numbers:
            layout("skopeo", number)
        pushes: Commands = {
            "tamis push": lambda n: [
                *(TAMIS, "push", "-q", "--layout", "istio"),
                *(made["tamis", n], f"{host}/push/tamis{n}:1"),
            ]
        }
        if theirs:
            pushes["oras push"] = lambda n: [
                *(theirs, "push", "--plain-http", "--disable-path-validation"),
                *(f"{host}/push/oras{n}:1", f"{made['oras', n]}:{_TYPE}"),
            ]
        pushes["skopeo copy oci:"] = lambda n: [
            *(*skopeo, "-q", "--dest-tls-verify=false"),
            *(f"oci:{folder}/skopeo{n}:1", f"docker://{host}/push/skopeo{n}:1"),
        ]

        def push(n: int) -> object:
            path = made["library", n]
            where = parse(f"{host}/push/library{n}:1")
            return tamis.push(path, Metadata(path.stem, "1"), where, layout="istio")

        compare("push of 20 MiB", pushes, push)
        for number in numbers:  # skopeo's are there now: others for the comparison
            shutil.rmtree(folder / f"skopeo{number}")
            layout("skopeo", number)
        copies: Commands = {
            "tamis copy": lambda n: [
                *(TAMIS, "copy", "-q"),
                *(layouts["copy", n], f"{host}/copy/tamis{n}:1"),
            ],
            "skopeo copy": lambda n: [
                *(*skopeo, "-q", "--dest-tls-verify=false"),
                *(f"oci:{folder}/skopeo{n}:1", f"docker://{host}/copy/skopeo{n}:1"),
            ],
        }
        compare(
            "copy of 20 MiB, layout to registry",
            copies,
            lambda n: tamis.copy(parse(layouts["library", n]), parse(f"{host}/copy/library{n}:1")),
        )
        pulled = folder / "pulled"
        pulls: Commands = {
            "tamis pull": lambda n: [
                *(TAMIS, "pull", "-q", f"{host}/push/tamis{n}:1"),
                *("-o", pulled / "a.wasm"),
            ]
        }
        if theirs:
            pulls["oras pull"] = lambda n: [
                *(theirs, "pull", "--plain-http", "--allow-path-traversal"),
                *("-o", pulled, f"{host}/push/oras{n}:1"),
            ]
        pulls["skopeo copy docker:"] = lambda n: [
            *(*skopeo, "-q", "--src-tls-verify=false"),
            *(f"docker://{host}/push/tamis{n}:1", f"dir:{pulled}"),
        ]
        compare(
            "pull of 20 MiB",
            pulls,
            lambda n: tamis.pull(parse(f"{host}/push/library{n}:1"), pulled / "a.wasm"),
            pulled,
        )
        again: Commands = {"tamis push": lambda _: pushes["tamis push"](0)}
        if theirs:
            again["oras push"] = lambda _: pushes["oras push"](0)
        again["skopeo copy"] = lambda _: copies["skopeo copy"](0)
        compare("push of 20 MiB again", again)


if __name__ == "__main__":
    main()
