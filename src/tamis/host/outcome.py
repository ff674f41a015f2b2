"""From what the core reports to the values every host speaks in."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tamis.host.script import text
from tamis.model.exchange import Protocol
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


def outcome(raw: Mapping[str, Any], protocol: Protocol = "http/2") -> Outcome:
    """Of one run; `raw` is what `_core.run` returns, `protocol` what the client speaks."""
    state = {text(key): value for each in raw["exchanges"] for key, value in each["filter_state"]}
    return Outcome(
        start=raw["refused"] or "ok",
        exchanges=tuple(_exchange(each, protocol) for each in raw["exchanges"]),
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
    return Trap(callback, kind, text(words))


def _exchange(raw: Mapping[str, Any], protocol: Protocol) -> ExchangeOutcome:
    reply = raw["local_reply"]
    response = _message(raw["response"], "response")
    if response and protocol == "http/1.1":
        # Envoy's HTTP/1 codec writes no trailers unless it is told to.
        response = replace(response, trailers=())
    return ExchangeOutcome(
        request=_message(raw["request"], "request"),
        response=response,
        local_reply=LocalReply(reply[0], text(reply[1])) if reply else None,
        reset=raw["reset"] or None,
        pauses=tuple(
            Pause(name.removeprefix("proxy_on_"), status) for name, status in raw["pauses"]
        ),
    )


def _message(raw: Sequence[Any] | None, direction: wire.Direction) -> Message | None:
    if raw is None:
        return None
    headers, body, trailers, complete = raw
    pairs = tuple((text(name), text(value)) for name, value in headers)
    return Message(
        wire.load().leaving(pairs, direction),
        body,
        tuple((text(name), text(value)) for name, value in trailers),
        complete,
    )


def _log(raw: tuple[int, bytes, int]) -> LogLine:
    level, message, exchange = raw
    return LogLine(LOG_LEVELS[level], text(message), exchange if exchange >= 0 else None)
