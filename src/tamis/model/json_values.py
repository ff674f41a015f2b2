"""Bytes and text as JSON values, and JSON values as text that people read.

Wherever bytes stand, a string is meant as UTF-8, and `{"base64": ...}` is what is no text.
"""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["Json", "dumps", "of_bytes", "of_text", "to_bytes", "to_text"]

#: A value as `json` reads and writes it.
Json = Any

_SURROGATE = re.compile("[\ud800-\udfff]")
#: Columns of a line that a list or an object may take as a whole.
_LINE = 80


def dumps(value: Mapping[str, Json]) -> str:
    """JSON text with a newline at its end: two spaces of indent, short lists on one line.

    Lone surrogates (bytes that are not UTF-8, in keys) are escaped, so the text is always UTF-8.
    """
    text = _text_of(value, 0) + "\n"
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def of_text(text: str) -> Json:
    """A string; surrogate escapes (bytes that are not UTF-8) as base64."""
    if _SURROGATE.search(text):
        return _base64(text.encode("utf-8", "surrogateescape"))
    return text


def of_bytes(raw: bytes) -> Json:
    """A string where the bytes are printable UTF-8, else base64."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return _base64(raw)
    printable = all(char.isprintable() or char in "\n\r\t" for char in text)
    return text if printable else _base64(raw)


def to_text(value: Json) -> str:
    """What `of_text` was given. Raises ValueError."""
    return value if isinstance(value, str) else to_bytes(value).decode("utf-8", "surrogateescape")


def to_bytes(value: Json) -> bytes:
    """What `of_bytes` was given. Raises ValueError."""
    if isinstance(value, str):
        return value.encode("utf-8")
    return base64.b64decode(value["base64"], validate=True)


def _base64(raw: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(raw).decode()}


def _text_of(value: Json, indent: int) -> str:
    """Like json.dumps(indent=2), but what fits in a line stays there; headers have a line each."""
    flat = json.dumps(value, ensure_ascii=False)
    headers = isinstance(value, list) and len(value) > 1 and isinstance(value[0], list)
    if not isinstance(value, Mapping | list) or not value:
        return flat
    if not headers and len(flat) + indent <= _LINE:
        return flat
    inner = " " * (indent + 2)
    if isinstance(value, list):
        lines = [inner + _text_of(item, indent + 2) for item in value]
        return "[\n" + ",\n".join(lines) + "\n" + " " * indent + "]"
    lines = [
        f"{inner}{json.dumps(key, ensure_ascii=False)}: {_text_of(item, indent + 2)}"
        for key, item in value.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n" + " " * indent + "}"
