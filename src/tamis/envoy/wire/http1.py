"""The client's side of HTTP/1.1, with the same face as `http2.Peer`, one request at a time.

A message leaves in one write, so that Envoy reads it in one piece: its chunks then meet in one body
callback, followed by an empty one that ends the stream. Framing headers that Envoy's codec adds on
the way back (`transfer-encoding`, `connection`) are not part of the message.
"""

import socket

from tamis.envoy.wire.connection import Connection
from tamis.envoy.wire.events import Closed, Data, Event, Head
from tamis.model.exchange import Headers, to_bytes, to_text

__all__ = ["Http1Client"]

_FRAMING = ("transfer-encoding", "connection")
_BODILESS = ("204", "304")


class Http1Client(Connection):
    """One HTTP/1.1 connection over a connected, non-blocking socket; `stream` is only a label."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self._message = bytearray()
        self._in = bytearray()
        self._stream = 0
        self._chunked = False
        self._head_only = False
        self._reader = _Reader()

    def send_headers(self, stream: int, headers: Headers, *, end: bool) -> None:
        """The request's head, or its trailers."""
        if stream == self._stream:
            self._finish(_lines(headers))
            return
        self._stream = stream
        pseudo = {name: value for name, value in headers if name.startswith(":")}
        fields = tuple(pair for pair in headers if not pair[0].startswith(":"))
        names = {name.lower() for name, _ in fields}
        if ":authority" in pseudo:
            fields = (("host", pseudo[":authority"]), *fields)
        coded = "transfer-encoding" in names
        self._chunked = (coded or not end) and "content-length" not in names
        if self._chunked and not coded:
            fields = (*fields, ("transfer-encoding", "chunked"))
        method = pseudo.get(":method", "GET")
        target = pseudo.get(":authority" if method == "CONNECT" else ":path", "/")
        start = f"{method} {target} HTTP/1.1\r\n"
        self._message += to_bytes(start) + _lines(fields) + b"\r\n"
        self._reader = _Reader(stream, head_only=method == "HEAD")
        if end:
            self._finish(b"")

    def can_send(self, _stream: int, _size: int) -> bool:
        """HTTP/1.1 has no windows."""
        return True

    def send_data(self, _stream: int, data: bytes, *, end: bool) -> None:
        """One chunk (an empty one would end the message, and is left out)."""
        if self._chunked and data:
            self._message += b"%x\r\n%b\r\n" % (len(data), data)
        elif data:
            self._message += data
        if end:
            self._finish(b"")

    def push(self) -> None:
        """What there is of an unfinished message leaves."""
        self._flush_message()

    def ping(self) -> int:
        """HTTP/1.1 has none."""
        return 0

    def acked(self, _ping: int) -> bool:
        """Always: see `ping`."""
        return True

    def _parse(self, data: bytes) -> list[Event]:
        return self._reader.feed(data)

    def _finish(self, trailers: bytes) -> None:
        if self._chunked:
            self._message += b"0\r\n" + trailers + b"\r\n"
        self._flush_message()

    def _flush_message(self) -> None:
        self._out += self._message
        self._message.clear()
        self.flush()


class _Reader:
    """One response, read as it comes."""

    def __init__(self, stream: int = 0, *, head_only: bool = False) -> None:
        self._stream = stream
        self._head_only = head_only
        self._buffer = bytearray()
        self._left: int | None = None  # bytes of the body to come; None: not known
        self._chunked = False
        self._in_body = False
        self._over = False

    def feed(self, data: bytes) -> list[Event]:
        """What `data` completes; no data: the connection's end."""
        self._buffer += data
        events: list[Event] = []
        while not self._over and (event := self._next(closed=not data)):
            events.append(event)
            self._over = not isinstance(event, Closed) and getattr(event, "end", False)
        return events

    def _next(self, *, closed: bool) -> Event | None:
        if not self._in_body:
            return self._head()
        if self._chunked:
            return self._chunk()
        if self._left is None:
            rest = self._take(len(self._buffer))
            return Data(self._stream, rest, end=closed) if rest or closed else None
        if not self._buffer:
            return None
        rest = self._take(min(self._left, len(self._buffer)))
        self._left -= len(rest)
        return Data(self._stream, rest, end=self._left == 0)

    def _head(self) -> Head | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        first, *lines = bytes(self._take(end + 4)[:-4]).split(b"\r\n")
        status = to_text(first.split(b" ", 2)[1])
        fields = _fields(lines)
        values = dict(fields)
        kept = tuple(pair for pair in fields if pair[0] not in _FRAMING)
        headers = ((":status", status), *kept)
        if status.startswith("1"):
            return Head(self._stream, headers, end=False)
        self._in_body = True
        self._chunked = "chunked" in values.get("transfer-encoding", "")
        length = values.get("content-length")
        self._left = int(length) if length and length.isdecimal() else None
        empty = self._left == 0 and not self._chunked
        bodiless = self._head_only or status in _BODILESS or empty
        return Head(self._stream, headers, end=bodiless)

    def _chunk(self) -> Event | None:
        line = self._buffer.find(b"\r\n")
        if line < 0:
            return None
        size = int(bytes(self._buffer[:line]).split(b";")[0], 16)
        if size:
            if len(self._buffer) < line + 2 + size + 2:
                return None
            self._take(line + 2)
            data = self._take(size)
            self._take(2)
            return Data(self._stream, data, end=False)
        end = self._buffer.find(b"\r\n\r\n", line)
        if end < 0:
            return None
        lines = bytes(self._buffer[line + 2 : end]).split(b"\r\n") if end > line else []
        self._take(end + 4)
        trailers = _fields(lines)
        return Head(self._stream, trailers, end=True) if trailers else Data(self._stream, b"", True)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken


def _lines(fields: Headers) -> bytes:
    return b"".join(to_bytes(f"{name}: {value}\r\n") for name, value in fields)


def _fields(lines: list[bytes]) -> Headers:
    pairs = (line.partition(b":") for line in lines if line)
    return tuple((to_text(name).lower(), to_text(value).strip(" \t")) for name, _, value in pairs)
