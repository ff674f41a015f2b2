"""One Envoy for the tests that can share it, and a guest built from guest.c."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.envoy.probes.guests import Builder

from tamis.envoy import Binary, Judge, find
from tamis.model.exchange import Answer, Exchange, Fixture, Request, Step
from tamis.model.outcome import Outcome, Run
from tamis.model.plugin import Plugin

HEAD = ((":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", "/p"))
PLAIN = Exchange(Request(HEAD), Answer())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.envoy)


@pytest.fixture(scope="session")
def binary() -> Binary:
    return find()


def build(name: str, folder: Path) -> bytes:
    built = folder / f"{name}.wasm"
    source = Path(__file__).with_name(f"{name}.c")
    target = ("-target", "wasm32-freestanding", "-nostdlib", "-ffreestanding")
    options = ("-O1", "-s", "-fno-optimize-sibling-calls", "-Wno-infinite-recursion")
    command = [sys.executable, "-m", "ziglang", "cc", *target, *options, "-Wl,--no-entry"]
    subprocess.run([*command, "-o", built, source], check=True)
    return built.read_bytes()


@pytest.fixture(scope="session")
def guest(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return build("guest", tmp_path_factory.mktemp("guest"))


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return build("world", tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="session")
def prober(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The guest of the probes: its configuration is a program (see probes/prober.c)."""
    return Builder(tmp_path_factory.mktemp("prober")).module("prober")


@pytest.fixture(scope="session")
def judge(binary: Binary) -> Iterator[Judge]:
    with Judge(binary, patience=3) as shared:
        yield shared


@pytest.fixture(scope="session")
def play(judge: Judge, guest: bytes) -> Callable[..., Run]:
    """Run exchanges through the guest with a configuration; keywords are the Fixture's."""

    def run(*exchanges: Exchange, config: str = "", **rest: object) -> Run:
        rest.setdefault("plugin", Plugin("guest", "root"))
        fixture = Fixture(
            f"{config!r}", Path("x.yaml"), exchanges or (PLAIN,), config=config.encode(), **rest
        )
        return judge.run(fixture, guest)

    return run


@pytest.fixture(scope="session")
def act(judge: Judge, world: bytes) -> Callable[..., Run]:
    """Run steps through a program of world.c; keywords are the Fixture's, `layer` and `ask`."""

    def run(program: str, *steps: Step, **rest: object) -> Run:
        how = {key: rest.pop(key) for key in ("layer", "ask") if key in rest}
        rest.setdefault("plugin", Plugin("world", "root"))
        fixture = Fixture(
            program, Path("x.yaml"), steps or (PLAIN,), config=program.encode(), **rest
        )
        return judge.run(fixture, world, **how)

    return run


def outcome(run: Run) -> Outcome:
    assert run.problems == ()
    assert run.outcome
    return run.outcome


def told(run: Run, letters: str = "") -> list[str]:
    """What world.c logged, of callbacks with these letters (default: all but the stream's end)."""
    assert run.skipped == ()
    lines = [line.message for line in outcome(run).logs if line.step is not None]
    return [line for line in lines if (line[0] in letters if letters else line[0] not in "lox")]


def messages(run: Run, *, start: str = "") -> list[str]:
    """What the guest logged during exchanges, lines that begin with `start`."""
    lines = outcome(run).logs
    found = [line.message for line in lines if line.step is not None]
    return [message for message in found if message.startswith(start)]


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where Envoy's folders are made, for the test alone; its path is short."""
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)
        monkeypatch.undo()


def programmed(program: str, *steps: Step, name: str = "f") -> Fixture:
    """A fixture of `prober`."""
    plugin = Plugin("probe", "root")
    return Fixture(name, Path("x.yaml"), steps or (PLAIN,), config=program.encode(), plugin=plugin)
