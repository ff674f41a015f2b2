"""Outcomes to JSON and back, as `schemas/outcome.json` says. Pure: values in, values out.

Keys stand in one order (fields as declared, mappings sorted), so equal outcomes are equal text.
"""

import json
from collections.abc import Mapping, Sequence

from tamis.model.exchange import Headers
from tamis.model.json_values import Json, of_bytes, of_text, to_bytes, to_text
from tamis.model.outcome import (
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

__all__ = ["decode", "encode", "loads", "of_counts", "of_trap"]


def encode(outcome: Outcome) -> dict[str, Json]:
    """The outcome as JSON values."""
    return {
        "start": outcome.start,
        "exchanges": [_exchange(exchange) for exchange in outcome.exchanges],
        "logs": [_log(line) for line in outcome.logs],
        "metrics": _sorted(outcome.metrics),
        "shared_data": _byte_map(outcome.shared_data),
        "queues": {
            name: [of_bytes(item) for item in items]
            for name, items in sorted(outcome.queues.items())
        },
        "callouts": [_callout(callout) for callout in outcome.callouts],
        "filter_state": _byte_map(outcome.filter_state),
        "connections": [_connection(connection) for connection in outcome.connections],
        "trap": None if outcome.trap is None else of_trap(outcome.trap),
        "unanswered": [_callout(callout) for callout in outcome.unanswered],
        "failed_calls": [
            {"call": item.call, "status": item.status, "count": item.count}
            for item in outcome.failed_calls
        ],
        "unimplemented": _sorted(outcome.unimplemented),
        "counts": of_counts(outcome.counts),
        "virtual_time": outcome.virtual_time,
    }


def decode(value: Mapping[str, Json]) -> Outcome:
    """The outcome of JSON values that are valid by the schema.

    Raises KeyError, TypeError or ValueError for others: validate what you did not write.
    """
    return Outcome(
        start=value["start"],
        exchanges=tuple(_to_exchange(item) for item in value["exchanges"]),
        logs=tuple(_to_log(item) for item in value["logs"]),
        metrics=dict(value["metrics"]),
        shared_data=_to_byte_map(value["shared_data"]),
        queues={
            name: tuple(to_bytes(item) for item in items) for name, items in value["queues"].items()
        },
        callouts=tuple(_to_callout(item) for item in value["callouts"]),
        filter_state=_to_byte_map(value["filter_state"]),
        connections=tuple(_to_connection(item) for item in value["connections"]),
        trap=None if value["trap"] is None else _to_trap(value["trap"]),
        unanswered=tuple(_to_callout(item) for item in value["unanswered"]),
        failed_calls=tuple(FailedCall(**item) for item in value["failed_calls"]),
        unimplemented=dict(value["unimplemented"]),
        counts=Counts(**value["counts"]) if "counts" in value else Counts(),
        virtual_time=value["virtual_time"],
    )


def loads(text: str) -> Outcome:
    """The outcome that `dumps(encode(outcome))` wrote. Raises ValueError where it is not one."""
    return decode(json.loads(text))


# To JSON ----------------------------------------------------------------------------------------


def _exchange(exchange: ExchangeOutcome) -> dict[str, Json]:
    reply = exchange.local_reply
    return {
        "request": _message(exchange.request),
        "response": _message(exchange.response),
        "local_reply": reply and {"status": reply.status, "details": of_text(reply.details)},
        "reset": exchange.reset,
        "pauses": _pauses(exchange.pauses),
    }


def _pauses(pauses: Sequence[Pause]) -> list[Json]:
    return [{"callback": item.callback, "status": item.status} for item in pauses]


def _message(message: Message | None) -> dict[str, Json] | None:
    if message is None:
        return None
    return {
        "headers": _headers(message.headers),
        "body": of_bytes(message.body),
        "trailers": _headers(message.trailers),
        "complete": message.complete,
    }


def _log(line: LogLine) -> dict[str, Json]:
    plugin = {"plugin": of_text(line.plugin)} if line.plugin else {}
    return {"level": line.level, "message": of_text(line.message), "step": line.step, **plugin}


def _callout(callout: Callout) -> dict[str, Json]:
    messages = {"messages": [of_bytes(item) for item in callout.messages]}
    return {
        "kind": callout.kind,
        "cluster": of_text(callout.cluster),
        "headers": _headers(callout.headers),
        "body": of_bytes(callout.body),
        "trailers": _headers(callout.trailers),
        **(messages if callout.kind != "http" or callout.messages else {}),
    }


def _connection(connection: ConnectionOutcome) -> dict[str, Json]:
    return {
        "upstream": of_bytes(connection.upstream),
        "downstream": of_bytes(connection.downstream),
        "closed": connection.closed,
        "pauses": _pauses(connection.pauses),
    }


def of_trap(trap: Trap) -> dict[str, Json]:
    """A trap as it stands in an outcome."""
    text = {"text": of_text(trap.text)} if trap.text else {}
    frames = {"frames": [of_text(frame) for frame in trap.frames]} if trap.frames else {}
    return {"callback": trap.callback, "kind": trap.kind, **text, **frames}


def of_counts(counts: Counts) -> dict[str, Json]:
    """Counts as they stand in an outcome."""
    return {
        "calls": _sorted(counts.calls),
        "bytes_in": counts.bytes_in,
        "bytes_out": counts.bytes_out,
        "allocations": counts.allocations,
        "memory_high_water": counts.memory_high_water,
        "fuel": counts.fuel,
    }


def _headers(headers: Headers) -> list[list[Json]]:
    return [[of_text(name), of_text(value)] for name, value in headers]


def _sorted(entries: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(entries.items()))


def _byte_map(entries: Mapping[str, bytes]) -> dict[str, Json]:
    return {key: of_bytes(value) for key, value in sorted(entries.items())}


# From JSON --------------------------------------------------------------------------------------


def _to_exchange(value: Mapping[str, Json]) -> ExchangeOutcome:
    reply = value["local_reply"]
    return ExchangeOutcome(
        request=_to_message(value["request"]),
        response=_to_message(value["response"]),
        local_reply=reply and LocalReply(reply["status"], to_text(reply["details"])),
        reset=value["reset"],
        pauses=_to_pauses(value["pauses"]),
    )


def _to_pauses(value: Sequence[Mapping[str, Json]]) -> tuple[Pause, ...]:
    return tuple(Pause(item["callback"], item["status"]) for item in value)


def _to_message(value: Mapping[str, Json] | None) -> Message | None:
    if value is None:
        return None
    return Message(
        headers=_to_headers(value["headers"]),
        body=to_bytes(value["body"]),
        trailers=_to_headers(value["trailers"]),
        complete=value["complete"],
    )


def _to_callout(value: Mapping[str, Json]) -> Callout:
    return Callout(
        cluster=to_text(value["cluster"]),
        headers=_to_headers(value["headers"]),
        body=to_bytes(value["body"]),
        trailers=_to_headers(value["trailers"]),
        kind=value["kind"],
        messages=tuple(to_bytes(item) for item in value.get("messages", ())),
    )


def _to_log(value: Mapping[str, Json]) -> LogLine:
    plugin = to_text(value.get("plugin", ""))
    return LogLine(value["level"], to_text(value["message"]), value["step"], plugin)


def _to_connection(value: Mapping[str, Json]) -> ConnectionOutcome:
    return ConnectionOutcome(
        upstream=to_bytes(value["upstream"]),
        downstream=to_bytes(value["downstream"]),
        closed=value["closed"],
        pauses=_to_pauses(value["pauses"]),
    )


def _to_trap(value: Mapping[str, Json]) -> Trap:
    frames = tuple(to_text(frame) for frame in value.get("frames", ()))
    return Trap(value["callback"], value["kind"], to_text(value.get("text", "")), frames)


def _to_headers(value: Sequence[Sequence[Json]]) -> Headers:
    return tuple((to_text(name), to_text(text)) for name, text in value)


def _to_byte_map(value: Mapping[str, Json]) -> dict[str, bytes]:
    return {key: to_bytes(item) for key, item in value.items()}
