"""What docker login and podman login leave behind."""

import base64
import json
import os
from pathlib import Path

import pytest

from tamis.errors import BadInput
from tamis.oci.registry.credentials import Credentials, find


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".config" / "containers").mkdir(parents=True)
    return {"HOME": str(tmp_path)}


def write(path: Path, **config: object) -> None:
    path.write_text(json.dumps(config))


def docker(home: dict[str, str], **config: object) -> None:
    write(Path(home["HOME"]) / ".docker" / "config.json", **config)


def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, script: str) -> None:
    path = tmp_path / f"docker-credential-{name}"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)


def test_nobody(home: dict[str, str]) -> None:
    assert find("ghcr.io", home) is None


def test_docker_config(home: dict[str, str]) -> None:
    docker(home, auths={"ghcr.io": {"auth": encoded("alice:s:ecret")}})
    assert find("ghcr.io", home) == Credentials("alice", "s:ecret")
    assert find("ghcr.io:443", home) is None


def test_docker_config_elsewhere(home: dict[str, str], tmp_path: Path) -> None:
    docker(home, auths={"ghcr.io": {"auth": encoded("home:x")}})
    other = tmp_path / "other"
    other.mkdir()
    write(other / "config.json", auths={"ghcr.io": {"auth": encoded("other:x")}})
    found = find("ghcr.io", {**home, "DOCKER_CONFIG": str(other)})
    assert found == Credentials("other", "x")


@pytest.mark.parametrize("host", ["docker.io", "index.docker.io", "registry-1.docker.io"])
def test_docker_hub_has_a_key_of_its_own(home: dict[str, str], host: str) -> None:
    docker(home, auths={"https://index.docker.io/v1/": {"auth": encoded("hub:x")}})
    assert find(host, home) == Credentials("hub", "x")


def test_identity_token(home: dict[str, str]) -> None:
    docker(home, auths={"acr.io": {"auth": encoded("0000:"), "identitytoken": "t"}})
    assert find("acr.io", home) == Credentials("0000", "", "t")


def test_podman(home: dict[str, str]) -> None:
    path = Path(home["HOME"]) / ".config" / "containers" / "auth.json"
    write(path, auths={"quay.io": {"auth": encoded("pod:x")}})
    assert find("quay.io", home) == Credentials("pod", "x")


def test_helper_comes_first(
    home: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper(
        tmp_path,
        monkeypatch,
        "vault",
        'read h; echo "{\\"Username\\":\\"u\\",\\"Secret\\":\\"$h\\"}"',
    )
    auths = {"ghcr.io": {"auth": encoded("alice:x")}}
    docker(home, credHelpers={"ghcr.io": "vault"}, auths=auths)
    assert find("ghcr.io", home) == Credentials("u", "ghcr.io")
    docker(home, credsStore="vault", auths=auths)
    assert find("ghcr.io", home) == Credentials("u", "ghcr.io")


def test_helper_with_an_identity_token(
    home: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper(tmp_path, monkeypatch, "vault", """echo '{"Username":"<token>","Secret":"t"}'""")
    docker(home, credsStore="vault")
    assert find("acr.io", home) == Credentials(identity_token="t")


@pytest.mark.parametrize("name", ["absent", "../../bin/sh", "fails", "babbles"])
def test_helper_that_knows_nothing_means_the_file(
    home: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    helper(tmp_path, monkeypatch, "fails", "echo credentials not found; exit 1")
    helper(tmp_path, monkeypatch, "babbles", "echo hello")
    docker(home, credsStore=name, auths={"ghcr.io": {"auth": encoded("alice:x")}})
    assert find("ghcr.io", home) == Credentials("alice", "x")
    assert find("quay.io", home) is None


def test_malformed_file_is_named(home: dict[str, str]) -> None:
    path = Path(home["HOME"]) / ".docker" / "config.json"
    path.write_text("{")
    with pytest.raises(BadInput, match="cannot read the registry credentials") as caught:
        find("ghcr.io", home)
    assert caught.value.at
    assert caught.value.at.file == path


def test_malformed_auth_is_named(home: dict[str, str]) -> None:
    docker(home, auths={"ghcr.io": {"auth": "*"}})
    with pytest.raises(BadInput, match="is not base64"):
        find("ghcr.io", home)


@pytest.mark.parametrize("config", [{"auths": []}, {"auths": {"ghcr.io": 1}}, {"credsStore": 1}])
def test_odd_files_mean_nobody(home: dict[str, str], config: dict[str, object]) -> None:
    docker(home, **config)
    assert find("ghcr.io", home) is None


def test_secrets_do_not_show() -> None:
    shown = repr(Credentials("alice", "hunter2", "s3cret"))
    assert "hunter2" not in shown
    assert "s3cret" not in shown
