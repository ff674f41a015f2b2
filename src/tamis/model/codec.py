"""Outcomes to JSON and back, as `schemas/outcome.json` says. Pure: values in, values out.

Keys stand in one order (fields as declared, mappings sorted), so equal outcomes are equal text.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tamis.model.exchange import Headers
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

__all__ = [
    "Json",
    "decode",
    "dumps",
    "encode",
    "loads",
    "of_bytes",
    "of_counts",
    "of_text",
    "of_trap",
]

#: A value as `json` reads and writes it.
Json = Any

_SURROGATE = re.compile("[\ud800-\udfff]")


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
            name: tuple(_to_bytes(item) for item in items)
            for name, items in value["queues"].items()
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


def dumps(value: Mapping[str, Json]) -> str:
    """JSON text with a newline at its end: two spaces of indent, short lists on one line.

    Lone surrogates (bytes that are not UTF-8, in keys) are escaped, so the text is always UTF-8.
    """
    text = _text_of(value, 0) + "\n"
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


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


def of_text(text: str) -> Json:
    """A string; surrogate escapes (bytes that are not UTF-8) as base64."""
    if _SURROGATE.search(text):
        return _base64(text.encode("utf-8", "surrogateescape"))
    return text


def of_bytes(raw: bytes) -> Json:
    """A string where the bytes are printable UTF-8, else base64."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return _base64(raw)
    printable = all(char.isprintable() or char in "\n\r\t" for char in text)
    return text if printable else _base64(raw)


def _base64(raw: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(raw).decode()}


def _text_of(value: Json, indent: int) -> str:
    """Like json.dumps(indent=2), but what fits in a line stays there; headers have a line each."""
    flat = json.dumps(value, ensure_ascii=False)
    headers = isinstance(value, list) and len(value) > 1 and isinstance(value[0], list)
    if not isinstance(value, Mapping | list) or not value:
        return flat
    if not headers and len(flat) + indent <= _LINE:
        return flat
    inner = " " * (indent + 2)
    if isinstance(value, list):
        lines = [inner + _text_of(item, indent + 2) for item in value]
        return "[\n" + ",\n".join(lines) + "\n" + " " * indent + "]"
    lines = [
        f"{inner}{json.dumps(key, ensure_ascii=False)}: {_text_of(item, indent + 2)}"
        for key, item in value.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n" + " " * indent + "}"


_LINE = 80


# From JSON --------------------------------------------------------------------------------------


def _to_exchange(value: Mapping[str, Json]) -> ExchangeOutcome:
    reply = value["local_reply"]
    return ExchangeOutcome(
        request=_to_message(value["request"]),
        response=_to_message(value["response"]),
        local_reply=reply and LocalReply(reply["status"], _to_text(reply["details"])),
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
        body=_to_bytes(value["body"]),
        trailers=_to_headers(value["trailers"]),
        complete=value["complete"],
    )


def _to_callout(value: Mapping[str, Json]) -> Callout:
    return Callout(
        cluster=_to_text(value["cluster"]),
        headers=_to_headers(value["headers"]),
        body=_to_bytes(value["body"]),
        trailers=_to_headers(value["trailers"]),
        kind=value["kind"],
        messages=tuple(_to_bytes(item) for item in value.get("messages", ())),
    )


def _to_log(value: Mapping[str, Json]) -> LogLine:
    plugin = _to_text(value.get("plugin", ""))
    return LogLine(value["level"], _to_text(value["message"]), value["step"], plugin)


def _to_connection(value: Mapping[str, Json]) -> ConnectionOutcome:
    return ConnectionOutcome(
        upstream=_to_bytes(value["upstream"]),
        downstream=_to_bytes(value["downstream"]),
        closed=value["closed"],
        pauses=_to_pauses(value["pauses"]),
    )


def _to_trap(value: Mapping[str, Json]) -> Trap:
    frames = tuple(_to_text(frame) for frame in value.get("frames", ()))
    return Trap(value["callback"], value["kind"], _to_text(value.get("text", "")), frames)


def _to_headers(value: Sequence[Sequence[Json]]) -> Headers:
    return tuple((_to_text(name), _to_text(text)) for name, text in value)


def _to_byte_map(value: Mapping[str, Json]) -> dict[str, bytes]:
    return {key: _to_bytes(item) for key, item in value.items()}


def _to_text(value: Json) -> str:
    return value if isinstance(value, str) else _to_bytes(value).decode("utf-8", "surrogateescape")


def _to_bytes(value: Json) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8")
    return base64.b64decode(value["base64"], validate=True)
