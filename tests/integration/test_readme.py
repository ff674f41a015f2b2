"""The tour in the README is run, line by line, as a reader would."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

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
    """The environment after the tour's first line."""
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
