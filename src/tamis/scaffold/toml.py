"""Values as TOML text, for a tamis.toml that people go on with."""

import json
import re
from collections.abc import Iterable, Mapping

__all__ = ["Unspeakable", "assignment", "key", "table", "value"]

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
_WIDE = 100
_64_BITS = range(-(2**63), 2**63)


class Unspeakable(ValueError):
    """JSON has it, TOML has not: null, and numbers beyond 64 bits."""


def table(name: str, content: Mapping[str, object]) -> str:
    """`[name]` and its keys, one a line; tables inside are inline."""
    return "\n".join((f"[{name}]", *(assignment(k, v) for k, v in content.items()))) + "\n"


def assignment(name: str, content: object) -> str:
    """`name = value`; a list that is too wide has one item a line."""
    line = f"{key(name)} = {value(content)}"
    if len(line) <= _WIDE or not isinstance(content, list | tuple):
        return line
    items = "".join(f"  {value(item)},\n" for item in content)
    return f"{key(name)} = [\n{items}]"


def key(name: str) -> str:
    """Quoted only where it must be."""
    return name if _BARE.match(name) else _text(name)


def value(content: object) -> str:
    """On one line. Raises Unspeakable."""
    if isinstance(content, bool):
        return "true" if content else "false"
    if isinstance(content, str):
        return _text(content)
    if isinstance(content, int) and content in _64_BITS:
        return str(content)
    if isinstance(content, float):
        return repr(content)
    if isinstance(content, Mapping):
        return _joined("{", (f"{key(str(k))} = {value(v)}" for k, v in content.items()), "}")
    if isinstance(content, list | tuple):
        return _joined("[", map(value, content), "]")
    raise Unspeakable(f"{content!r}")


def _text(content: str) -> str:
    """JSON's escapes are TOML's; only DEL must not stand as it is."""
    return json.dumps(content, ensure_ascii=False).replace("\x7f", "\\u007f")


def _joined(opening: str, parts: Iterable[str], closing: str) -> str:
    return f"{opening}{', '.join(parts)}{closing}"
