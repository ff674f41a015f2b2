"""Headers of tar entries as Go reads them, bounded: ustar, star, GNU, pax, and those of 1979.

Source of facts: Go's archive/tar (reader.go, format.go, strconv.go), whose words the errors have.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tamis.oci.packing.broken import Broken

__all__ = ["BLOCK", "INVALID", "Header", "header", "merged", "records"]

#: Bytes.
BLOCK = 512
INVALID = "archive/tar: invalid tar header"

_DECIMAL = re.compile(rb"[+-]?[0-9]{1,19}\Z")
_TIME = re.compile(rb"[+-]?[0-9]{1,19}(?:\.[0-9]*)?\Z")
_OCTAL = re.compile(rb"[0-7]{1,22}\Z")
_LARGEST = 1 << 63


@dataclass(frozen=True, slots=True)
class Header:
    """`kind` is the entry's type; `size` what it claims to have, in bytes, which may be a lie."""

    name: bytes
    kind: bytes
    size: int
    sparse: bool = False


def header(block: bytes) -> Header:
    """Read a block. Raises Broken."""
    form = _format(block)
    name, kind, size = _text(block[:100]), block[156:157], _number(block[124:136])
    for start, end in ((100, 108), (108, 116), (116, 124), (136, 148)):
        _number(block[start:end])
    prefix = b""
    if form != "v7":
        _number(block[329:337])
        _number(block[337:345])
    if form == "ustar":
        prefix = _text(block[345:500])
    elif form == "star":
        prefix = _text(block[345:476])
        _number(block[476:488])
        _number(block[488:500])
    elif form == "gnu":
        prefix = _of_an_older_go(block)
    return Header(prefix + b"/" + name if prefix else name, kind, size, kind == b"S")


def records(text: bytes) -> dict[bytes, bytes]:
    """The records of a pax header. Raises Broken."""
    found: dict[bytes, bytes] = {}
    while text:
        length, space, rest = text.partition(b" ")
        if not space or not _DECIMAL.match(length) or not 5 <= int(length) <= len(text):
            raise Broken(INVALID)
        left = int(length) - len(length) - 1
        if left <= 0 or rest[left - 1 : left] != b"\n":
            raise Broken(INVALID)
        key, equals, value = rest[: left - 1].partition(b"=")
        named = key in {b"path", b"linkpath", b"uname", b"gname"}
        if not equals or not key or b"\0" in (value if named else key):
            raise Broken(INVALID)
        found[key] = value
        text = rest[left:]
    return found


def merged(known: Header, pax: Mapping[bytes, bytes]) -> Header:
    """The header, where pax records say otherwise. Raises Broken."""
    name, size = known.name, known.size
    for key, value in pax.items():
        if not value:
            continue
        if key in {b"path", b"GNU.sparse.name"}:
            name = value
        elif key in {b"uid", b"gid", b"size"}:
            number = _decimal(value)
            size = number if key == b"size" else size
        elif key in {b"atime", b"mtime", b"ctime"} and not _TIME.match(value):
            raise Broken(INVALID)
    sparse = known.sparse or any(key.startswith(b"GNU.sparse.") for key in pax)
    return Header(name, known.kind, size, sparse)


def _format(block: bytes) -> str:
    """Raises Broken unless the checksum holds, of the bytes as unsigned or as signed numbers."""
    summed = block[:148] + b" " * 8 + block[156:]
    unsigned = sum(summed)
    signed = unsigned - 256 * sum(byte > 127 for byte in summed)
    if _octal(block[148:156]) not in {unsigned, signed}:
        raise Broken(INVALID)
    if block[257:263] == b"ustar\0":
        return "star" if block[508:] == b"tar\0" else "ustar"
    return "gnu" if block[257:265] == b"ustar  \0" else "v7"


def _of_an_older_go(block: bytes) -> bytes:
    """Go wrote a prefix where GNU has times; it takes it where they are none."""
    try:
        for field in (block[345:357], block[357:369]):
            if field[0]:
                _number(field)
    except Broken:
        prefix = _text(block[345:500])
        return prefix if prefix.isascii() else b""
    return b""


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _number(field: bytes) -> int:
    """Octal digits, or GNU's binary form, whose first bit is set; the second one is the sign."""
    if not field[0] & 0x80:
        return _octal(field)
    number = int.from_bytes(field, "big") & ((1 << (8 * len(field) - 1)) - 1)
    if field[0] & 0x40:
        number -= 1 << (8 * len(field) - 1)
    if not -_LARGEST <= number < _LARGEST:
        raise Broken(INVALID)
    return number


def _octal(field: bytes) -> int:
    digits = _text(field.strip(b" \0"))
    if field.strip(b" \0") and not _OCTAL.match(digits):
        raise Broken(INVALID)
    return int(digits or b"0", 8)


def _decimal(text: bytes) -> int:
    if not _DECIMAL.match(text) or not -_LARGEST <= int(text) < _LARGEST:
        raise Broken(INVALID)
    return int(text)
