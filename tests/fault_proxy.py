"""Stands before a registry and does to a client what networks, proxies and registries do.

`FaultProxy(upstream)` forwards what comes in, notes it, and lets a `Rule` do its worst to some of
it. Whoever a client may be sent to instead (`lured`) is another one of these.
"""

import http.client
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.http_server import Serving

__all__ = ["Exchange", "FaultProxy", "Reply", "Rule", "Seen"]


@dataclass(frozen=True)
class Seen:
    """A request as it came in."""

    method: str
    path: str
    authorization: str | None
    headers: Mapping[str, str]
    size: int


@dataclass(frozen=True)
class Reply:
    """What the registry said, or what the client is told."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str, value: str | None) -> "Reply":
        """The same with this header; None: without it."""
        kept = {n: v for n, v in self.headers.items() if n.lower() != name.lower()}
        return replace(self, headers=kept if value is None else {**kept, name: value})


@dataclass
class Rule:
    """`do` is what happens to the `times` requests with this method and `path` in their path, after
    the first `skip`.
    """

    method: str
    path: str
    do: "Callable[[Exchange], None]"
    times: int = 1
    skip: int = 0
    met: int = 0


class FaultProxy(Serving):
    """`with FaultProxy(host) as proxy:` serves at `proxy.host`. `bearer`: a token of its own, which
    it adds to what it forwards, as a store behind signed URLs needs none.
    """

    #: Clients and registries that leave are what it is for.
    leaving = (OSError, http.client.HTTPException)

    def __init__(self, upstream: str, *, bearer: str = "") -> None:
        self.upstream = upstream
        self.bearer = bearer
        self.rules: list[Rule] = []
        self.seen: list[Seen] = []
        self.over = threading.Event()  # whoever makes a client wait, waits for this at most
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"proxy": self})
        super().__init__(handler, waits=True)  # no thread outlives its test

    def rule(self, seen: Seen) -> Rule | None:
        """The rule that this request meets; counts it."""
        with self._lock:
            self.seen.append(seen)
            for rule in self.rules:
                if rule.method == seen.method and rule.path in seen.path:
                    rule.met += 1
                    if rule.skip < rule.met <= rule.skip + rule.times:
                        return rule
        return None

    def __exit__(self, *_: object) -> None:
        self.over.set()
        super().__exit__()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20
    disable_nagle_algorithm = True
    proxy: FaultProxy

    def log_message(self, *args: Any) -> None:
        return

    def do_GET(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        sent = {n: v for n, v in self.headers.items() if n.lower() != "connection"}
        seen = Seen(self.command, self.path, self.headers.get("Authorization"), sent, size)
        rule = self.proxy.rule(seen)
        exchange = Exchange(self, seen)
        if rule:
            rule.do(exchange)
        else:
            exchange.send(exchange.forward())

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815


class Exchange:
    """One request that is being served; what a rule does, it does with these."""

    def __init__(self, handler: _Handler, seen: Seen) -> None:
        self._handler = handler
        self._body: bytes | None = None
        self.proxy = handler.proxy
        self.seen = seen

    def body(self) -> bytes:
        """All that the client sends."""
        if self._body is None:
            self._body = self._handler.rfile.read(self.seen.size)
            if len(self._body) < self.seen.size:
                self.drop()
                raise ConnectionResetError  # the client has left in the middle
        return self._body

    def forward(self) -> Reply:
        """Ask the registry, whole."""
        connection = http.client.HTTPConnection(self.proxy.upstream, timeout=20)
        headers = dict(self.seen.headers)
        if self.proxy.bearer:
            headers["Authorization"] = f"Bearer {self.proxy.bearer}"
        body = self.body() if self.seen.size or self.seen.method in {"POST", "PUT"} else None
        try:
            connection.request(self.seen.method, self.seen.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            told = {n: v for n, v in answer.getheaders() if n.lower() not in _HOPS}
            if self.seen.method == "HEAD" and answer.getheader("Content-Length"):
                told["Content-Length"] = str(answer.getheader("Content-Length"))
        finally:
            connection.close()
        return Reply(answer.status, told, content)

    def forward_half(self) -> None:
        """Send the registry half of the body, and break off."""
        got = self._handler.rfile.read(self.seen.size // 2)
        host, _, port = self.proxy.upstream.partition(":")
        lines = [f"{self.seen.method} {self.seen.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.seen.headers.items()]
        with socket.create_connection((host, int(port)), 20) as upstream:
            upstream.sendall("\r\n".join([*lines, "", ""]).encode() + got)
        self.drop()

    def send(self, reply: Reply, *, length: int | None = None) -> None:
        """Answer. `length`: what Content-Length says in place of the truth."""
        self.body()
        headers = dict(reply.headers)
        if self.seen.method != "HEAD" and reply.status != 204:
            headers["Content-Length"] = str(len(reply.body) if length is None else length)
        lines = [f"HTTP/1.1 {reply.status} Said"] + [f"{n}: {v}" for n, v in headers.items()]
        content = reply.body if self.seen.method != "HEAD" else b""
        self.raw("\r\n".join([*lines, "", ""]).encode("latin-1") + content)
        if length is not None:
            self.drop()

    def raw(self, content: bytes) -> bool:
        """Put bytes on the line; False: the client has left."""
        try:
            self._handler.wfile.write(content)
            self._handler.wfile.flush()
        except OSError:
            self._handler.close_connection = True
            return False
        return True

    def drip(self, content: bytes, seconds: float) -> None:
        """A byte at a time, until the client has had enough."""
        for byte in content:
            if not self.raw(bytes([byte])) or self.proxy.over.wait(seconds):
                break
        self.drop()

    def drop(self) -> None:
        """Close the connection now."""
        self._handler.close_connection = True
        try:
            self._handler.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


_HOPS = {"content-length", "connection", "transfer-encoding", "date", "server"}
