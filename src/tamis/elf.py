"""What a shared library offers and asks for: the names in its dynamic symbol table.

Only what names need is read: 64-bit little-endian ELF, as Linux has it on x86-64 and arm64.
"""

import struct
from dataclasses import dataclass

__all__ = ["Library", "is_library", "read"]

_MAGIC = b"\x7fELF\x02\x01"
_SHARED, _DYNAMIC_SYMBOLS = 3, 11
_MACHINES = {62: "x86_64", 183: "aarch64"}
_HEADER = struct.Struct("<16xHH4x16xQ10xHHH")
_SECTION = struct.Struct("<4xI16xQQI12xQ")
_SYMBOL = struct.Struct("<IBBHQQ")


@dataclass(frozen=True, slots=True)
class Library:
    """`machine`: as `platform.machine()` calls it. `exports`: defined, `imports`: wanted names."""

    machine: str
    exports: frozenset[str]
    imports: frozenset[str]


def is_library(content: bytes) -> bool:
    """Whether these bytes say that they are a shared library."""
    return content.startswith(_MAGIC) and content[16:18] == bytes((_SHARED, 0))


def read(content: bytes) -> Library:
    """The names. Raises ValueError for what is no shared library, or a damaged one."""
    if not is_library(content):
        raise ValueError("no shared library")
    try:
        return _read(content)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"a damaged shared library: {error}") from error


def _read(content: bytes) -> Library:
    _, machine, at, size, count, _ = _HEADER.unpack_from(content)
    sections = [_SECTION.unpack_from(content, at + number * size) for number in range(count)]
    exports: set[str] = set()
    imports: set[str] = set()
    for kind, offset, length, link, entry in sections:
        if kind != _DYNAMIC_SYMBOLS:
            continue
        _, names, _, _, _ = sections[link]
        for symbol in range(offset, offset + length, entry or _SYMBOL.size):
            name, info, _, section, _, _ = _SYMBOL.unpack_from(content, symbol)
            start = names + name
            text = content[start : content.index(b"\0", start)].decode()
            if text and info >> 4:  # what is local is nobody else's
                (exports if section else imports).add(text)
    return Library(_MACHINES.get(machine, str(machine)), frozenset(exports), frozenset(imports))
