"""Binary types of the WebAssembly core specification (3.0, "Binary Format: Types") to our names."""

from tamis.wasm.cursor import Cursor, malformed
from tamis.wasm.module import FunctionType, GlobalType, Memory, Table

__all__ = ["global_type", "memory_type", "table_type", "type_section", "value_type"]

_NUMBERS = {0x7F: "i32", 0x7E: "i64", 0x7D: "f32", 0x7C: "f64", 0x7B: "v128"}
_HEAPS = {
    0x74: "noexn",
    0x73: "nofunc",
    0x72: "noextern",
    0x71: "none",
    0x70: "func",
    0x6F: "extern",
    0x6E: "any",
    0x6D: "eq",
    0x6C: "i31",
    0x6B: "struct",
    0x6A: "array",
    0x69: "exn",
}
_PACKED = {0x78: "i8", 0x77: "i16"}
_REF, _REF_NULL = 0x64, 0x63
_FUNC, _STRUCT, _ARRAY, _REC, _SUB, _SUB_FINAL = 0x60, 0x5F, 0x5E, 0x4E, 0x50, 0x4F
_WIDE_LIMIT, _SHARED, _MAXIMUM = 0x04, 0x02, 0x01


def value_type(at: Cursor) -> str:
    """A number, vector or reference type."""
    start, code = at.offset, at.byte()
    if code in _NUMBERS:
        return _NUMBERS[code]
    if code in _HEAPS:
        return f"{_HEAPS[code]}ref"
    if code in (_REF, _REF_NULL):
        return f"(ref {'null ' if code == _REF_NULL else ''}{_heap_type(at)})"
    raise malformed(start, f"0x{code:02x} is no value type")


def _heap_type(at: Cursor) -> str:
    start, number = at.offset, at.signed(33)
    if number >= 0:
        return str(number)
    if (number & 0x7F) in _HEAPS:
        return _HEAPS[number & 0x7F]
    raise malformed(start, "no heap type")


def type_section(at: Cursor) -> list[FunctionType | None]:
    """Types by index; None for what is no function (structs and arrays of the GC proposal)."""
    found: list[FunctionType | None] = []
    for _ in range(at.count()):
        if at.left and at.data[at.offset] == _REC:
            at.byte()
            found.extend(_sub_type(at) for _ in range(at.count()))
        else:
            found.append(_sub_type(at))
    return found


def _sub_type(at: Cursor) -> FunctionType | None:
    start, code = at.offset, at.byte()
    if code in (_SUB, _SUB_FINAL):
        for _ in range(at.count()):
            at.unsigned()
        start, code = at.offset, at.byte()
    if code == _FUNC:
        return FunctionType(_values(at), _values(at))
    if code == _STRUCT:
        for _ in range(at.count()):
            _field(at)
        return None
    if code == _ARRAY:
        _field(at)
        return None
    raise malformed(start, f"0x{code:02x} is no type")


def _values(at: Cursor) -> tuple[str, ...]:
    return tuple(value_type(at) for _ in range(at.count()))


def _field(at: Cursor) -> None:
    if at.left and at.data[at.offset] in _PACKED:
        at.byte()
    else:
        value_type(at)
    _mutability(at)


def _mutability(at: Cursor) -> bool:
    start, code = at.offset, at.byte()
    if code > 1:
        raise malformed(start, f"0x{code:02x} is no mutability")
    return code == 1


def global_type(at: Cursor) -> GlobalType:
    """A value type and its mutability."""
    return GlobalType(value_type(at), _mutability(at))


def memory_type(at: Cursor) -> Memory:
    """Limits in pages."""
    minimum, maximum, flags = _limits(at)
    return Memory(minimum, maximum, bool(flags & _SHARED), bool(flags & _WIDE_LIMIT))


def table_type(at: Cursor) -> Table:
    """A reference type and limits in elements."""
    element = value_type(at)
    minimum, maximum, _ = _limits(at)
    return Table(element, minimum, maximum)


def _limits(at: Cursor) -> tuple[int, int | None, int]:
    start, flags = at.offset, at.byte()
    if flags > (_WIDE_LIMIT | _SHARED | _MAXIMUM):
        raise malformed(start, f"0x{flags:02x} are no limits")
    bits = 64 if flags & _WIDE_LIMIT else 32
    minimum = at.unsigned(bits)
    maximum = at.unsigned(bits) if flags & _MAXIMUM else None
    if maximum is not None and maximum < minimum:
        raise malformed(start, f"maximum {maximum} is below minimum {minimum}")
    return minimum, maximum, flags
