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
        ("hello\nyou", BadInput, "does not say an Envoy version: hello$"),
        ("\\0377", BadInput, "does not say an Envoy version"),
        ("version: abc/1.38.3/Modified/RELEASE/BoringSSL", Missing, "without Wasm"),
    ],
)
def test_what_is_no_envoy(tmp_path: Path, says: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        find(program(tmp_path / "x", says))


SCRIPTS = {
    "killed": (
        "#!/bin/sh\nkill -ILL $$\n",
        0o755,
        "does not say an Envoy version: it ended with SIGILL",
    ),
    "unfit": ("#!/bin/sh\necho 'no GLIBC_2.99' >&2; exit 1\n", 0o755, "version: no GLIBC_2.99$"),
    "asking": ("#!/bin/sh\nread line; echo got $line\n", 0o755, "version: got$"),
    "unmarked": ("#!/bin/sh\n", 0o644, "cannot be run: it is not executable"),
    "no-program": ("\x7fELF of nothing", 0o755, "cannot be run: Exec format error"),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_file_that_is_no_envoy_here(tmp_path: Path, name: str) -> None:
    text, mode, words = SCRIPTS[name]
    path = tmp_path / name
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(BadInput, match=words) as caught:
        find(path)
    assert "TAMIS_ENVOY" in caught.value.advice()


def test_a_folder_is_no_envoy(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="is a folder, no Envoy"):
        find(tmp_path)


def test_a_relative_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "here", "version: abc/1.37.0/Clean/RELEASE/BoringSSL")
    monkeypatch.chdir(tmp_path)
    assert find(Path("here")).version == "1.37.0"


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
