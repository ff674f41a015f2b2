"""Values of outcomes in words: on one line, readable, and never longer than a terminal line."""

import json

__all__ = ["decoded", "quote", "show"]

_LONGEST = 120


def decoded(raw: bytes) -> str:
    """Bytes as text; what is not UTF-8 becomes surrogate escapes (`quote` shows their hex)."""
    return raw.decode("utf-8", "surrogateescape")


def quote(value: str) -> str:
    """In double quotes, with everything escaped that does not print."""
    return f'"{"".join(map(_visible, value))}"'


def show(value: object) -> str:
    """Strings quoted, lists and the rest as JSON has them; long values are cut."""
    if isinstance(value, str):
        shown = quote(value)
    elif isinstance(value, list | tuple):
        shown = f"[{', '.join(show(item) for item in value)}]"
    else:
        shown = json.dumps(value)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def _visible(char: str) -> str:
    if "\udc80" <= char <= "\udcff":  # a byte that is not UTF-8
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char if char.isprintable() else char.encode("unicode_escape").decode()
