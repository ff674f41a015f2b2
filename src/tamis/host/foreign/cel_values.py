"""CEL values as properties travel."""

import re
import struct
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from tamis.abi.properties import pairs
from tamis.host.foreign.answer import Refused, Status

__all__ = ["Value", "encode", "nanoseconds", "unpair"]

_INT, _UINT, _DOUBLE = struct.Struct("<q"), struct.Struct("<Q"), struct.Struct("<d")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = re.compile(r"(.*T\d\d:\d\d:\d\d)(\.\d+)?Z\Z")


class _Type(Protocol):
    def name(self) -> str: ...


class Value(Protocol):
    """What the engine gives: `value` has lists and maps of Values."""

    def type(self) -> _Type:
        """The CEL type."""

    def value(self) -> object:
        """In Python's types."""


def encode(value: Value) -> bytes:
    """Of a value the engine gave. Raises Refused for what has no wire form, and for errors."""
    kind = value.type().name().partition("<")[0]
    if kind == "ERROR":
        raise Refused(Status.INTERNAL_FAILURE)
    match value.value():
        case list() as items:
            return pairs([(encode(item), b"") for item in items])
        case dict() as items:
            return pairs([(_plain(key), encode(item)) for key, item in items.items()])
        case plain:
            return _plain(plain)


def nanoseconds(text: str) -> bytes:
    """Of a timestamp or a duration as CEL's `string` writes it: finer than Python's types are."""
    found = _TIME.match(text)
    if found is None:
        return _signed(int(Decimal(text.removesuffix("s")) * 10**9))
    fraction = int(Decimal(found[2] or 0) * 10**9)
    return _signed(_since_epoch(datetime.fromisoformat(found[1] + "Z")) + fraction)


def unpair(data: bytes) -> Mapping[bytes, bytes]:
    """A map that a property gave."""
    count = int.from_bytes(data[:4], "little")
    sizes = struct.unpack_from(f"<{2 * count}I", data, 4) if count else ()
    found, at = {}, 4 + 8 * count
    for key, value in zip(sizes[::2], sizes[1::2], strict=True):
        found[data[at : at + key]] = data[at + key + 1 : at + key + 1 + value]
        at += key + value + 2
    return found


def _plain(value: object) -> bytes:
    match value:
        case bool():
            return b"\1" if value else b"\0"
        case int():
            return _INT.pack(value) if value < 2**63 else _UINT.pack(value)
        case float():
            return _DOUBLE.pack(value)
        case str():
            return value.encode()
        case bytes() | bytearray():
            return bytes(value)
        case datetime():
            return _signed(_since_epoch(value))
        case timedelta():
            return _signed(value // timedelta(microseconds=1) * 1000)
    raise Refused(Status.SERIALIZATION_FAILURE)  # null, a type, a message


def _since_epoch(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def _signed(number: int) -> bytes:
    """The nearest that 64 bits hold."""
    return _INT.pack(min(max(number, -(2**63)), 2**63 - 1))
