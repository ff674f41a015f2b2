"""A fixture: exchanges in order, the world they meet, and what is expected of them.

Header names and values are `str`; bytes that are not UTF-8 are carried by the `surrogateescape`
error handler. Bodies are bytes, in the chunks (HTTP/2 DATA frames) in which they travel.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tamis.errors import Place
from tamis.model.expectation import (
    BodyExpectation,
    ConnectionExpectation,
    ExchangeExpectation,
    Expectation,
)
from tamis.model.plugin import Beside, Plugin

__all__ = [
    "DEFAULT_NOW",
    "OF_CONNECTION",
    "Answer",
    "CalloutMatch",
    "CalloutReply",
    "CalloutRule",
    "Connection",
    "ConnectionEvent",
    "Exchange",
    "Fixture",
    "Headers",
    "Peer",
    "PropertyPath",
    "Protocol",
    "Request",
    "Step",
    "Tick",
    "to_bytes",
    "to_text",
]

#: Ordered (name, value) pairs; duplicates are kept.
Headers = tuple[tuple[str, str], ...]
#: Segments of a property path, such as ("request", "headers", "x-a").
PropertyPath = tuple[str, ...]
#: How the fixture travels; `http/1.1` emulates HTTP/1's order and its trailing empty call.
Protocol = Literal["http/2", "http/1.1"]

#: Headers of one connection, which HTTP/2 does not have.
OF_CONNECTION = frozenset(
    {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}
)
#: 2026-01-01T00:00:00Z in nanoseconds since the epoch: the wall clock of a fixture that names none.
DEFAULT_NOW = 1_767_225_600_000_000_000


def to_bytes(text: str) -> bytes:
    """Header text as it is on the wire."""
    return text.encode("utf-8", "surrogateescape")


def to_text(raw: bytes) -> str:
    """The reverse of `to_bytes`."""
    return raw.decode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Request:
    """What the client sends."""

    headers: Headers
    body: tuple[bytes, ...] = ()
    trailers: Headers = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the upstream replies, `after` nanoseconds of virtual time.

    `reset`: it resets the stream: instead of a reply when `headers` are empty, else behind what is
    given here, which then does not end the response.
    """

    headers: Headers = ((":status", "200"),)
    body: tuple[bytes, ...] = ()
    trailers: Headers = ()
    after: int = 0
    reset: bool = False


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request with its upstream answer, and what is expected of it.

    `overlap`: it begins while the one above is in flight: the requests of a run of overlapping
    exchanges are sent in order, then their answers arrive by `after`, ties in order. `abort`: the
    client resets the stream, "request": behind what is given of the request, which does not end
    it; "response": once it has received the response's headers.
    """

    request: Request
    answer: Answer = Answer()
    expect: ExchangeExpectation = ExchangeExpectation()
    overlap: bool = False
    abort: Literal["request", "response"] | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """Virtual time moves on by `nanoseconds`; `overlap`: the steps above are still in flight."""

    nanoseconds: int
    overlap: bool = False


Peer = Literal["downstream", "upstream"]


@dataclass(frozen=True, slots=True)
class ConnectionEvent:
    """What one peer does: it sends `data`, ends its direction (half-close), or closes."""

    peer: Peer
    what: Literal["data", "end", "close"]
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Connection:
    """One TCP connection through a network filter; it is closed by its last event at the latest."""

    events: tuple[ConnectionEvent, ...] = ()
    expect: ConnectionExpectation = ConnectionExpectation()


Step = Exchange | Tick | Connection


@dataclass(frozen=True, slots=True)
class CalloutReply:
    """What a callout is answered, `after` nanoseconds of virtual time.

    HTTP: a message, a timeout or a reset (with `headers`: behind them, mid-response). gRPC:
    `headers` and `trailers` without `:status` are the initial and trailing metadata, `messages`
    what is received, then the call closes with `grpc_status` and `grpc_message` (None: it stays
    open until the filter has closed its side, then 0). A server answers the first message of a
    call, or its half-close. `no_cluster`: the cluster does not exist, the call is refused.
    """

    headers: Headers = ((":status", "200"),)
    body: tuple[bytes, ...] = ()
    trailers: Headers = ()
    after: int = 0
    timeout: bool = False
    reset: bool = False
    messages: tuple[bytes, ...] = ()
    grpc_status: int | None = None
    grpc_message: str = ""
    no_cluster: bool = False


@dataclass(frozen=True, slots=True)
class CalloutMatch:
    """What a callout must be. `headers`: name -> exact value (the first of duplicates); `path` and
    the other pseudo headers are there with their colon. `body`: of HTTP calls, the first message
    of gRPC.
    """

    cluster: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: BodyExpectation | None = None


@dataclass(frozen=True, slots=True)
class CalloutRule:
    """The first rule that matches a callout answers it, at most `times` times (None: always)."""

    match: CalloutMatch
    reply: CalloutReply
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Fixture:
    """Steps in order against one plugin instance, and the world around them.

    `config` is the plugin configuration exactly as the guest will read it. `properties` maps paths
    to values already encoded in Envoy's wire types. `now` is nanoseconds since the epoch.
    `default_limits`: Envoy's own header limits (60 KiB) hold instead of the raised ones (8192 KiB).
    `plugin` is the filter as Envoy's configuration would name it, `beside` further plugins of its
    module. `shared_data` is there before anything starts, in the filter's vm_id. `place` is where
    it was read; it is no part of what the fixture says, hence not compared.
    """

    name: str
    path: Path
    steps: tuple[Step, ...]
    config: bytes = b""
    properties: Mapping[PropertyPath, bytes] = field(default_factory=dict)
    now: int = DEFAULT_NOW
    seed: int = 0
    protocol: Protocol = "http/2"
    callouts: tuple[CalloutRule, ...] = ()
    volatile: tuple[str, ...] = ()
    expect: Expectation = Expectation()
    place: Place | None = field(default=None, compare=False)
    default_limits: bool = False
    plugin: Plugin = Plugin()
    beside: tuple[Beside, ...] = ()
    shared_data: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The HTTP exchanges among the steps, in order: outcome.exchanges has the same indices."""
        return tuple(step for step in self.steps if isinstance(step, Exchange))

    @property
    def connections(self) -> tuple[Connection, ...]:
        """The connections among the steps, in order: outcome.connections has the same indices."""
        return tuple(step for step in self.steps if isinstance(step, Connection))
