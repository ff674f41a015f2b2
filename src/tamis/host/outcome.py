"""From what the core reports to the values every host speaks in."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tamis.model.exchange import Fixture, Protocol, Request, to_text
from tamis.model.outcome import (
    LOG_LEVELS,
    Counts,
    ExchangeOutcome,
    LocalReply,
    LogLine,
    Message,
    Outcome,
    Pause,
    Trap,
)
from tamis.profiles import wire

__all__ = ["counts", "outcome", "trap"]


def outcome(raw: Mapping[str, Any], fixture: Fixture) -> Outcome:
    """Of one run of `fixture`; `raw` is what `_core.run` returns."""
    state = {
        to_text(key): value for each in raw["exchanges"] for key, value in each["filter_state"]
    }
    return Outcome(
        start=raw["refused"] or "ok",
        exchanges=tuple(
            _exchange(each, exchange.request, fixture.protocol)
            for each, exchange in zip(raw["exchanges"], fixture.exchanges, strict=False)
        ),
        logs=tuple(_log(line) for line in raw["logs"]),
        filter_state=state,
        trap=trap(raw),
        unimplemented=raw["counts"]["unimplemented"],
        counts=counts(raw),
        virtual_time=raw["virtual_time"],
    )


def counts(raw: Mapping[str, Any]) -> Counts:
    """The costs in what `_core.run` or `_core.replay` returns."""
    figures = raw["counts"]
    return Counts(
        calls=figures["calls"],
        bytes_in=figures["bytes_in"],
        bytes_out=figures["bytes_out"],
        allocations=figures["allocations"],
        memory_high_water=figures["memory_high_water"],
        fuel=figures["fuel"],
    )


def trap(raw: Mapping[str, Any]) -> Trap | None:
    """How the guest broke, if it did."""
    if raw["trap"] is None:
        return None
    kind, callback, words = raw["trap"]
    return Trap(callback, kind, to_text(words))


def _exchange(raw: Mapping[str, Any], request: Request, protocol: Protocol) -> ExchangeOutcome:
    reply = raw["local_reply"]
    sent = _message(raw["request"], "request")
    if sent and any(name == ":scheme" for name, _ in request.headers):
        sent = replace(sent, headers=wire.routed(sent.headers))
    response = _message(raw["response"], "response")
    if response and _interim(response):
        response = None
    elif response and protocol == "http/1.1":
        response = _over_http1(response, head=(":method", "HEAD") in request.headers)
    return ExchangeOutcome(
        request=sent,
        response=response,
        local_reply=LocalReply(reply[0], to_text(reply[1])) if reply else None,
        reset=raw["reset"] or None,
        pauses=tuple(
            Pause(name.removeprefix("proxy_on_"), status) for name, status in raw["pauses"]
        ),
    )


def _interim(response: Message) -> bool:
    """A client takes a status of 1xx for a notice, and waits on for the response."""
    status = dict(response.headers).get(":status", "")
    return len(status) == 3 and status.startswith("1")


def _over_http1(response: Message, *, head: bool) -> Message:
    """As an HTTP/1.1 client reads it: Envoy writes no trailers unless it is told to, and checks no
    body against the length that it declares.
    """
    headers = dict(response.headers)
    length = headers.get("content-length", "")
    if head or headers.get(":status") in ("204", "304"):
        return replace(response, trailers=(), body=b"", complete=True)
    if not length.isdecimal():
        return replace(response, trailers=())
    complete = response.complete and len(response.body) >= int(length)
    return replace(response, trailers=(), body=response.body[: int(length)], complete=complete)


def _message(raw: Sequence[Any] | None, direction: wire.Direction) -> Message | None:
    if raw is None:
        return None
    headers, body, trailers, complete = raw
    pairs = tuple((to_text(name), to_text(value)) for name, value in headers)
    return Message(
        wire.load().leaving(pairs, direction),
        body,
        tuple((to_text(name), to_text(value)) for name, value in trailers),
        complete,
    )


def _log(raw: tuple[int, bytes, int]) -> LogLine:
    level, message, exchange = raw
    return LogLine(LOG_LEVELS[level], to_text(message), exchange if exchange >= 0 else None)
