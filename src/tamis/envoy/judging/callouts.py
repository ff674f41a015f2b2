"""Callouts: which rule of the fixture answers what arrived at a cluster, and how it is answered."""

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tamis.envoy.trace import HostCall
from tamis.envoy.wire import grpc
from tamis.envoy.wire.service import Arrival, Service
from tamis.model.exchange import CalloutReply, CalloutRule, Headers, to_bytes
from tamis.model.expectation import BodyExpectation
from tamis.model.outcome import Callout

__all__ = ["CALLS", "Made", "Rules", "answer", "may_reach", "pair"]

Kind = Literal["http", "grpc_call", "grpc_stream"]

#: Host functions that open a callout.
CALLS: dict[str, Kind] = {
    "proxy_http_call": "http",
    "proxy_grpc_call": "grpc_call",
    "proxy_grpc_stream": "grpc_stream",
}
#: Which argument is the timeout in milliseconds.
_TIMEOUT = {"proxy_http_call": 8, "proxy_grpc_call": 10}
_MILLISECOND, _SECOND = 1_000_000, 1_000_000_000


@dataclass(slots=True, eq=False)
class Made:
    """A callout on its way. `timeout` nanoseconds (None: none), from `at`, when it was made.

    `since`: real seconds (monotonic) at which it was not made yet. `asked`: its server has all it
    needs to answer. `spoken`: the server of a gRPC call has sent its messages.
    """

    arrival: Arrival
    kind: Kind
    timeout: int | None
    at: int
    since: float
    reply: CalloutReply = CalloutReply()
    asked: bool = False
    spoken: bool = False
    over: bool = False

    @property
    def messages(self) -> tuple[bytes, ...]:
        """What gRPC sent until now."""
        return grpc.messages(bytes(self.arrival.seen.body)) if self.kind != "http" else ()

    @property
    def late(self) -> bool:
        """Envoy wants no answer, and may have waited in real time for as long as it was told to."""
        limit = self.timeout
        passed = time.monotonic() - self.since
        return self.arrival.gone and limit is not None and passed * _SECOND >= limit

    @property
    def complete(self) -> bool:
        """The server can answer: of gRPC, the first message or the end is enough."""
        return self.arrival.seen.end or (self.kind != "http" and bool(self.messages))

    def outcome(self) -> Callout:
        """As the other side saw it."""
        seen = self.arrival.seen
        return Callout(
            cluster=self.arrival.cluster,
            headers=seen.headers or (),
            body=bytes(seen.body) if self.kind == "http" else b"",
            trailers=seen.trailers,
            kind=self.kind,
            messages=self.messages,
        )


@dataclass(slots=True)
class Rules:
    """The fixture's rules, and how often each may still answer."""

    rules: Sequence[CalloutRule]
    left: list[int | None] = field(init=False)

    def __post_init__(self) -> None:
        self.left = [rule.times for rule in self.rules]

    def take(self, cluster: str, headers: Headers, body: bytes) -> CalloutRule | None:
        """The first rule that matches; it has answered once more then."""
        for number, rule in enumerate(self.rules):
            left = self.left[number]
            if left != 0 and not rule.reply.no_cluster and _matches(rule, cluster, headers, body):
                self.left[number] = None if left is None else left - 1
                return rule
        return None


def pair(
    calls: Iterable[HostCall], arrivals: Iterable[Arrival], now: int, since: float
) -> list[Made]:
    """The arrivals in the order in which the guest made them, with what only the guest knows.

    `now`: virtual nanoseconds at which they were made; `since`: real seconds before that.

    Clusters have connections of their own: what arrives on two of them may change places.
    """
    left = list(arrivals)
    made = []
    for call in calls:
        kind = CALLS[call.name]
        found = next((each for each in left if _fits(call, kind, each)), None)
        if found:
            left.remove(found)
            made.append(Made(found, kind, _timeout(call), now, since))
    return made + [Made(each, _kind(each), _told(each), now, since) for each in left]


def answer(service: Service, made: Made, reply: CalloutReply) -> None:
    """The answer to an HTTP callout."""
    made.over = True
    if reply.headers:
        service.answer(
            made.arrival, reply.headers, reply.body, reply.trailers, whole=not reply.reset
        )
    if reply.reset:
        service.reset(made.arrival)


def may_reach(call: HostCall, cluster: str) -> bool:
    """Whether a callout may be to `cluster`: the log tells how long its name is.

    gRPC may name its cluster by a message.
    """
    return CALLS[call.name] != "http" or call.args[1] == len(to_bytes(cluster))


def _fits(call: HostCall, kind: Kind, arrival: Arrival) -> bool:
    same = (kind == "http") == (_kind(arrival) == "http")
    return same and may_reach(call, arrival.cluster)


def _kind(arrival: Arrival) -> Kind:
    values = dict(arrival.seen.headers or ())
    return "grpc_call" if values.get("content-type") == "application/grpc" else "http"


def _timeout(call: HostCall) -> int | None:
    at = _TIMEOUT.get(call.name)
    milliseconds = call.args[at] if at is not None else 0
    return milliseconds * _MILLISECOND or None


def _told(arrival: Arrival) -> int | None:
    """The timeout that Envoy says in a header, of a guest whose calls are not seen."""
    milliseconds = dict(arrival.seen.headers or ()).get("x-envoy-expected-rq-timeout-ms", "")
    return int(milliseconds) * _MILLISECOND if milliseconds.isdigit() else None


def _matches(rule: CalloutRule, cluster: str, headers: Headers, body: bytes) -> bool:
    values: dict[str, str] = {}
    for name, value in headers:
        values.setdefault(name, value)
    return (
        rule.match.cluster == cluster
        and all(values.get(name) == value for name, value in rule.match.headers.items())
        and (rule.match.body is None or _holds(rule.match.body, body))
    )


def _holds(wanted: BodyExpectation, body: bytes) -> bool:
    if wanted.equals is not None:
        return wanted.equals == body
    if wanted.contains is not None:
        return wanted.contains in body
    return re.search(to_bytes(wanted.matches or ""), body) is not None
