"""docker-registry behind TLS: whom we trust, who we are, and what `insecure` allows."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import tool
from tests.docker_registry import serve

from tamis.errors import BadInput, Unreachable
from tamis.model.artifact import Metadata
from tamis.model.reference import RegistryReference
from tamis.oci.registry import certificates
from tamis.verbs.pull import fetch
from tamis.verbs.push import push

pytestmark = pytest.mark.judge

MODULE = b"\0asm\1\0\0\0" + bytes(5000)
METADATA = Metadata("hello", "1.0.0")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that is its own authority, for an address that is loopback but not by name."""
    folder = tmp_path_factory.mktemp("tls")
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    name = ["-subj", "/CN=judge", "-addext", "subjectAltName=IP:0.0.0.0", "-days", "2"]
    command = [tool("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", *files, *name]
    subprocess.run(command, capture_output=True, check=True)
    return folder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(certificates, "SYSTEM", (tmp_path / "system",))
    return tmp_path


@pytest.fixture
def where(made: Path, tmp_path: Path) -> Iterator[RegistryReference]:
    settings = {
        "REGISTRY_HTTP_TLS_CERTIFICATE": str(made / "cert.pem"),
        "REGISTRY_HTTP_TLS_KEY": str(made / "key.pem"),
    }
    for host in serve(tmp_path, **settings):
        yield RegistryReference(host.replace("127.0.0.1", "0.0.0.0"), "acme/hello", "1")


def works(where: RegistryReference, *, insecure: bool = False) -> bool:
    pushed = push(MODULE, METADATA, where, insecure=insecure)
    return fetch(where, insecure=insecure) == (pushed, MODULE)


def test_nobody_vouches_for_it(where: RegistryReference) -> None:
    with pytest.raises(Unreachable, match=r"no trusted TLS connection: self.signed") as caught:
        works(where)
    assert f"certs.d/{where.host}/ca.crt" in caught.value.advice()
    assert works(where, insecure=True)


@pytest.mark.parametrize("folder", ["system", ".config/containers/certs.d"])
def test_an_authority_for_one_registry(
    where: RegistryReference, made: Path, home: Path, folder: str
) -> None:
    place = home / folder / where.host
    place.mkdir(parents=True)
    (place / "ca.crt").write_bytes((made / "cert.pem").read_bytes())
    assert works(where)


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_an_authority_by_variable(
    where: RegistryReference, made: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, str(made / "cert.pem"))
    assert works(where)


def test_certificates_that_cannot_be_read(where: RegistryReference, home: Path) -> None:
    place = home / "system" / where.host
    place.mkdir(parents=True)
    (place / "ca.crt").write_text("hello")
    with pytest.raises(BadInput, match="cannot read the certificate") as caught:
        works(where)
    assert caught.value.at
    assert caught.value.at.file == place / "ca.crt"


def test_a_client_certificate(made: Path, home: Path) -> None:
    settings = {
        "REGISTRY_HTTP_TLS_CERTIFICATE": str(made / "cert.pem"),
        "REGISTRY_HTTP_TLS_KEY": str(made / "key.pem"),
        "REGISTRY_HTTP_TLS_CLIENTCAS": f"[{made / 'cert.pem'}]",
    }
    for host in serve(home, **settings):
        where = RegistryReference(host.replace("127.0.0.1", "0.0.0.0"), "acme/hello", "1")
        place = home / "system" / where.host
        place.mkdir(parents=True)
        (place / "ca.crt").write_bytes((made / "cert.pem").read_bytes())
        with pytest.raises(Unreachable):
            works(where)
        (place / "us.cert").write_bytes((made / "cert.pem").read_bytes())
        with pytest.raises(BadInput, match=r"has no key us\.key beside it"):
            works(where)
        (place / "us.key").write_bytes((made / "key.pem").read_bytes())
        assert works(where)
