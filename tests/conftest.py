"""What all tests share: where things are, and what this machine cannot run."""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tamis.cli.main import run
from tamis.envoy import find
from tamis.errors import Missing
from tamis.model.choices import Language
from tamis.toolchains import Here, toolchain_for

ROOT = Path(__file__).parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--judges", action="store_true", help="run the tests that need a foreign judge, all of them"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect, never skip: `make test` runs what needs no judge and what this machine's toolchains
    can compile, `make judges` what needs a judge and every language.
    """
    judging = config.getoption("--judges")
    left: Counter[str] = Counter()
    kept = []
    for item in items:
        if why := _left_out(item, judging=judging):
            left[why] += 1
        else:
            kept.append(item)
    if left:
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    config.stash[_LEFT] = left
    if hasattr(config, "workeroutput"):  # one of several processes: the first one prints
        config.workeroutput["left"] = dict(left)
    items[:] = kept


_LEFT = pytest.StashKey[Counter[str]]()
_ELSEWHERE = "run by the other half"


def _left_out(item: pytest.Item, *, judging: bool) -> str:
    """Why not to run it here, or ""."""
    judge = item.get_closest_marker("judge") is not None
    about = item.get_closest_marker("about")
    if about and not judging and not about.args[0](_envoy()):
        return f"are not about Envoy {_envoy()} (make judges)"
    marker = item.get_closest_marker("toolchain")
    language = marker.args[0] if marker else None
    if language is None:
        return "" if judge == judging else _ELSEWHERE if judging else "need a judge (make judges)"
    missing = _missing(language)
    if judging:
        # Nothing may be missing, but for the one toolchain that no registry carries.
        return f"need TinyGo ({missing})" if missing and language == "tinygo" else ""
    if missing:
        return f"need a toolchain: {missing}"
    return "need a judge (make judges)" if judge else ""


@cache
def _envoy() -> str:
    """The version of the Envoy that is tested."""
    return find().version


@cache
def _missing(language: Language) -> str:
    try:
        toolchain_for(language).find(Here())
    except Missing as error:
        return error.what
    return ""


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error) -> None:  # type: ignore[no-untyped-def]
    """Each process collects all: what one left out, all did."""
    node.config.stash[_LEFT] = Counter(getattr(node, "workeroutput", {}).get("left", {}))


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:  # type: ignore[no-untyped-def]
    for why, count in config.stash.get(_LEFT, Counter()).items():
        if why != _ELSEWHERE:
            terminalreporter.write_line(f"not run here: {count} tests that {why}")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def header_policy(root: Path) -> Path:
    """The example filter."""
    return root / "filters" / "header-policy"


def tool(name: str) -> str:
    """The path of a foreign judge; fails where it is missing."""
    found = shutil.which(name)
    assert found, f"{name} is not installed; scripts/judges.sh installs it"
    return found


@dataclass(frozen=True)
class Ended:
    """A finished run of the command line."""

    code: int
    out: str
    err: str


@pytest.fixture
def tamis_cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run the command line in this process, as the `tamis` script does."""

    def call(*arguments: object) -> Ended:
        with pytest.raises(SystemExit) as ended:
            run([str(each) for each in arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err, captured.err
        return Ended(int(ended.value.code or 0), captured.out, captured.err)

    return call
