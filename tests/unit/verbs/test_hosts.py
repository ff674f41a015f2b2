"""What `--host` names."""

from pathlib import Path

import pytest

from tamis import envoy, host, profiles
from tamis.errors import BadInput
from tamis.verbs.hosts import Core, Real, wanted


def program(path: Path, version: str) -> envoy.Binary:
    path.write_text(f"#!/bin/sh\necho 'version: abc/{version}/Clean/RELEASE'\n")
    path.chmod(0o755)
    return envoy.Binary(path, version, "Clean/RELEASE")


def test_the_core_is_the_newest_envoy_there_is():
    assert profiles.resolve("envoy").version == host.NEWEST
    assert wanted(["wasmtime"]) == (Core(),)
    assert (Core().host, Core().newest) == (host.label(), True)
    assert (Core("1.38").host, Core("1.38").newest) == (f"{host.label()} as envoy 1.38", False)


def test_each_host_once_and_the_core_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    installed = program(tmp_path / "installed", "1.37.0")
    other = program(tmp_path / "other", "1.36.4")
    monkeypatch.setenv("TAMIS_ENVOY", str(installed.path))
    named = ["envoy", f"envoy@{other.path}", "envoy@1.37", "wasmtime@1.38.2", "wasmtime"]
    more = ["envoy@v1.37.0", "wasmtime@1.38", "wasmtime@v1.40", "envoy-native", "native@1.38"]
    cores = (Core("1.38"), Core(), Core("1.38", native=True))
    reals = (Real(installed), Real(other), Real(installed, native=True))
    assert wanted([*named, *more]) == (*cores, *reals)
    assert Core("1.38", native=True).host == "native as envoy 1.38"
    assert Real(installed, native=True).host == "envoy-native 1.37.0"
    assert not Core(native=True).newest


def test_two_of_one_version_are_told_apart(tmp_path: Path):
    one, other = (program(tmp_path / name, "1.36.4") for name in ("one", "other"))
    named = [f"envoy@{one.path}", f"envoy@{other.path}", f"envoy-native@{one.path}"]
    hosts = ["envoy 1.36.4", f"envoy 1.36.4 ({other.path})", "envoy-native 1.36.4"]
    assert [each.host for each in wanted(named)] == hosts


def test_a_version_newer_than_known_is_the_newest_with_a_warning():
    said: list[str] = []
    assert wanted(["wasmtime@1.99"], said.append) == (Core(),)
    assert said == ["Envoy 1.99 is newer than tamis knows: judged as 1.40"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("chrome", "--host 'chrome': not a host"),
        ("wasmtime@", "--host 'wasmtime@': not a host"),
        ("wasmtime@1.12", "knows nothing of Envoy 1.12"),
        ("wasmtime@new", "'new' is not a version"),
    ],
)
def test_what_is_no_host(text: str, words: str):
    with pytest.raises(BadInput, match=words):
        wanted([text])
