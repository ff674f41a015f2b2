"""Recording: a real Envoy as a reverse proxy whose tap filter writes what passes through it.

Envoy writes one file per exchange, a row of JSON objects: headers in order with duplicates, each
body chunk as it came, trailers. `exchange` reads one; `Recorder` runs the proxy.
"""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tamis.envoy.binary import Binary
from tamis.envoy.folder import run_folder
from tamis.envoy.live.recording import recording_bootstrap
from tamis.envoy.process import Process
from tamis.errors import BadInput, Fault
from tamis.model.exchange import Answer, Exchange, Headers, Request
from tamis.profiles import wire

__all__ = ["Recorder", "exchange"]

_SECONDS = 15.0
_POLL_SECONDS = 0.01
#: Framing of one connection, which a fixture (HTTP/2 on both sides) has no use for.
_HOP = frozenset({"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"})


class Recorder:
    """A reverse proxy in front of `upstream` (host, port); a context manager.

    Clients connect to `address` with HTTP/1.1 or HTTP/2 (prior knowledge). `http2`: how the
    upstream is spoken to.
    """

    def __init__(self, binary: Binary, upstream: tuple[str, int], *, http2: bool = False) -> None:
        self._folder = run_folder()
        self._taps = self._folder.root / "taps"
        self._taps.mkdir()
        self._process = Process(
            binary,
            self._folder,
            lambda _: recording_bootstrap(self._folder, self._taps / "t", upstream, http2=http2),
            logs="tap:info",
        )
        self._read: set[Path] = set()
        self.address = ("127.0.0.1", 0)

    def __enter__(self) -> Self:
        self._process.__enter__()
        status = json.loads(self._process.admin("/listeners?format=json"))
        at = status["listener_statuses"][0]["local_address"]["socket_address"]
        self.address = (at["address"], at["port_value"])
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.close()

    def take(self, count: int = 1) -> list[Exchange]:
        """The `count` exchanges that ended since the last call, once Envoy has written them.

        Raises Fault when they do not come within 15 s.
        """
        deadline = time.monotonic() + _SECONDS
        while True:
            new = sorted(set(self._taps.iterdir()) - self._read, key=_written)
            if len(new) >= count and self._idle():
                self._read.update(new)
                return [exchange(path.read_text("utf-8")) for path in new]
            if time.monotonic() > deadline:
                raise Fault(
                    f"Envoy recorded {len(new)} of {count} exchanges",
                    advice=f"Its bootstrap and log are kept in {self._process.keep()}.",
                )
            time.sleep(_POLL_SECONDS)

    def _idle(self) -> bool:
        # A file is complete when its stream is gone.
        stats = self._process.admin("/stats?filter=^http.in.downstream_rq_active$")
        return stats.strip().endswith(": 0")


def exchange(text: str) -> Exchange:
    """What one tap file tells: the streamed or the buffered form of Envoy's JSON output.

    Headers that belong to a connection are left out, and so is what Envoy itself added in front of
    the tap filter. Raises BadInput for anything else.
    """
    try:
        parts = [part for each in _documents(text) for part in _parts(each)]
        by_name: dict[str, list[Any]] = {}
        for name, value in parts:
            by_name.setdefault(name, []).append(value)
        return _exchange(by_name)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(
            f"this is not what Envoy's tap filter writes: {error}",
            advice="Record with format JSON_BODY_AS_BYTES.",
        ) from error


def _written(path: Path) -> int:
    return path.stat().st_mtime_ns


def _exchange(parts: dict[str, list[Any]]) -> Exchange:
    request = Request(
        _own(_headers(parts["request_headers"][0])),
        tuple(_chunk(each) for each in parts.get("request_body_chunk", ())),
        _headers(*parts.get("request_trailers", ())[:1]),
    )
    if "response_headers" not in parts:
        return Exchange(request, Answer((), reset=True))
    answer = Answer(
        _headers(parts["response_headers"][0]),
        tuple(_chunk(each) for each in parts.get("response_body_chunk", ())),
        _headers(*parts.get("response_trailers", ())[:1]),
    )
    return Exchange(request, answer)


def _documents(text: str) -> Iterator[dict[str, Any]]:
    decoder = json.JSONDecoder()
    at = 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        document, at = decoder.raw_decode(text, at)
        yield document


def _parts(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """(name of the streamed form, value), from either form."""
    if "http_streamed_trace_segment" in document:
        yield from document["http_streamed_trace_segment"].items()
        return
    for side, message in document["http_buffered_trace"].items():
        if "headers" in message:
            yield f"{side}_headers", message
        if "body" in message:
            yield f"{side}_body_chunk", message["body"]
        if "trailers" in message:
            yield f"{side}_trailers", {"headers": message["trailers"]}


def _headers(block: dict[str, Any] | None = None) -> Headers:
    pairs = ((each["key"], _value(each)) for each in (block or {}).get("headers", ()))
    return tuple(pair for pair in pairs if pair[0] not in _HOP)


def _value(pair: dict[str, str]) -> str:
    raw = pair.get("raw_value")
    return base64.b64decode(raw).decode("utf-8", "surrogateescape") if raw else pair["value"]


def _chunk(body: dict[str, Any]) -> bytes:
    return base64.b64decode(body.get("as_bytes", ""))


def _own(headers: Headers) -> Headers:
    """Without what Envoy appended before any filter: a client's own would not stand last."""
    added = {(each.header, each.value) for each in wire.load().before}
    return headers[:-1] if headers and headers[-1] in added else headers
