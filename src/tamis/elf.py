"""What a shared library offers and asks for, and what a program needs to be started.

Only what these need is read: 64-bit little-endian ELF, as Linux has it on x86-64 and arm64.
"""

import struct
from dataclasses import dataclass

__all__ = ["Library", "Program", "is_library", "program", "read"]

_MAGIC = b"\x7fELF\x02\x01"
_SHARED, _DYNAMIC_SYMBOLS = 3, 11
_LOADER = 3
_MACHINES = {3: "i386", 21: "ppc64", 22: "s390x", 40: "arm", 62: "x86_64"}
_MACHINES |= {183: "aarch64", 243: "riscv64"}
_HEADER = struct.Struct("<16xHH4x16xQ10xHHH")
_SECTION = struct.Struct("<4xI16xQQI12xQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_SEGMENTS = struct.Struct("<32xQ14xHH")
_SEGMENT = struct.Struct("<I4xQ16xQ16x")


@dataclass(frozen=True, slots=True)
class Library:
    """`machine`: as `platform.machine()` calls it. `exports`: defined, `imports`: wanted names."""

    machine: str
    exports: frozenset[str]
    imports: frozenset[str]


@dataclass(frozen=True, slots=True)
class Program:
    """`machine`: as `platform.machine()` calls it. `loader`: of dynamic libraries, "" for none."""

    machine: str
    loader: str


def is_library(content: bytes) -> bool:
    """Whether these bytes say that they are a shared library."""
    return content.startswith(_MAGIC) and content[16:18] == bytes((_SHARED, 0))


def program(head: bytes) -> Program | None:
    """What the first pages of a file say; None when it is no ELF of this kind."""
    if not head.startswith(_MAGIC):
        return None
    try:
        (machine,) = struct.unpack_from("<H", head, 18)
        return Program(_MACHINES.get(machine, str(machine)), _loader(head))
    except (struct.error, OverflowError):
        return None


def read(content: bytes) -> Library:
    """The names. Raises ValueError for what is no shared library, or a damaged one."""
    if not is_library(content):
        raise ValueError("no shared library")
    try:
        return _read(content)
    except (struct.error, OverflowError, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"a damaged shared library: {error}") from error


def _loader(head: bytes) -> str:
    at, size, count = _SEGMENTS.unpack_from(head)
    for number in range(count):
        kind, offset, length = _SEGMENT.unpack_from(head, at + number * size)
        if kind == _LOADER:
            return head[offset : offset + length].partition(b"\0")[0].decode(errors="replace")
    return ""


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
