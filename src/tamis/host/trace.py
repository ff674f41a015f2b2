"""From the core's record of crossings to a trace."""

import struct
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from tamis.abi import table
from tamis.model.exchange import Headers, to_text
from tamis.model.trace import Crossing, Excerpt, Trace, Value

__all__ = ["status_names", "trace"]

#: As the core reports bytes: their beginning (None: not the guest's) and their size.
_Bytes = tuple[bytes | None, int]


def trace(raw: Mapping[str, Any]) -> Trace:
    """Of one run; `raw` is what `_core.run` returns."""
    return Trace(tuple(map(_crossing, raw["trace"])), raw["trace_more"])


@cache
def status_names() -> Mapping[int, str]:
    """Of what a host function answers."""
    return _names("status")


@cache
def _names(enum: str) -> Mapping[int, str]:
    return {number: name for name, number in table.raw()["enums"][enum].items()}


def _crossing(raw: Sequence[Any]) -> Crossing:
    to_guest, name, depth, vm, step, arguments, values, result, trapped, fuel, *copied = raw
    given, got = ((), ()) if to_guest else _pairs_in(name)
    return Crossing(
        way="host->vm" if to_guest else "vm->host",
        name=name,
        arguments=_values(arguments, given),
        result=result,
        status="" if to_guest or result is None else _status(name, result),
        values=_values(values, got),
        trapped=trapped,
        fuel=fuel,
        depth=depth,
        step=step if step >= 0 else None,
        vm=vm,
        bytes_in=copied[0],
        bytes_out=copied[1],
        allocations=copied[2],
    )


def _status(name: str, result: int) -> str:
    roles = {str(each.get("role", "")) for each in _entry(name)["results"]}
    for role in roles:
        if role.startswith("enum:"):
            return _names(role.removeprefix("enum:")).get(result, "")
    return ""


def _entry(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = table.raw()["imports"].get(name) or table.raw()["wasi"][name]
    return found


@cache
def _pairs_in(name: str) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
    """Of the bytes a host function is told, then of those it gives: which are header maps."""
    params = [(each["name"], each.get("role", "")) for each in _entry(name)["params"]]

    def pairs(role: str) -> tuple[bool, ...]:
        return tuple("serialized" in param for param, kind in params if kind.startswith(role))

    return pairs("in_data_ptr"), pairs("out_data_ptr_ptr")


def _values(raw: Sequence[int | _Bytes], pairs: Sequence[bool]) -> tuple[Value, ...]:
    """`pairs`: for each of the bytes among them, whether it is a header map."""
    kinds = iter(pairs)
    return tuple(
        each if isinstance(each, int) else _bytes(each, pairs=next(kinds, False)) for each in raw
    )


def _bytes(raw: _Bytes, *, pairs: bool) -> Value:
    data, size = raw
    if pairs and data is not None and len(data) == size:
        headers = _headers(data)
        if headers is not None:
            return headers
    return Excerpt(data, size)


def _headers(data: bytes) -> Headers | None:
    """Serialized pairs: their number, the sizes of names and values, then each with a NUL."""
    if not data:
        return ()
    try:
        (count,) = struct.unpack_from("<I", data)
        sizes = struct.unpack_from(f"<{2 * count}I", data, 4)
    except struct.error:
        return None
    at, texts = 4 + 8 * count, []
    for size in sizes:
        texts.append(data[at : at + size])
        at += size + 1
    if at != len(data):
        return None
    return tuple(zip(map(to_text, texts[::2]), map(to_text, texts[1::2]), strict=True))
