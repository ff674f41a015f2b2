"""The real wasm-opt, exactly as tamis.toml names it: smaller, still the same filter."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from tests.conftest import tool

pytestmark = pytest.mark.judge


@pytest.fixture
def scaffold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tamis_cli) -> Path:
    monkeypatch.chdir(tmp_path)
    assert tamis_cli("new", "small", "--language", "zig").code == 0
    return tmp_path / "small"


@pytest.fixture
def version() -> str:
    told = subprocess.run(
        [tool("wasm-opt"), "--version"], capture_output=True, text=True, check=True
    )
    found = re.search(r"version (\d+)", told.stdout)
    assert found
    return found[1]


def size(ended) -> int:
    assert ended.code == 0, ended.out + ended.err
    return json.loads(ended.out)["modules"][0]["size"]


def test_the_card_says_how_small_it_could_be(scaffold, version, tamis_cli):
    ended = tamis_cli("bench", "small", "--json")
    module = json.loads(ended.out)["cards"][0]["module"]
    assert module["optimizer"] == f"wasm-opt@{version}"
    assert 0 < module["optimised"] < module["size"]
    assert module["why"] is None


def test_the_named_version_makes_it_smaller_and_it_passes(scaffold, version, tamis_cli):
    plain = size(tamis_cli("build", "small", "--json"))
    manifest = scaffold / "tamis.toml"
    manifest.write_text(f'{manifest.read_text()}\n[build]\noptimize = "wasm-opt@{version}"\n')
    assert size(tamis_cli("build", "small", "--json")) < plain
    ended = tamis_cli("test", "small", "--host", "wasmtime", "--host", "envoy")
    assert ended.code == 0, ended.out + ended.err
    lock = json.loads((scaffold / "build.lock.json").read_text())
    assert lock["optimize"] == f"wasm-opt@{version}"
    assert tamis_cli("build", "small", "--reproduce").code == 0


def test_what_it_would_save_is_advice(scaffold, version, tamis_cli):
    explained = tamis_cli("build", "small", "--explain")
    assert re.search(rf"advice wasm-opt@{version} would take off \d+ bytes", explained.out)


def test_another_version_is_missing(scaffold, tamis_cli):
    manifest = scaffold / "tamis.toml"
    manifest.write_text(f'{manifest.read_text()}\n[build]\noptimize = "wasm-opt@1"\n')
    ended = tamis_cli("build", "small")
    assert (ended.code, "wants wasm-opt 1, and version" in ended.err) == (3, True)
    assert not (scaffold / "build").exists()
