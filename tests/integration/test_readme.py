"""The tour in the README is run, line by line, as a reader would."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tests.processes import until

_ROOT = Path(__file__).parent.parent.parent
_TEXT = (_ROOT / "README.md").read_text("utf-8")
_TOUR = _TEXT.split("## Five minutes", 1)[1].split("## In CI", 1)[0]
_LINES = [
    line
    for block in re.findall(r"```sh\n(.*?)```", _TOUR, re.DOTALL)
    for line in block.splitlines()
    if line and not line.startswith("export PATH")
]


@pytest.fixture(scope="module")
def tour() -> dict[str, str]:
    """The environment after the tour's first line; keys of an earlier tour are not overwritten."""
    for left in (_ROOT / "build").glob("tour.*"):
        left.unlink()
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def test_the_tour_has_lines():
    assert len(_LINES) >= 8
    assert all(line.startswith("tamis ") for line in _LINES)


# In order: later lines use what earlier ones made.
@pytest.mark.envoy
@pytest.mark.parametrize("line", _LINES)
def test_a_line_of_the_tour_works(line: str, tour: dict[str, str]):
    done = subprocess.run(
        ["/bin/sh", "-ec", line], cwd=_ROOT, env=tour, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr


@pytest.mark.envoy
def test_two_minutes_are_as_shown(tour: dict[str, str], tmp_path: Path):
    """Lines that serve run in the background; a reader goes on when a line has had its effect."""
    text = _TEXT.split("## Two minutes", 1)[1].split("## Five minutes", 1)[0]
    lines = [
        line.partition("  #")[0].rstrip()
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
    ]
    told = []
    with ExitStack() as stack:
        for line in lines:
            if found := re.match(
                r"(?:tamis (?:run|record) .*--port|python3 -m http.server) (\d+)", line
            ):
                stack.enter_context(background(line, tour, tmp_path))
                wait_for(int(found[1]))
                continue
            if line.startswith("tamis test"):
                until(
                    lambda: len(list((tmp_path / "hello" / "recorded").glob("get-*"))) == 2,
                    within=60,
                )
            told.append(shell(line, tour, tmp_path))
            if line.startswith("sed"):
                until(
                    lambda: "good day" in shell("curl -s localhost:10000/", tour, tmp_path),
                    within=60,
                )
    assert "x-hello: hello" in told[1]
    assert '["x-hello", "hello"]' in told[1]
    assert "x-hello: good day" in told[3]
    assert "all passed, no differences" in told[-1]
    written = [path.read_text() for path in (tmp_path / "hello" / "recorded").glob("get-*")]
    assert any("authorization" in fixture for fixture in written)
    assert not any("s3cret" in fixture for fixture in written)


@contextmanager
def background(line: str, environment: dict[str, str], folder: Path) -> Iterator[None]:
    with subprocess.Popen(
        ["/bin/sh", "-ec", f"exec {line}"],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as child:
        try:
            yield
            if "--limit" in line:  # it ends by itself
                assert child.wait(timeout=20) == 0
        finally:
            child.terminate()


def shell(line: str, environment: dict[str, str], folder: Path) -> str:
    done = subprocess.run(
        ["/bin/sh", "-ec", line],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


def wait_for(port: int) -> None:
    def listens() -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    until(listens, within=60)


@pytest.mark.envoy
def test_a_filter_of_one_s_own_begins_as_shown(tour: dict[str, str], tmp_path: Path):
    (block,) = re.findall(r"## Your own filter.*?```sh\n(.*?)```", _TEXT, re.DOTALL)
    new, test, watch = block.splitlines()
    assert "--watch" in watch
    lines = f"{new.replace('--language rust', '--language cpp')}\n{test}"
    done = subprocess.run(
        ["/bin/sh", "-ec", lines],
        cwd=tmp_path,
        env=tour,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all passed, no differences" in done.stdout


@pytest.mark.envoy
def test_the_python_example_works(tour: dict[str, str]):
    (code,) = re.findall(r"```python\n(.*?)```", _TEXT, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=_ROOT,
        env=tour,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_link_leads_somewhere():
    broken = [
        f"{page.relative_to(_ROOT)}: {target}"
        for page in [*_ROOT.glob("*.md"), *(_ROOT / "docs").glob("*.md")]
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
