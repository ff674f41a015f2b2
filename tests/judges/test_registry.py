"""Foreign judges: docker-registry keeps what we push, skopeo reads and copies it, and back."""

import base64
import gzip
import hashlib
import io
import json
import ssl
import subprocess
import tarfile
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from tests import referrers_registry
from tests.conftest import tool
from tests.docker_registry import serve, skopeo
from tests.http_server import Serving

from tamis.model.artifact import Metadata
from tamis.model.choices import Layout
from tamis.model.reference import LayoutReference, RegistryReference
from tamis.verbs.copy import copy
from tamis.verbs.pull import describe, fetch
from tamis.verbs.push import push

pytestmark = pytest.mark.judge

MODULE = b"\0asm\1\0\0\0" + bytes(range(256)) * 400
METADATA = Metadata("hello", "1.0.0", "says hello", "MIT", abi="0.2.1", config='{"a": 1}')
#: bcrypt of `secret`; docker-registry takes nothing else.
_HTPASSWD = "alice:$2y$05$wF3a3QECZ2HSyMsah1.1u.guFv4cqBQ/HhogcyqVZ3cWQ4eUn.1eq\n"


#: What skopeo takes for images of OCI, in layout folders, too; `cncf` is none for it, and it
#: converts what is in docker schema2.
LAYOUTS: tuple[Layout, ...] = ("image", "istio", "higress")


@pytest.fixture(autouse=True)
def docker_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path / "config.json"


@pytest.fixture(scope="module", params=[serve, referrers_registry.serve], ids=["docker", "olareg"])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry without the referrers API, and one with it."""
    yield from request.param(tmp_path_factory.mktemp("registry"))


@pytest.mark.parametrize("layout", [*LAYOUTS, "docker"])
def test_skopeo_reads_the_registry(host: str, layout: Layout) -> None:
    where = RegistryReference(host, "acme/hello", layout)
    pushed = push(MODULE, METADATA, where, layout=layout, targets=())
    source = f"docker://{host}/acme/hello:{layout}"
    seen = json.loads(skopeo("inspect", "--tls-verify=false", source))
    assert seen["Digest"] == pushed.digest
    raw = skopeo("inspect", "--raw", "--tls-verify=false", source)
    assert f"sha256:{hashlib.sha256(raw).hexdigest()}" == pushed.digest
    assert seen["Layers"] == [layer["digest"] for layer in json.loads(raw)["layers"]]
    assert describe(where) == pushed
    assert fetch(where) == (pushed, MODULE)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_skopeo_copies_both_ways(host: str, tmp_path: Path, layout: Layout) -> None:
    where = RegistryReference(host, "acme/copied", layout)
    pushed = push(MODULE, METADATA, where, layout=layout, targets=())
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    remote = f"docker://{host}/acme/copied:{layout}"
    skopeo("copy", "--src-tls-verify=false", remote, f"oci:{theirs}:1")
    assert fetch(LayoutReference(theirs, "1")) == (pushed, MODULE)
    assert copy(LayoutReference(theirs, "1"), LayoutReference(ours, "1")) == pushed.digest
    back = f"docker://{host}/acme/back:{layout}"
    skopeo("copy", "--dest-tls-verify=false", f"oci:{ours}:1", back)
    assert describe(RegistryReference(host, "acme/back", layout)) == pushed


@pytest.mark.parametrize("layout", LAYOUTS)
def test_skopeo_reads_the_layout_folder(tmp_path: Path, layout: Layout) -> None:
    push(b"\0asm\1\0\0\0", METADATA, LayoutReference(tmp_path / "oci", "other"), layout=layout)
    pushed = push(MODULE, METADATA, LayoutReference(tmp_path / "oci", "1.0"), layout=layout)
    seen = json.loads(skopeo("inspect", f"oci:{tmp_path / 'oci'}:1.0"))
    assert seen["Digest"] == pushed.digest


def test_skopeo_unpacks_the_module(tmp_path: Path) -> None:
    push(MODULE, METADATA, LayoutReference(tmp_path / "oci", "1.0"))
    skopeo("copy", f"oci:{tmp_path / 'oci'}:1.0", f"dir:{tmp_path / 'dir'}")
    manifest = json.loads((tmp_path / "dir" / "manifest.json").read_bytes())
    layer = manifest["layers"][-1]["digest"].removeprefix("sha256:")
    archive = gzip.decompress((tmp_path / "dir" / layer).read_bytes())
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        file = tar.extractfile("plugin.wasm")
        assert file
        assert file.read() == MODULE


def test_docker_schema2_made_by_skopeo(host: str, tmp_path: Path) -> None:
    """The format of images built and pushed with docker; skopeo drops annotations, not labels."""
    push(MODULE, METADATA, LayoutReference(tmp_path / "oci", "1.0"))
    image = f"docker://{host}/acme/docker:1.0"
    source = f"oci:{tmp_path / 'oci'}:1.0"
    skopeo("copy", "--format=v2s2", "--dest-tls-verify=false", source, image)
    artifact, module = fetch(RegistryReference(host, "acme/docker", "1.0"))
    assert module == MODULE
    assert artifact.layout == "docker"
    assert artifact.metadata == METADATA
    assert describe(RegistryReference(host, "acme/docker", "1.0")) == artifact


def test_second_push_is_the_first(host: str) -> None:
    where = RegistryReference(host, "acme/twice", "1.0")
    assert push(MODULE, METADATA, where) == push(MODULE, METADATA, where)


def test_password(tmp_path: Path, docker_config: Path) -> None:
    (tmp_path / "htpasswd").write_text(_HTPASSWD)
    served = serve(
        tmp_path,
        REGISTRY_AUTH="htpasswd",
        REGISTRY_AUTH_HTPASSWD_REALM="judge",
        REGISTRY_AUTH_HTPASSWD_PATH=str(tmp_path / "htpasswd"),
    )
    for host in served:
        auth = {"auth": "YWxpY2U6c2VjcmV0"}
        docker_config.write_text(json.dumps({"auths": {host: auth}}))
        where = RegistryReference(host, "acme/hello", "1.0")
        pushed = push(MODULE, METADATA, where)
        assert fetch(where) == (pushed, MODULE)


class _TokenServer(BaseHTTPRequestHandler):
    """Signs what it is asked for, as a registry's token server does (RS256, certificate in x5c)."""

    folder: Path
    scopes: list[str]

    def log_message(self, *args: object) -> None:
        return

    def do_GET(self) -> None:
        scope = parse_qs(urlsplit(self.path).query)["scope"][0]
        self.scopes.append(scope)
        kind, name, actions = scope.split(":")
        now = int(time.time())
        der = ssl.PEM_cert_to_DER_cert((self.folder / "cert.pem").read_text())
        header = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(der).decode()]}
        access = [{"type": kind, "name": name, "actions": actions.split(",")}]
        claims = {"iss": "judge", "aud": "judge", "sub": "", "access": access}
        times = {"exp": now + 300, "nbf": now - 60, "iat": now}
        signed = f"{_jose(header)}.{_jose(claims | times)}"
        key = str(self.folder / "key.pem")
        command = [tool("openssl"), "dgst", "-sha256", "-sign", key]
        mark = subprocess.run(command, input=signed.encode(), capture_output=True, check=True)
        body = json.dumps({"token": f"{signed}.{_url(mark.stdout)}"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _jose(document: object) -> str:
    return _url(json.dumps(document).encode())


def _url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def test_tokens(tmp_path: Path) -> None:
    """The registry of the distribution project with tokens: reading first, then pushing."""
    subject = ["-subj", "/CN=judge", "-days", "2"]
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    command = [tool("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", *files, *subject]
    subprocess.run(command, capture_output=True, check=True)
    scopes: list[str] = []
    handler = type("Handler", (_TokenServer,), {"folder": tmp_path, "scopes": scopes})
    with Serving(handler) as tokens:
        served = serve(
            tmp_path,
            REGISTRY_AUTH="token",
            REGISTRY_AUTH_TOKEN_REALM=f"http://{tokens.host}/token",
            REGISTRY_AUTH_TOKEN_SERVICE="judge",
            REGISTRY_AUTH_TOKEN_ISSUER="judge",
            REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE=str(tmp_path / "cert.pem"),
        )
        for host in served:
            where = RegistryReference(host, "acme/hello", "1.0")
            pushed = push(MODULE, METADATA, where)
            assert fetch(where) == (pushed, MODULE)
    read, write = "repository:acme/hello:pull", "repository:acme/hello:pull,push"
    assert scopes == [read, write, read]
