"""From what the core reports to the values every host speaks in."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tamis.host.backtrace import frames
from tamis.host.trace import status_names
from tamis.model.exchange import Fixture, Headers, Protocol, Request, to_text
from tamis.model.outcome import (
    LOG_LEVELS,
    Callout,
    ConnectionOutcome,
    Counts,
    ExchangeOutcome,
    FailedCall,
    LocalReply,
    LogLine,
    Message,
    Outcome,
    Pause,
    Trap,
)
from tamis.profiles import wire

__all__ = ["counts", "outcome", "trap"]

#: Statuses that say no, but not that anything is wrong, and the host functions that give them so.
_ANSWERS = {
    "NOT_FOUND": (
        "proxy_get_header_map_value",
        "proxy_get_property",
        "proxy_get_buffer_bytes",
        "proxy_get_shared_data",
        "proxy_resolve_shared_queue",
    ),
    "EMPTY": ("proxy_dequeue_shared_queue",),
    "CAS_MISMATCH": ("proxy_set_shared_data",),
}


def outcome(raw: Mapping[str, Any], fixture: Fixture, *, envoy_minor: int) -> Outcome:
    """Of one run of `fixture`; `raw` is what `_core.run` returns."""
    rules = wire.load(envoy_minor)
    last = (raw["connections"] or raw["exchanges"])[-1:]
    state = {to_text(key): value for each in last for key, value in each["filter_state"]}
    calls = [(each, _callout(each, rules)) for each in raw["callouts"]]
    names = [each.plugin.name for each in fixture.beside]
    return Outcome(
        start=raw["refused"] or "ok",
        exchanges=tuple(
            _exchange(each, exchange.request, fixture.protocol, rules)
            for each, exchange in zip(raw["exchanges"], fixture.exchanges, strict=False)
        ),
        logs=tuple(_log(line, names) for line in raw["logs"]),
        metrics={to_text(name): value for name, value in raw["metrics"]},
        shared_data={to_text(key): value for key, value in raw["shared_data"]},
        queues={to_text(name): tuple(items) for name, items in raw["queues"]},
        callouts=tuple(call for each, call in calls if each["made"]),
        unanswered=tuple(call for each, call in calls if not each["answered"]),
        filter_state=state,
        connections=tuple(_connection(each) for each in raw["connections"]),
        trap=trap(raw),
        failed_calls=_failed(raw["failed_calls"]),
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
    kind, callback, words, backtrace, places = raw["trap"]
    return Trap(callback, kind, to_text(words), frames(backtrace, places))


def _failed(raw: Sequence[tuple[str, int, int]]) -> tuple[FailedCall, ...]:
    """What no filter should meet; a lookup that finds nothing is an answer."""
    if not raw:
        return ()
    names = status_names()
    every = (FailedCall(call, names[status], count) for call, status, count in raw)
    return tuple(each for each in every if each.call not in _ANSWERS.get(each.status, ()))


def _exchange(
    raw: Mapping[str, Any], request: Request, protocol: Protocol, rules: wire.Wire
) -> ExchangeOutcome:
    reply = raw["local_reply"]
    sent = _message(raw["request"], "request", rules)
    if sent and any(name == ":scheme" for name, _ in request.headers):
        sent = replace(sent, headers=wire.routed(sent.headers))
    response = _message(raw["response"], "response", rules, http1=protocol == "http/1.1")
    if response and _interim(response):
        response = None
    elif response and protocol == "http/1.1":
        response = _over_http1(response, head=(":method", "HEAD") in request.headers)
    return ExchangeOutcome(
        request=sent,
        response=response,
        local_reply=LocalReply(reply[0], to_text(reply[1])) if reply else None,
        reset=raw["reset"] or None,
        pauses=_pauses(raw),
    )


def _connection(raw: Mapping[str, Any]) -> ConnectionOutcome:
    return ConnectionOutcome(
        upstream=raw["upstream"],
        downstream=raw["downstream"],
        closed=raw["closed"] or None,
        pauses=_pauses(raw),
    )


def _pauses(raw: Mapping[str, Any]) -> tuple[Pause, ...]:
    return tuple(Pause(name.removeprefix("proxy_on_"), status) for name, status in raw["pauses"])


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


def _message(
    raw: Sequence[Any] | None, direction: wire.Direction, rules: wire.Wire, *, http1: bool = False
) -> Message | None:
    if raw is None:
        return None
    headers, body, trailers, complete = raw
    pairs = rules.leaving(_headers(headers), direction, http1=http1)
    return Message(pairs, body, rules.written(_headers(trailers)), complete)


def _log(raw: tuple[int, bytes, int, int], beside: Sequence[str]) -> LogLine:
    level, message, step, plugin = raw
    name = beside[plugin] if plugin < len(beside) else ""
    return LogLine(LOG_LEVELS[level], to_text(message), step if step >= 0 else None, name)


def _callout(raw: Mapping[str, Any], rules: wire.Wire) -> Callout:
    return Callout(
        cluster=to_text(raw["cluster"]),
        headers=rules.written(_headers(raw["headers"])),
        body=raw["body"],
        trailers=rules.written(_headers(raw["trailers"])),
        kind=raw["kind"],
        messages=tuple(raw["messages"]),
    )


def _headers(raw: Sequence[tuple[bytes, bytes]]) -> Headers:
    return tuple((to_text(name), to_text(value)) for name, value in raw)
