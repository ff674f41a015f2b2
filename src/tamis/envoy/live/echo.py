"""An upstream of ours that answers each request with what it received."""

import json
import selectors
import socket
import threading
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tamis.envoy.wire.events import Closed, Data, Head, Reset
from tamis.envoy.wire.http2 import Peer
from tamis.envoy.wire.seen import Seen
from tamis.model.exchange import Headers

__all__ = ["Echo", "answer"]

_READ = 65_536
_GRPC = "application/grpc"
_OK: Headers = ((":status", "200"),)
_JSON: Headers = (*_OK, ("content-type", "application/json"))


def answer(seen: Seen) -> bytes:
    """What was received, as JSON: headers in order with duplicates, pseudo-headers among them.

    A body that is not UTF-8 is `{"base64": ...}`; trailers stand there if there were any.
    """
    body = bytes(seen.body)
    try:
        shown: object = body.decode("utf-8")
    except UnicodeDecodeError:
        shown = {"base64": b64encode(body).decode()}
    told: dict[str, object] = {"headers": seen.headers or (), "body": shown}
    if seen.trailers:
        told["trailers"] = seen.trailers
    lines = ",\n".join(f'  "{key}": {_rows(value)}' for key, value in told.items())
    # Bytes of a header that are not UTF-8 become JSON's own escapes of what stands for them.
    return f"{{\n{lines}\n}}\n".encode("utf-8", "backslashreplace")


def _rows(value: object) -> str:
    """A list of pairs has a line for each."""
    if not isinstance(value, tuple) or not value:
        return json.dumps(value, ensure_ascii=False)
    rows = ",\n".join(f"    {json.dumps(pair, ensure_ascii=False)}" for pair in value)
    return f"[\n{rows}\n  ]"


class Echo:
    """Listens on the Unix socket `path` and speaks HTTP/2; `raw`: it sends all bytes back as they
    come, for network filters. A context manager; one thread of its own serves all connections.

    gRPC requests get their own messages back, with status 0.
    """

    def __init__(self, path: Path, *, raw: bool = False) -> None:
        self._side: type[_Mirror | _Http2] = _Mirror if raw else _Http2
        self._selector = selectors.DefaultSelector()
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(path))
        self._door.listen()
        self._wake, self._end = socket.socketpair()
        for sock in (self._door, self._wake):
            sock.setblocking(False)
            self._selector.register(sock, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._serve, name="echo", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End; idempotent."""
        self._end.close()
        if self._thread.is_alive():
            self._thread.join()
        for key in list((self._selector.get_map() or {}).values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()

    def _serve(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._wake:
                    return
                if key.fileobj is self._door:
                    sock, _ = self._door.accept()
                    sock.setblocking(False)
                    self._selector.register(sock, selectors.EVENT_READ, self._side(sock))
                    continue
                wanted = key.data.serve()
                if wanted:
                    self._selector.modify(key.fileobj, wanted, key.data)
                else:
                    self._selector.unregister(key.fileobj)
                    key.fileobj.close()  # type: ignore[union-attr]


class _Mirror:
    """A connection whose bytes go back."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._out = bytearray()
        self._ended = False

    def serve(self) -> int:
        """Do what can be done now; what to wait for (0: it is over)."""
        try:
            if not self._out and not self._ended:
                self._out += self._sock.recv(_READ)
                self._ended = not self._out
            if self._out:
                del self._out[: self._sock.send(self._out)]
        except BlockingIOError:
            pass
        except OSError:
            return 0
        if self._out:
            return selectors.EVENT_WRITE
        return 0 if self._ended else selectors.EVENT_READ


@dataclass(slots=True)
class _Reply:
    """What is still to be sent on a stream."""

    body: bytes
    trailers: Headers


class _Http2:
    """An HTTP/2 connection whose requests are answered when they are whole."""

    def __init__(self, sock: socket.socket) -> None:
        self._peer = Peer(sock, client=False)
        self._streams: dict[int, Seen] = {}
        self._replies: dict[int, _Reply] = {}

    def serve(self) -> int:
        """Do what can be done now; what to wait for (0: it is over)."""
        for event in self._peer.receive():
            if not isinstance(event, Closed):
                self._hear(event)
        for stream in list(self._replies):
            self._send(stream)
        self._peer.flush()
        if self._peer.closed:
            return 0
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if self._peer.pending else 0)

    def _hear(self, event: Head | Data | Reset) -> None:
        seen = self._streams.setdefault(event.stream, Seen())
        seen.take(event)
        if not seen.over and not seen.cut:
            return
        del self._streams[event.stream]
        if seen.cut:
            self._forget(event.stream)
        elif dict(seen.headers or ()).get("content-type", "").startswith(_GRPC):
            head = (*_OK, ("content-type", _GRPC))
            self._begin(event.stream, head, _Reply(bytes(seen.body), (("grpc-status", "0"),)))
        elif (":method", "HEAD") in (seen.headers or ()):
            self._peer.send_headers(event.stream, _JSON, end=True)
        else:
            self._begin(event.stream, _JSON, _Reply(answer(seen), ()))

    def _begin(self, stream: int, head: Headers, reply: _Reply) -> None:
        self._peer.send_headers(stream, head, end=False)
        self._replies[stream] = reply

    def _send(self, stream: int) -> None:
        """As much of a reply as flow control lets out."""
        reply = self._replies[stream]
        while True:
            piece, rest = reply.body[: self._peer.max_frame], reply.body[self._peer.max_frame :]
            if not self._peer.can_send(stream, len(piece)):
                return
            self._peer.send_data(stream, piece, end=not rest and not reply.trailers)
            reply.body = rest
            if not rest:
                break
        if reply.trailers:
            self._peer.send_headers(stream, reply.trailers, end=True)
        self._forget(stream)

    def _forget(self, stream: int) -> None:
        self._replies.pop(stream, None)
        self._peer.forget(stream)
