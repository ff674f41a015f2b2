"""tamis login and logout: tried first, kept where docker keeps it, nothing else touched."""

import base64
import io
import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.registry import LoopbackRegistry

from tamis.errors import BadInput, Missing, Unreachable
from tamis.verbs.login import login
from tamis.verbs.logout import logout


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "DOCKER_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in ("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "REGISTRY_AUTH_FILE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "config.json"


def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """docker-credential-box, which notes what it is told."""
    path = tmp_path / "docker-credential-box"
    path.write_text(f"#!/bin/sh\necho $1 >> {tmp_path}/told\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return tmp_path / "told"


def pair(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("auth", ["basic", "token"])
def test_in_and_out(config: Path, auth: str) -> None:
    known = {"credHelpers": {"x": "y"}, "HttpHeaders": {"A": 1.5}, "auths": {"b": {"auth": "eDp5"}}}
    config.write_text(json.dumps(known))
    with LoopbackRegistry(auth) as registry:  # type: ignore[arg-type]
        assert login(registry.host, "alice", "secret") == str(config)
        found = json.loads(config.read_text())
        assert found["auths"].pop(registry.host) == {"auth": pair("alice:secret")}
        assert found == known
        assert stat.S_IMODE(config.stat().st_mode) == 0o600
        assert logout(registry.host) == (str(config),)
        assert json.loads(config.read_text()) == known
        assert logout(registry.host) == ()


@pytest.mark.parametrize("auth", ["basic", "token"])
def test_wrong_credentials_are_not_kept(config: Path, auth: str) -> None:
    with LoopbackRegistry(auth) as registry:  # type: ignore[arg-type]
        with pytest.raises(Unreachable, match="does not let these credentials in") as caught:
            login(registry.host, "alice", "guess")
        assert "token for a password" in caught.value.advice()
        assert "guess" not in str(caught.value)
    assert not config.exists()


def test_new_credentials_are_tried_not_the_kept_ones(config: Path) -> None:
    with LoopbackRegistry("token") as registry:
        config.write_text(registry.docker_config())
        with pytest.raises(Unreachable):
            login(registry.host, "mallory", "secret")
        assert config.read_text() == registry.docker_config()


def test_what_is_no_registry() -> None:
    with LoopbackRegistry() as registry:
        from tests.registry import Fault

        registry.faults.append(Fault("GET", "/v2/", status=404, body=b"<html>"))
        with pytest.raises(BadInput, match="like a web site"):
            login(registry.host, "alice", "secret")


def test_a_helper_keeps_them(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = helper(tmp_path, monkeypatch, f"cat >> {tmp_path}/told")
    config.write_text('{"credsStore": "box"}')
    with LoopbackRegistry("basic") as registry:
        assert login(registry.host, "alice", "secret") == "docker-credential-box"
        verb, _, secret = told.read_text().partition("\n")
        assert verb == "store"
        known = {"ServerURL": registry.host, "Username": "alice", "Secret": "secret"}
        assert json.loads(secret) == known
    assert "secret" not in config.read_text()


def test_a_helper_forgets_them(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    script = f"""[ $1 = erase ] && touch {gone} && exit 0
[ -e {gone} ] && exit 1
echo '{{"Username":"alice","Secret":"s"}}'"""
    helper(tmp_path, monkeypatch, script)
    config.write_text('{"credHelpers": {"ghcr.io": "box"}}')
    assert logout("ghcr.io") == ("docker-credential-box",)
    assert logout("ghcr.io") == ()


@pytest.mark.parametrize(
    ("script", "why"), [("exit 3", "ended with status 3"), (None, "is not there")]
)
def test_a_helper_that_fails(
    config: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: str | None,
    why: str,
) -> None:
    if script:
        helper(tmp_path, monkeypatch, f"echo secret >&2; {script}")
    config.write_text('{"credsStore": "box"}')
    with LoopbackRegistry("basic") as registry, pytest.raises(Missing, match=why) as caught:
        login(registry.host, "alice", "secret")
    assert "secret" not in str(caught.value)
    assert config.read_text() == '{"credsStore": "box"}'


def test_docker_hub_has_a_key_of_its_own(config: Path) -> None:
    from tamis.oci.registry.credentials import Credentials, find
    from tamis.oci.registry.logins import keep

    keep("docker.io", Credentials("alice", "s"))
    assert list(json.loads(config.read_text())["auths"]) == ["https://index.docker.io/v1/"]
    assert find("registry-1.docker.io") == Credentials("alice", "s")
    logout("index.docker.io")
    assert json.loads(config.read_text())["auths"] == {}


@pytest.mark.parametrize("content", ["{", '{"auths": []}'])
def test_a_broken_file_is_left_alone(config: Path, content: str) -> None:
    config.write_text(content)
    with LoopbackRegistry("basic") as registry, pytest.raises(BadInput):
        login(registry.host, "alice", "secret")
    assert config.read_text() == content


def test_a_link_stays_one(config: Path, tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    target = tmp_path / "dotfiles" / "docker.json"
    target.write_text("{}")
    config.symlink_to(target)
    with LoopbackRegistry("basic") as registry:
        login(registry.host, "alice", "secret")
        assert config.is_symlink()
        assert registry.host in target.read_text()


def test_podman_keeps_its_own(config: Path, tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "containers"
    folder.mkdir(parents=True)
    (folder / "auth.json").write_text(json.dumps({"auths": {"quay.io": {"auth": pair("a:b")}}}))
    with pytest.raises(BadInput, match="kept elsewhere") as caught:
        logout("quay.io")
    assert "podman logout quay.io" in caught.value.advice()


@pytest.mark.parametrize("host", ["", "ghcr.io/acme", "http://ghcr.io", "x", "ghcr.io:0", "a b.io"])
def test_what_is_no_host(host: str) -> None:
    with pytest.raises(BadInput, match=r"names no registry|more than a registry's host"):
        login(host, "alice", "secret")


@pytest.mark.parametrize(("user", "password"), [("", "x"), ("a:b", "x"), ("alice", "")])
def test_what_is_no_login(user: str, password: str) -> None:
    with pytest.raises(BadInput):
        login("ghcr.io", user, password)


def test_command_line(
    config: Path, tamis_cli: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    with LoopbackRegistry("basic") as registry:
        monkeypatch.setattr(sys, "stdin", io.StringIO("secret\r\n"))
        ended = tamis_cli("login", registry.host, "-u", "alice", "--password-stdin", "--json")
        told = json.loads(ended.out)  # type: ignore[attr-defined]
        assert (told["ok"], told["user"], told["store"]) == (True, "alice", str(config))
        assert "secret" not in ended.out  # type: ignore[attr-defined]
        ended = tamis_cli("logout", registry.host)
        assert f"of {registry.host}: no longer in" in ended.out  # type: ignore[attr-defined]
        ended = tamis_cli("logout", registry.host, "--json")
        assert json.loads(ended.out)["stores"] == []  # type: ignore[attr-defined]


def test_nobody_is_asked_without_a_terminal(
    tamis_cli: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    for arguments, advice in ((["-u", "alice"], "--password-stdin"), ([], "-u USER")):
        ended = tamis_cli("login", "ghcr.io", *arguments)
        assert ended.code == 2  # type: ignore[attr-defined]
        assert advice in ended.err  # type: ignore[attr-defined]
