"""Which Envoy judges, and what is said when there is none."""

from pathlib import Path

import pytest

from tamis.envoy import Binary, find
from tamis.errors import BadInput, Missing


def program(path: Path, says: str) -> Path:
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def test_the_wheel_is_found(binary: Binary) -> None:
    assert binary.path.is_file()
    assert binary.host == f"envoy {binary.version}"
    assert "RELEASE" in binary.build


def test_a_path_wins_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "envoy  version: abc/1.37.0/Clean/RELEASE/BoringSSL"
    named = program(tmp_path / "named", text)
    given = program(tmp_path / "given", text.replace("1.37.0", "1.36.4"))
    monkeypatch.setenv("TAMIS_ENVOY", str(named))
    assert find() == Binary(named, "1.37.0", "Clean/RELEASE/BoringSSL")
    assert find(given).version == "1.36.4"


@pytest.mark.parametrize(
    ("says", "error", "words"),
    [
        ("hello", BadInput, "does not say an Envoy version"),
        ("version: abc/1.38.3/Modified/RELEASE/BoringSSL", Missing, "without Wasm"),
    ],
)
def test_what_is_no_envoy(tmp_path: Path, says: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        find(program(tmp_path / "x", says))


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(Missing) as caught:
        find(tmp_path / "x")
    assert "pip install 'tamis[envoy]'" in caught.value.advice()


def test_the_missing_extra_names_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TAMIS_ENVOY", raising=False)
    monkeypatch.setitem(__import__("sys").modules, "envoy", None)
    with pytest.raises(Missing) as caught:
        find()
    assert caught.value.advice() == "Run: pip install 'tamis[envoy]'"
