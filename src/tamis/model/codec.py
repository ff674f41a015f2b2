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
    Counts,
    ExchangeOutcome,
    LocalReply,
    LogLine,
    Message,
    Outcome,
    Pause,
    Trap,
)

__all__ = ["Json", "decode", "dumps", "encode", "loads"]

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
            name: [_bytes(item) for item in items] for name, items in sorted(outcome.queues.items())
        },
        "callouts": [_callout(callout) for callout in outcome.callouts],
        "filter_state": _byte_map(outcome.filter_state),
        "connections": [_byte_map(connection) for connection in outcome.connections],
        "trap": None if outcome.trap is None else _trap(outcome.trap),
        "unimplemented": _sorted(outcome.unimplemented),
        "counts": _counts(outcome.counts),
        "virtual_time": outcome.virtual_time,
    }


def decode(value: Mapping[str, Json]) -> Outcome:
    """The outcome of JSON values that are valid by the schema.

    Raises KeyError, TypeError or ValueError for others: validate what you did not write.
    """
    return Outcome(
        start=value["start"],
        exchanges=tuple(_to_exchange(item) for item in value["exchanges"]),
        logs=tuple(
            LogLine(item["level"], _to_text(item["message"]), item["exchange"])
            for item in value["logs"]
        ),
        metrics=dict(value["metrics"]),
        shared_data=_to_byte_map(value["shared_data"]),
        queues={
            name: tuple(_to_bytes(item) for item in items)
            for name, items in value["queues"].items()
        },
        callouts=tuple(_to_callout(item) for item in value["callouts"]),
        filter_state=_to_byte_map(value["filter_state"]),
        connections=tuple(_to_byte_map(item) for item in value["connections"]),
        trap=None if value["trap"] is None else _to_trap(value["trap"]),
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
        "local_reply": reply and {"status": reply.status, "details": _text(reply.details)},
        "reset": exchange.reset,
        "pauses": [{"callback": item.callback, "status": item.status} for item in exchange.pauses],
    }


def _message(message: Message | None) -> dict[str, Json] | None:
    if message is None:
        return None
    return {
        "headers": _headers(message.headers),
        "body": _bytes(message.body),
        "trailers": _headers(message.trailers),
        "complete": message.complete,
    }


def _log(line: LogLine) -> dict[str, Json]:
    return {"level": line.level, "message": _text(line.message), "exchange": line.exchange}


def _callout(callout: Callout) -> dict[str, Json]:
    return {
        "cluster": _text(callout.cluster),
        "headers": _headers(callout.headers),
        "body": _bytes(callout.body),
        "trailers": _headers(callout.trailers),
    }


def _trap(trap: Trap) -> dict[str, Json]:
    text = {"text": _text(trap.text)} if trap.text else {}
    return {"callback": trap.callback, "kind": trap.kind, **text}


def _counts(counts: Counts) -> dict[str, Json]:
    return {
        "calls": _sorted(counts.calls),
        "bytes_in": counts.bytes_in,
        "bytes_out": counts.bytes_out,
        "allocations": counts.allocations,
        "memory_high_water": counts.memory_high_water,
        "fuel": counts.fuel,
    }


def _headers(headers: Headers) -> list[list[Json]]:
    return [[_text(name), _text(value)] for name, value in headers]


def _sorted(entries: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(entries.items()))


def _byte_map(entries: Mapping[str, bytes]) -> dict[str, Json]:
    return {key: _bytes(value) for key, value in sorted(entries.items())}


def _text(text: str) -> Json:
    """A string; surrogate escapes (bytes that are not UTF-8) as base64."""
    if _SURROGATE.search(text):
        return _base64(text.encode("utf-8", "surrogateescape"))
    return text


def _bytes(raw: bytes) -> Json:
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
        pauses=tuple(Pause(item["callback"], item["status"]) for item in value["pauses"]),
    )


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
    )


def _to_trap(value: Mapping[str, Json]) -> Trap:
    return Trap(value["callback"], value["kind"], _to_text(value.get("text", "")))


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
