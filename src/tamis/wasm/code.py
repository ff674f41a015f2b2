"""Walks instructions, without running or validating them, to see what a function calls.

Source: WebAssembly core specification 3.0, "Binary Format: Instructions". Also the legacy
exception opcodes, which compilers still emit.
"""

from dataclasses import dataclass

from tamis.wasm.cursor import Cursor, malformed
from tamis.wasm.types import value_type

__all__ = ["Calls", "body_calls", "skip_expression"]

_END, _CALL, _RETURN_CALL, _REF_FUNC = 0x0B, 0x10, 0x12, 0xD2
_INDIRECT = frozenset((0x11, 0x13, 0x14, 0x15))
_OPENS = frozenset((0x02, 0x03, 0x04, 0x06, 0x1F))  # block, loop, if, try (legacy), try_table
_DELEGATE, _BR_TABLE, _SELECT, _TRY_TABLE = 0x18, 0x0E, 0x1C, 0x1F

#: Immediates by opcode: u an index, m a memory argument, i/l signed 32/64, 4/8 raw bytes,
#: h a heap type. Opcodes that are neither here nor special have none.
_IMMEDIATES: dict[int, str] = {
    **dict.fromkeys((0x07, 0x08, 0x09, 0x0C, 0x0D, 0x10, 0x12, 0x14, 0x15, 0x18), "u"),
    **dict.fromkeys((0x11, 0x13), "uu"),
    **dict.fromkeys((0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26), "u"),
    **dict.fromkeys(range(0x28, 0x3F), "m"),
    0x3F: "u",
    0x40: "u",
    0x41: "i",
    0x42: "l",
    0x43: "4",
    0x44: "8",
    0xD0: "h",
    0xD2: "u",
    0xD5: "u",
    0xD6: "u",
}
_PLAIN = frozenset(
    (0x00, 0x01, 0x05, 0x0A, 0x0B, 0x0F, 0x19, 0x1A, 0x1B, 0xD1, 0xD3, 0xD4, *range(0x45, 0xC5))
)
_BULK = ("", "", "", "", "", "", "", "", "uu", "u", "uu", "u", "uu", "u", "uu", "u", "u", "u")
_GC = {
    **dict.fromkeys((0, 1, 6, 7, 11, 12, 13, 14, 16), "u"),
    **dict.fromkeys((2, 3, 4, 5, 8, 9, 10, 17, 18, 19), "uu"),
    15: "",
    **dict.fromkeys((20, 21, 22, 23), "h"),
    **dict.fromkeys((24, 25), "buhh"),
    **dict.fromkeys(range(26, 31), ""),
}
_VECTOR_WITH_LANE = range(84, 92)


@dataclass(frozen=True, slots=True)
class Calls:
    """Function indices called directly, and whether any call goes through a table or reference."""

    direct: frozenset[int]
    indirect: bool


def body_calls(at: Cursor) -> Calls:
    """What a body (its local declarations, then its expression) calls."""
    for _ in range(at.count()):
        at.unsigned()
        value_type(at)
    return skip_expression(at)


def skip_expression(at: Cursor) -> Calls:
    """Read up to and with the `end` that closes the expression."""
    direct: set[int] = set()
    indirect = False
    depth = 1
    while depth:
        code = at.byte()
        if code in _OPENS:
            depth += 1
            _block(at, code)
        elif code in (_CALL, _RETURN_CALL):
            direct.add(at.unsigned())
        else:
            depth -= code in (_END, _DELEGATE)
            indirect |= code in _INDIRECT
            _immediates(at, code)
    return Calls(frozenset(direct), indirect)


def _block(at: Cursor, code: int) -> None:
    at.signed(33) if at.left and at.data[at.offset] not in (0x63, 0x64) else value_type(at)
    if code == _TRY_TABLE:
        for _ in range(at.count()):
            for _ in range(2 if at.byte() < 2 else 1):
                at.unsigned()


def _immediates(at: Cursor, code: int) -> None:
    if code in _PLAIN:
        return
    if code in _IMMEDIATES:
        _read(at, _IMMEDIATES[code])
    elif code == _BR_TABLE:
        for _ in range(at.count() + 1):
            at.unsigned()
    elif code == _SELECT:
        for _ in range(at.count()):
            value_type(at)
    elif 0xFB <= code <= 0xFE:
        _prefixed(at, code, at.unsigned())
    else:
        raise malformed(at.offset - 1, f"0x{code:02x} is no instruction")


def _prefixed(at: Cursor, prefix: int, code: int) -> None:
    if prefix == 0xFB and code in _GC:
        _read(at, _GC[code])
    elif prefix == 0xFC and code < len(_BULK):
        _read(at, _BULK[code])
    elif prefix == 0xFD and code < 0x120:
        _read(at, _vector(code))
    elif prefix == 0xFE and code < 0x4F:
        _read(at, "b" if code == 3 else "m")
    else:
        raise malformed(at.offset, f"0x{prefix:02x} 0x{code:02x} is no instruction")


def _vector(code: int) -> str:
    if code <= 11 or code in (92, 93):
        return "m"
    if code in (12, 13):
        return "88"
    if 21 <= code <= 34:
        return "b"
    return "mb" if code in _VECTOR_WITH_LANE else ""


def _read(at: Cursor, kinds: str) -> None:
    for kind in kinds:
        if kind == "u":
            at.unsigned()
        elif kind == "m":
            if at.unsigned() & 0x40:  # the multi-memory proposal: a memory index follows
                at.unsigned()
            at.unsigned(64)
        elif kind == "h":
            at.signed(33)
        elif kind in "il":
            at.signed(32 if kind == "i" else 64)
        else:
            at.skip({"b": 1, "4": 4, "8": 8}[kind])
