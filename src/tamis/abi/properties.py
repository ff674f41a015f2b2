"""Property values in Envoy's wire types.

The type of a well-known path comes from `abi.json` (`well_known_properties`); any other value says
its type itself, `{uint: 5}`, unless it is text, a boolean or bytes. Numbers are 8 bytes
little-endian, booleans one byte, times and durations nanoseconds, maps and lists pairs.
"""

import base64
import binascii
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache

from tamis.abi.table import raw
from tamis.errors import BadInput

__all__ = ["EXPLICIT_TYPES", "encode", "pairs", "type_of"]

_FORMS = "Write the type: {uint: 5}, {int: 5}, {double: 0.5}, {bool: true}, {string: x}, ..."
_NANOSECONDS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000}
_NANOSECONDS["h"] = 3_600_000_000_000
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)\Z")
#: Roots under which a plain number is a protobuf Struct number, hence a double.
_STRUCT_ROOTS = ("metadata",)


def type_of(path: Sequence[str]) -> str | None:
    """The wire type of a well-known path ("string", "uint", ...), or None when it is not known.

    Raises BadInput for a path that Envoy always answers NOT_FOUND, naming its replacement.
    """
    _refuse_removed(path)
    table = raw()["well_known_properties"]
    entry = table.get(path[0]) if path else None
    if entry is None:
        return None
    if "type" in entry:
        return str(entry["type"]) if len(path) == 1 else _inner(str(entry["type"]))
    if len(path) == 1:
        field = next(name for name in entry if name[0] != "_")
        raise BadInput(
            f"property '{path[0]}' has no value of its own: Envoy cannot serialize it",
            advice=f"Set one of its fields, such as {path[0]}.{field}.",
        )
    field = entry.get(path[1])
    if field is None:
        return None
    if str(field["available"]).startswith("NEVER"):
        raise BadInput(
            f"property '{'.'.join(path)}' does not exist in Envoy (NOT_FOUND)",
            advice="Remove it: no filter can read it in production.",
        )
    return str(field["type"]) if len(path) == 2 else _inner(str(field["type"]))


def encode(path: Sequence[str], value: object) -> bytes:
    """`value` as the guest will read it at `path`.

    `{uint: 5}` and the other forms of EXPLICIT_TYPES win over the table. Raises BadInput when the
    value does not fit the type, when the type is not known, or when Envoy has no such property.
    """
    known = type_of(path)
    name = ".".join(path)
    explicit = _explicit(value, known)
    if explicit is not None:
        kind, inner = explicit
        return _ENCODERS[kind](name, inner)
    if known is None or known.startswith(("message", "bytes")):
        return _untyped(name, value, number="double" if _in_struct(path) else None)
    if known.startswith("map"):
        return _map(name, value)
    return _ENCODERS[known](name, value)


def pairs(items: Sequence[tuple[bytes, bytes]]) -> bytes:
    """The ABI's serialization of key/value pairs, as maps and lists travel."""
    sizes = b"".join(struct.pack("<II", len(key), len(value)) for key, value in items)
    body = b"".join(key + b"\0" + value + b"\0" for key, value in items)
    return struct.pack("<I", len(items)) + sizes + body


@cache
def _removed() -> Mapping[str, str]:
    notes = raw()["well_known_properties"]["_removed"]
    return {
        key: str(note["available"]).partition("use ")[2].rstrip(")") for key, note in notes.items()
    }


def _refuse_removed(path: Sequence[str]) -> None:
    if not path or not all(path):
        raise BadInput("a property path has no empty segments", advice="Write it as request.path.")
    replacement = _removed().get(path[0])
    if replacement is not None:
        raise BadInput(
            f"property '{'.'.join(path)}' does not exist in Envoy (NOT_FOUND since 1.33)",
            advice=f"Use {'.'.join((replacement, *path[1:]))}.",
        )


def _inner(kind: str) -> str | None:
    """The type one level below `kind`."""
    return "string" if kind == "map<string,string>" else None


def _in_struct(path: Sequence[str]) -> bool:
    return path[0] in _STRUCT_ROOTS or any(part.endswith("metadata") for part in path[:-1])


def _explicit(value: object, known: str | None) -> tuple[str, object] | None:
    """The (type, value) of `{uint: 5}`; a map-typed property keeps its one-key mappings."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return None
    kind, inner = next(iter(value.items()))
    if kind not in _ENCODERS or (known or "").startswith("map"):
        return None
    return str(kind), inner


def _untyped(name: str, value: object, *, number: str | None) -> bytes:
    match value:
        case bool():
            return _bool(name, value)
        case str():
            return _string(name, value)
        case bytes():
            return bytes(value)
        case int() | float() if number is not None:
            return _ENCODERS[number](name, value)
        case float():
            return _double(name, value)
        case Mapping():
            return pairs(
                [(_key(k), _untyped(f"{name}.{k}", v, number=number)) for k, v in value.items()]
            )
        case list() | tuple():
            return pairs([(_untyped(name, item, number=number), b"") for item in value])
    raise BadInput(f"property '{name}': the type of {value!r} is not known", advice=_FORMS)


def _map(name: str, value: object) -> bytes:
    if not isinstance(value, Mapping):
        raise _misfit(name, value, "a map")
    return pairs([(_key(k), _untyped(f"{name}.{k}", v, number=None)) for k, v in value.items()])


def _key(key: object) -> bytes:
    return str(key).encode("utf-8", "surrogateescape")


def _misfit(name: str, value: object, expected: str) -> BadInput:
    return BadInput(
        f"property '{name}' must be {expected}, not {value!r}",
        advice=f"Give {expected}; Envoy has this property with that type only.",
    )


def _integer(name: str, value: object, *, signed: bool) -> bytes:
    low, high = (-(2**63), 2**63) if signed else (0, 2**64)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value < high:
        raise _misfit(name, value, "a 64-bit integer" if signed else "an unsigned 64-bit integer")
    return struct.pack("<q" if signed else "<Q", value)


def _int(name: str, value: object) -> bytes:
    return _integer(name, value, signed=True)


def _uint(name: str, value: object) -> bytes:
    return _integer(name, value, signed=False)


def _double(name: str, value: object) -> bytes:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _misfit(name, value, "a number")
    return struct.pack("<d", value)


def _bool(name: str, value: object) -> bytes:
    if not isinstance(value, bool):
        raise _misfit(name, value, "true or false")
    return b"\1" if value else b"\0"


def _string(name: str, value: object) -> bytes:
    if not isinstance(value, str):
        raise _misfit(name, value, "text (quote it)")
    return value.encode("utf-8", "surrogateescape")


def _bytes(name: str, value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    try:
        return base64.b64decode(str(value), validate=True)
    except binascii.Error:
        raise _misfit(name, value, "base64 text") from None


def _duration(name: str, value: object) -> bytes:
    if isinstance(value, int) and not isinstance(value, bool):
        return _int(name, value)
    found = _DURATION.match(value) if isinstance(value, str) else None
    if found is None:
        raise _misfit(name, value, 'a duration such as "5ms" or nanoseconds')
    return _int(name, round(float(found[1]) * _NANOSECONDS[found[2]]))


def _timestamp(name: str, value: object) -> bytes:
    if isinstance(value, int) and not isinstance(value, bool):
        return _int(name, value)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise _misfit(name, value, "a time such as 2026-01-01T00:00:00Z") from None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, datetime):
        raise _misfit(name, value, "a time such as 2026-01-01T00:00:00Z")
    moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    micros = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return _int(name, micros * 1_000)


_ENCODERS: Mapping[str, Callable[[str, object], bytes]] = {
    "int": _int,
    "uint": _uint,
    "double": _double,
    "bool": _bool,
    "string": _string,
    "bytes": _bytes,
    "duration": _duration,
    "timestamp": _timestamp,
}

#: The type names of the explicit form, `{uint: 5}`; `bytes` takes base64.
EXPLICIT_TYPES = tuple(_ENCODERS)
