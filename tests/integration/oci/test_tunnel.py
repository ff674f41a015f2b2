"""A registry that is reached through a proxy's tunnel: CONNECT, and TLS within."""

import select
import socket
import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from tests.http_server import Serving
from tests.registry import LoopbackRegistry
from tests.upstreams import certificate

from tamis.errors import Unreachable
from tamis.model.artifact import Metadata
from tamis.model.reference import RegistryReference
from tamis.verbs.pull import fetch
from tamis.verbs.push import push

#: Nobody can look it up: only the proxy knows where it is.
NAME = "registry.example"
MODULE = b"\0asm\1\0\0\0" + bytes(range(256)) * 2000
METADATA = Metadata("hello", "1.0.0")
WHERE = RegistryReference(f"{NAME}:5443", "acme/hello", "1.0.0")


class Tunnels(Serving):
    """`with Tunnels("127.0.0.1:5000") as proxy:` leads every CONNECT there.

    `asked`: (target, Proxy-Authorization) of each; `refuses`: a status that it answers instead.
    """

    def __init__(self, to: str) -> None:
        self.to = to
        self.asked: list[tuple[str, str | None]] = []
        self.refuses: tuple[int, str] | None = None
        super().__init__(_handler(self))


def _handler(tunnels: Tunnels) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            return

        def do_CONNECT(self) -> None:
            tunnels.asked.append((self.path, self.headers.get("Proxy-Authorization")))
            if tunnels.refuses:
                self.send_error(*tunnels.refuses)
                return
            host, _, port = tunnels.to.rpartition(":")
            with socket.create_connection((host, int(port))) as far:
                self.send_response(200)
                self.end_headers()
                _pipe(self.connection, far)
            self.close_connection = True

    return Handler


def _pipe(one: socket.socket, other: socket.socket) -> None:
    ends = {one: other, other: one}
    while True:
        for ready in select.select([*ends], [], [], 20)[0]:
            piece = ready.recv(1 << 16)
            if not piece:
                return
            ends[ready].sendall(piece)


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackRegistry]:
    file = certificate(tmp_path, NAME)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with LoopbackRegistry(tls=context) as registry:
        yield registry


@pytest.fixture
def proxy(registry: LoopbackRegistry, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tunnels]:
    with Tunnels(registry.host) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://alice:se%20cret@{proxy.host}")
        yield proxy


def test_it_leads_to_the_registry(registry: LoopbackRegistry, proxy: Tunnels) -> None:
    pushed = push(MODULE, METADATA, WHERE)
    assert fetch(WHERE) == (pushed, MODULE)
    assert set(proxy.asked) == {(f"{NAME}:5443", "Basic YWxpY2U6c2UgY3JldA==")}
    assert len(proxy.asked) < len(registry.requests)
    assert set(registry.authorizations) == {None}


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ((407, "\x1b[2Jwho"), "leads nowhere: it answers 407 Proxy Authentication Required$"),
        ((502, "no"), "leads nowhere: it answers 502 Bad Gateway$"),
        ((999, "no"), "leads nowhere: it answers 999$"),
    ],
)
def test_it_leads_nowhere(proxy: Tunnels, refusal: tuple[int, str], said: str) -> None:
    proxy.refuses = refusal
    with pytest.raises(Unreachable, match=said) as caught:
        push(MODULE, METADATA, WHERE)
    assert "HTTPS_PROXY" in caught.value.advice()
    assert "cret" not in f"{caught.value} {caught.value.advice()}"
    assert (len(proxy.asked) == 1) is (refusal[0] < 500)  # no second try mends the others


def test_another_waits_at_its_end(
    proxy: Tunnels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that reads along has a certificate that nobody vouches for."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate(tmp_path, "other.example")))
    with pytest.raises(Unreachable, match="no trusted TLS connection"):
        push(MODULE, METADATA, WHERE)


def test_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with pytest.raises(
        Unreachable, match=r"the proxy 127\.0\.0\.1:9 leads nowhere: connection refused"
    ):
        push(MODULE, METADATA, WHERE)
