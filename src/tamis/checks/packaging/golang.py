"""JSON read as Go reads it into a struct: first value only, unknown keys ignored, null is nothing,
and the first value of a wrong type told in Go's words.

Source of facts: Go's encoding/json.
"""

import json
from collections.abc import Mapping
from typing import Any, cast

from tamis.checks.packaging.words import Refused

__all__ = ["Struct", "value"]

#: A struct's name and fields by key: "string", "int64", `[x]` for a list, a struct, or None for
#: what is not looked at.
Struct = tuple[str, Mapping[str, Any]]

_KEY = "looking for beginning of object key string"
_EXPECTED = {
    "Expecting property name enclosed in double quotes": _KEY,
    "Illegal trailing comma before end of object": _KEY,
    "Illegal trailing comma before end of array": "looking for beginning of value",
    "Expecting value": "looking for beginning of value",
    "Expecting ':' delimiter": "after object key",
    "Expecting ',' delimiter": "after object key:value pair",
    "Invalid control character at": "in string literal",
    "Invalid \\escape": "in string escape code",
}
_KINDS = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "bool",
    int: "number",
    float: "number",
}


def value(content: bytes, struct: Struct) -> dict[str, Any]:
    """The object. Raises Refused."""
    text = content.decode(errors="replace").lstrip(" \t\r\n")
    if not text:
        raise Refused("EOF")
    try:
        found, _ = json.JSONDecoder().raw_decode(text)
    except json.JSONDecodeError as error:
        raise Refused(_syntax(text, error)) from error
    except (ValueError, RecursionError) as error:
        raise Refused("exceeded max depth") from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Refused(f"json: cannot unmarshal {_kind(found)} into Go value of type v1.{struct[0]}")
    _check(found, struct, struct[0], ())
    return found


def _check(found: dict[str, Any], struct: Struct, inner: str, path: tuple[str, ...]) -> None:
    for key, item in found.items():
        if key in struct[1] and item is not None:
            _field(item, struct[1][key], inner, (*path, key))


def _field(item: object, wanted: object, inner: str, path: tuple[str, ...]) -> None:
    """Raises Refused for a value of the wrong type, at `path` of the struct `inner`."""
    if wanted is None:
        return
    if callable(wanted):
        _typed(item, str, "string", inner, path)
        wanted(item)
    elif wanted == "string":
        _typed(item, str, "string", inner, path)
    elif wanted == "int64":
        _typed(item, int, "int64", inner, path)
    elif isinstance(wanted, list):
        of = wanted[0]
        _typed(item, list, f"[]{_name(of)}", inner, path)
        for one in cast("list[object]", item):
            if one is not None:
                _field(one, of, inner, path)
    elif isinstance(wanted, dict):
        _typed(item, dict, "map[string]string", inner, path)
        for one in cast("dict[str, object]", item).values():
            _typed(one, str, "string", inner, path)
    else:
        _typed(item, dict, _name(wanted), inner, path)
        struct = cast("Struct", wanted)
        _check(cast("dict[str, Any]", item), struct, struct[0], path)


def _typed(item: object, kind: type, name: str, inner: str, path: tuple[str, ...]) -> None:
    right = isinstance(item, kind) and not (isinstance(item, bool) and kind is int)
    if not right:
        field = f"{inner}.{'.'.join(path)}"
        raise Refused(
            f"json: cannot unmarshal {_kind(item)} into Go struct field {field} of type {name}"
        )


def _name(wanted: object) -> str:
    return f"v1.{wanted[0]}" if isinstance(wanted, tuple) else str(wanted)


def _kind(item: object) -> str:
    return _KINDS.get(type(item), "null")


def _syntax(text: str, error: json.JSONDecodeError) -> str:
    if error.pos >= len(text) or error.msg.startswith("Unterminated string"):
        return "unexpected EOF"
    words = _EXPECTED.get(error.msg, "looking for beginning of value")
    return f"invalid character {_shown(text[error.pos])} {words}"


def _shown(character: str) -> str:
    return {"'": "'\\''", '"': "'\"'"}.get(character, f"'{character}'")
