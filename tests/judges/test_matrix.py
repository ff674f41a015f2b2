"""The table of consumers and layouts in docs/artifacts.md is what they say when they are asked."""

from pathlib import Path

import pytest
from tests.judges import matrix

pytestmark = pytest.mark.judge


def test_the_page_says_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert matrix.table(matrix.ask()) == matrix.written(), "python -m tests.judges.matrix"
