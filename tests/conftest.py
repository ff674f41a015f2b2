"""What all tests share: where things are, and what this machine cannot run."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tamis.cli.main import run

ROOT = Path(__file__).parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--judges", action="store_true", help="run the tests that need a foreign judge, all of them"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect, never skip: `make test` runs what needs no judge, `make judges` what does."""
    wanted = config.getoption("--judges")
    kept = [item for item in items if bool(item.get_closest_marker("judge")) == wanted]
    if left := len(items) - len(kept):
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        config.stash[_LEFT] = left
    items[:] = kept


_LEFT = pytest.StashKey[int]()


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:  # type: ignore[no-untyped-def]
    left = config.stash.get(_LEFT, 0)
    if left and not config.getoption("--judges"):
        terminalreporter.write_line(f"not run here: {left} tests that need a judge (make judges)")


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
