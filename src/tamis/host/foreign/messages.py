"""The few protobuf messages that go in and out of foreign functions."""

from collections.abc import Iterator, Mapping

from tamis.host.foreign.answer import Refused, Status

__all__ = ["fields", "parse", "write"]

_Value = int | bytes
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def fields(data: bytes) -> Iterator[tuple[int, _Value]]:
    """Field numbers and raw values, in order. Raises ValueError where it is no message."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if number == 0 or tag >= 2**32:
            raise ValueError
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire == _BYTES:
            size, at = _varint(data, at)
        else:
            size = {_FIXED64: 8, _FIXED32: 4}.get(wire, len(data) + 1)
        if at + size > len(data):
            raise ValueError
        yield number, data[at : at + size]
        at += size


def parse(data: bytes, texts: Mapping[int, str], others: Mapping[int, str]) -> dict[str, bytes]:
    """A message's `string` fields (`texts`) and `bytes` fields by name; those not there are empty.

    Raises Refused(BAD_ARGUMENT) for what protobuf does not parse.
    """
    known = {**texts, **others}
    found = dict.fromkeys(known.values(), b"")
    try:
        for number, value in fields(data):
            if number not in known or isinstance(value, int):
                continue
            if number in texts:
                value.decode()
            found[known[number]] = value
    except ValueError:
        raise Refused(Status.BAD_ARGUMENT) from None
    return found


def write(values: Mapping[int, bool | bytes]) -> bytes:
    """A message of these fields; what is false or empty is left out, as proto3 does."""
    out = bytearray()
    for number, value in values.items():
        if value is True:
            out += bytes([number << 3 | _VARINT, 1])
        elif value:
            out += bytes([number << 3 | _BYTES]) + _encoded(len(value)) + value
    return bytes(out)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value % 2**64, at
    raise ValueError


def _encoded(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])
