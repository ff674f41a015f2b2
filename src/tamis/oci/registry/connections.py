"""HTTP/1.1 connections to registries: kept open, never waited on for ever, bodies in pieces.

http.client does the talking: requests and urllib3 take longer to import than an upload takes.
"""

import http.client
import os
import re
import select
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from urllib.parse import urlsplit

from tamis.errors import BadInput
from tamis.oci.blobs import PIECE, Reader
from tamis.oci.registry.answers import Answer, Broken, reason
from tamis.oci.registry.lines import Line, Paced
from tamis.oci.registry.patience import Patience
from tamis.oci.registry.proxies import Proxy, proxy_for

__all__ = ["Connections", "Data", "Part"]

_AGENT = "tamis"
#: What http.client says when a proxy does not lead on: its status, and words of its own.
_TUNNEL = re.compile(r"Tunnel connection failed: ([1-9]\d\d)\b")


@dataclass(frozen=True, slots=True)
class Part:
    """A body that is read while it is sent; it can be opened again for a second try."""

    size: int
    open: Callable[[], AbstractContextManager[Reader]]


#: What a request carries.
Data = bytes | Part | None


class Connections:
    """Open connections to any host, each used by one thread at a time."""

    def __init__(
        self, patience: Patience, environment: Mapping[str, str] = os.environ, *, trusting: str = ""
    ) -> None:
        """`trusting`: the host whose certificate is not looked at."""
        self._patience = patience
        self._environment = environment
        self._trusting = trusting
        self._idle: dict[tuple[str, str], list[http.client.HTTPConnection]] = {}
        self._lock = threading.Lock()

    def trust(self, host: str) -> None:
        """Do not look at this host's certificate any more."""
        self._trusting = host

    def close(self) -> None:
        """Close all that are not in use."""
        with self._lock:
            idle, self._idle = self._idle, {}
        for kept in idle.values():
            for connection in kept:
                connection.close()

    def send(self, method: str, url: str, headers: Mapping[str, str], data: Data) -> Answer:
        """One request, one answer. Raises Broken; ssl.SSLError when TLS cannot be agreed on."""
        parts = urlsplit(url)
        place = (parts.scheme, parts.netloc)
        proxy = proxy_for(*place, self._environment)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        try:
            connection = self._take(place) or self._connect(place, proxy)
        except (OSError, http.client.HTTPException) as error:
            silence = f"no connection within {self._patience.connect:g} s"
            raise _unless_tls(error, silence, proxy) from error
        sent = {"Host": parts.netloc, **headers}
        if proxy and parts.scheme == "http":
            target = f"http://{parts.netloc}{target}"
            if proxy.authorization:
                sent["Proxy-Authorization"] = proxy.authorization
        try:
            raw = _exchange(connection, method, target, sent, data)
        except (OSError, http.client.HTTPException, ValueError) as error:
            connection.close()
            raise Broken(reason(error, f"no answer within {self._patience.read:g} s")) from error
        except BaseException:
            connection.close()  # the body's own source failed: half a request was sent
            raise

        def release(whole: bool) -> None:
            if whole:
                with self._lock:
                    self._idle.setdefault(place, []).append(connection)
            else:
                raw.close()
                connection.close()

        return Answer(method, url, raw, release)

    def _take(self, place: tuple[str, str]) -> http.client.HTTPConnection | None:
        """One that waits; what the server closed meanwhile, or babbled into, is thrown away."""
        while True:
            with self._lock:
                idle = self._idle.get(place)
                connection = idle.pop() if idle else None
            if connection is None:
                return None
            if not select.select([connection.sock], [], [], 0)[0]:
                return connection
            connection.close()

    def _connect(self, place: tuple[str, str], proxy: Proxy | None) -> http.client.HTTPConnection:
        scheme, netloc = place
        parts = urlsplit(f"//{netloc}")
        host, port = parts.hostname or "", parts.port or (443 if scheme == "https" else 80)
        reached = (proxy.host, proxy.port) if proxy else (host, port)
        connection = http.client.HTTPConnection(*reached, timeout=self._patience.connect)
        if proxy and scheme == "https":
            secret = proxy.authorization
            known = {"Proxy-Authorization": secret} if secret else {}
            connection.set_tunnel(host, port, known)
        connection.connect()
        line: socket.socket = connection.sock
        if scheme == "https":
            from tamis.oci.registry.certificates import context_for

            trusting = netloc == self._trusting
            try:
                context = context_for(netloc, self._environment, trusting=trusting)
                line = context.wrap_socket(line, server_hostname=host)
            except BaseException:
                line.close()
                raise
        connection.sock = Line(line, self._patience)
        connection.auto_open = 0
        return connection


def _exchange(
    connection: http.client.HTTPConnection,
    method: str,
    target: str,
    headers: Mapping[str, str],
    data: Data,
) -> http.client.HTTPResponse:
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.putheader("User-Agent", _AGENT)
    # Whoever compresses what we ask for by digest breaks it.
    connection.putheader("Accept-Encoding", "identity")
    if data is None:
        if method not in {"GET", "HEAD"}:
            connection.putheader("Content-Length", "0")
        connection.endheaders()
    elif isinstance(data, bytes):
        connection.putheader("Content-Length", str(len(data)))
        connection.endheaders(data)
    else:
        connection.putheader("Content-Length", str(data.size))
        connection.endheaders()
        _send(connection, data)
    answer = connection.getresponse()
    if answer.fp is not None:
        paced: Paced = answer.fp.raw  # type: ignore[assignment]
        paced.begin()
    return answer


def _send(connection: http.client.HTTPConnection, part: Part) -> None:
    """A server that has seen enough answers and closes: its answer is read, not our error."""
    left = part.size
    with part.open() as reader:
        while left:
            try:
                piece = reader.read(min(PIECE, left))
            except OSError as error:
                raise _unreadable(error.strerror or "it failed") from error
            if not piece:
                raise _unreadable(f"it ends {left} bytes too early")
            left -= len(piece)
            try:
                connection.send(piece)
            except ConnectionError:
                return


def _unreadable(why: str) -> BadInput:
    return BadInput(f"cannot read what is to be sent: {why}", advice="Look at the source of it.")


def _unless_tls(error: Exception, silence: str, proxy: Proxy | None) -> Exception:
    """`error` itself where TLS could not be agreed on, else Broken."""
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        return error
    if proxy is None:
        return Broken(reason(error, silence))
    where = f"{proxy.host}:{proxy.port}"
    refused = _TUNNEL.match(str(error))
    if refused is None:
        return Broken(reason(error, silence), where)
    status = int(refused[1])
    phrase = http.client.responses.get(status, "")
    return Broken(f"it answers {status} {phrase}".strip(), where, final=status in range(400, 500))
