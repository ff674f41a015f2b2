"""The judges of artifacts themselves: each says yes to what is good and no to what is not, and
heeds nothing of the user's.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
import requests
from tests import docker_registry, referrers_registry
from tests.conftest import tool
from tests.images import Image, digest
from tests.judges.images import CASES
from tests.judging import cosign, istio_pull, oras

pytestmark = pytest.mark.judge

IMAGE = CASES["image"].image
_NOTE = "application/vnd.acme.note"
_KEY = ("--key", "cosign.key", "--tlog-upload=false", "--yes")
_SIGN = {2: _KEY, 3: (*_KEY, "--use-signing-config=false")}
_VERIFY = ("verify", "--key", "cosign.pub", "--insecure-ignore-tlog")


@pytest.fixture(
    scope="module", params=[docker_registry, referrers_registry], ids=["docker", "olareg"]
)
def registry(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    yield from request.param.serve(tmp_path_factory.mktemp("registry"))


@pytest.fixture(scope="module")
def with_referrers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from referrers_registry.serve(tmp_path_factory.mktemp("registry"))


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.mark.parametrize("version", [2, 3])
def test_cosign(registry: str, version: Literal[2, 3], tmp_path: Path) -> None:
    name = f"acme/signed-{version}"
    assert IMAGE.upload(registry, f"{name}:1")
    reference = f"{registry}/{name}@{IMAGE.digest}"
    homes = _folder(tmp_path / "ours"), _folder(tmp_path / "other")
    for home in homes:
        assert cosign(version, "generate-key-pair", home=home, password="pw").code == 0
    unsigned = cosign(version, *_VERIFY, reference, home=homes[0])
    assert unsigned.code != 0
    assert "no signatures found" in unsigned.err
    wrong = cosign(version, "sign", *_SIGN[version], reference, home=homes[0], password="no")
    assert wrong.code != 0
    assert "decrypt" in wrong.err
    signed = cosign(version, "sign", *_SIGN[version], reference, home=homes[0], password="pw")
    assert signed.code == 0, signed.err
    verified = cosign(version, *_VERIFY, reference, home=homes[0])
    assert verified.code == 0, verified.err
    critical = json.loads(verified.out)[0]["critical"]
    assert critical["image"] == {"docker-manifest-digest": IMAGE.digest}
    other = cosign(version, *_VERIFY, reference, home=homes[1])
    assert other.code != 0
    assert "no matching" in other.err


def test_oras(registry: str, tmp_path: Path) -> None:
    assert IMAGE.upload(registry, "acme/noted:1")
    (tmp_path / "note").write_text("x")
    reference = f"{registry}/acme/noted@{IMAGE.digest}"
    attach = ("attach", "--plain-http", "--artifact-type", _NOTE, reference, "note:text/plain")
    attached = oras(*attach, home=tmp_path)
    assert attached.code == 0, attached.err
    found = oras("discover", "--plain-http", "--format", "json", reference)
    assert found.code == 0, found.err
    assert [each["artifactType"] for each in json.loads(found.out)["manifests"]] == [_NOTE]
    none = oras("discover", "--plain-http", f"{registry}/acme/noted:none")
    assert none.code != 0
    assert "not found" in none.err


def _referrers(host: str, subject: str, **query: str) -> tuple[requests.Response, list[Any]]:
    url = f"http://{host}/v2/acme/filter/referrers/{subject}"
    answer = requests.get(url, query, timeout=20)
    assert answer.headers["Content-Type"] == "application/vnd.oci.image.index.v1+json"
    return answer, answer.json()["manifests"] or []  # where there are none, olareg says null


def _about(subject: str, kind: str) -> Image:
    """A manifest of `IMAGE`'s blobs that refers to another."""
    known = json.loads(IMAGE.manifest)
    refers = {"mediaType": IMAGE.kind, "digest": subject, "size": len(IMAGE.manifest)}
    document = known | {"subject": refers, "artifactType": kind}
    return Image(json.dumps(document).encode(), IMAGE.kind, IMAGE.blobs)


def test_olareg_lists_referrers(with_referrers: str) -> None:
    assert IMAGE.upload(with_referrers, "acme/filter:1")
    assert _referrers(with_referrers, IMAGE.digest)[1] == []
    notes = [_about(IMAGE.digest, kind) for kind in (_NOTE, "application/vnd.acme.other")]
    for note in notes:
        assert note.upload(with_referrers, f"acme/filter:{note.digest}")
    answer, listed = _referrers(with_referrers, IMAGE.digest)
    assert [each["digest"] for each in listed] == [note.digest for note in notes]
    answer, listed = _referrers(with_referrers, IMAGE.digest, artifactType=_NOTE)
    assert [each["artifactType"] for each in listed] == [_NOTE]
    assert answer.headers["OCI-Filters-Applied"] == "artifactType"
    tags = requests.get(f"http://{with_referrers}/v2/acme/filter/tags/list", timeout=20).json()
    assert tags["tags"] == ["1"]


def test_olareg_takes_a_referrer_before_its_subject(with_referrers: str) -> None:
    early = _about(digest(b"later"), _NOTE)
    assert early.upload(with_referrers, f"acme/filter:{early.digest}")
    assert [e["digest"] for e in _referrers(with_referrers, digest(b"later"))[1]] == [early.digest]


def test_olareg_refuses_what_is_incomplete(with_referrers: str) -> None:
    assert not Image(IMAGE.manifest, IMAGE.kind).upload(with_referrers, "acme/nothing:1")
    assert not Image(b"{", IMAGE.kind).upload(with_referrers, "acme/nothing:1")
    assert not IMAGE.upload(with_referrers, f"acme/nothing:{digest(b'other')}")
    url = f"http://{with_referrers}/v2/acme/nothing/manifests/1"
    assert requests.get(url, headers={"Accept": IMAGE.kind}, timeout=20).status_code == 404


def test_nothing_of_the_user_is_heeded(
    registry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A configuration that every one of them would refuse to read."""
    (tmp_path / "config.json").write_text("{")
    for name in ("HOME", "DOCKER_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path))
    assert IMAGE.upload(registry, "acme/alone:1")
    (pulled,) = istio_pull(f"oci://{registry}/acme/alone:1")
    assert pulled.digest == IMAGE.digest
    assert oras("resolve", "--plain-http", f"{registry}/acme/alone:1").out.strip() == IMAGE.digest
    for version in (2, 3):
        said = cosign(version, "triangulate", f"{registry}/acme/alone:1")
        assert said.out.strip() == f"{registry}/acme/alone:{IMAGE.digest.replace(':', '-')}.sig"


def test_many_urls_in_order(registry: str) -> None:
    assert IMAGE.upload(registry, "acme/many:1")
    good, bad = f"oci://{registry}/acme/many:1", f"oci://{registry}/acme/many:2"
    with_sum = f"oci://{registry}/acme/many:1@{IMAGE.digest}"
    said = istio_pull(good, bad, with_sum, "file:///x", checksums={with_sum: "0" * 64})
    assert [each.accepted for each in said] == [True, False, False, False]
    assert "does not match: 000" in said[2].error
    assert said[3].error == "unsupported Wasm module downloading URL scheme: file"


def test_istio_and_a_certificate_of_nobody(tmp_path: Path) -> None:
    for registry in docker_registry.serve(tmp_path):
        assert IMAGE.upload(registry, "acme/filter:1")
    files = {"key": str(tmp_path / "key.pem"), "cert": str(tmp_path / "cert.pem")}
    key = ["-newkey", "rsa:2048", "-nodes", "-keyout", files["key"], "-out", files["cert"]]
    names = ["-subj", "/CN=judge", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [tool("openssl"), "req", "-x509", "-days", "2", *key, *names]
    subprocess.run(command, capture_output=True, check=True)
    settings = {
        "REGISTRY_HTTP_TLS_CERTIFICATE": files["cert"],
        "REGISTRY_HTTP_TLS_KEY": files["key"],
    }
    for registry in docker_registry.serve(tmp_path, **settings):
        url = f"oci://{registry}/acme/filter:1"
        (refused,) = istio_pull(url)
        (trusting,) = istio_pull(url, insecure=[registry])
        (elsewhere,) = istio_pull(url, insecure=["127.0.0.1"])
    assert "certificate signed by unknown authority" in refused.error
    assert trusting.digest == IMAGE.digest
    assert elsewhere.error == refused.error


def _newer_debian(root: Path, *arguments: object, **environment: str) -> tuple[int, str]:
    """How scripts/newer_debian.sh ends, and the last that it says."""
    command = ["/bin/sh", root / "scripts" / "newer_debian.sh", *map(str, arguments)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return ran.returncode, (ran.stderr.splitlines() or [""])[-1]


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({"PATH": "/nowhere"}, "this machine has no apt-get"),
        ({"PATH": "/bin:/usr/bin", "DEBIAN_MIRROR": "http://127.0.0.1:1/x"}, "it is not there"),
    ],
    ids=["no apt-get", "no mirror"],
)
def test_what_cannot_be_had_is_said(
    root: Path, tmp_path: Path, environment: dict[str, str], why: str
) -> None:
    ended = _newer_debian(root, tmp_path / "new", "trixie", "oras", 1, **environment)
    assert ended == (3, f"The judges need oras 1 of Debian's trixie: {why}")
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_fetched(root: Path, tmp_path: Path) -> None:
    program = tmp_path / "usr" / "bin" / "oras"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert _newer_debian(root, tmp_path, "trixie", "oras", 1, PATH="/nowhere") == (0, "")
