"""Two outcomes as JSON values (`model.codec.encode`): where they differ, in words.

Lists of headers and log lines are aligned, so that one line too many is one difference and not
one for each line behind it. Other lists are compared by index.
"""

import base64
import json
from collections.abc import Iterator
from difflib import SequenceMatcher

from tamis.compare.printing import decoded, quote
from tamis.model.json_values import Json

__all__ = ["ABSENT", "diff", "show"]


class _Absent:
    """Nothing is there on this side."""


ABSENT = _Absent()
_ALIGNED = ("headers", "trailers", "logs")
#: Longest printed value, and how much of it stands before the first difference.
_WIDTH, _BEFORE = 100, 30


def diff(left: Json, right: Json, path: str = "") -> Iterator[tuple[str, Json, Json]]:
    """(path, left, right) of each place that differs; ABSENT for a side that has nothing there."""
    if _is_bytes(left) or _is_bytes(right):
        if _raw(left) != _raw(right):
            yield path, left, right
    elif isinstance(left, dict) and isinstance(right, dict):
        for key in dict.fromkeys((*left, *right)):
            inner = f"{path}.{key}" if path else key
            yield from diff(left.get(key, ABSENT), right.get(key, ABSENT), inner)
    elif isinstance(left, list) and isinstance(right, list):
        aligned = path.rpartition(".")[2] in _ALIGNED
        yield from _align(left, right, path) if aligned else _by_index(left, right, path)
    elif left != right:
        yield path, left, right


def show(left: Json, right: Json) -> tuple[str, str]:
    """Both values, printable on one line; long ones shortened around their first difference."""
    one, other = _print(left), _print(right)
    if max(len(one), len(other)) <= _WIDTH:
        return one, other
    first = next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    start = max(0, first - _BEFORE)
    return _window(one, start), _window(other, start)


def _window(shown: str, start: int) -> str:
    if len(shown) <= _WIDTH and not start:
        return shown
    part = shown[start : start + _WIDTH]
    end = "…" if start + _WIDTH < len(shown) else ""
    return f"{'…' if start else ''}{part}{end} ({len(shown)} characters)"


def _by_index(left: list[Json], right: list[Json], path: str) -> Iterator[tuple[str, Json, Json]]:
    for at in range(max(len(left), len(right))):
        one = left[at] if at < len(left) else ABSENT
        other = right[at] if at < len(right) else ABSENT
        yield from diff(one, other, f"{path}[{at}]")


def _align(left: list[Json], right: list[Json], path: str) -> Iterator[tuple[str, Json, Json]]:
    """Indices are the left side's; what only the right side has stands at the right's."""
    one, other = ([json.dumps(item, sort_keys=True) for item in side] for side in (left, right))
    for kind, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        for at in range(max(b - a, d - c)):
            mine = left[a + at] if a + at < b else ABSENT
            theirs = right[c + at] if c + at < d else ABSENT
            yield f"{path}[{c + at if mine is ABSENT else a + at}]", mine, theirs


def _is_bytes(value: Json) -> bool:
    return isinstance(value, dict) and list(value) == ["base64"]


def _raw(value: Json) -> Json:
    """Bytes, so that a body is the same whether it was printable or not; else the value."""
    if _is_bytes(value):
        return base64.b64decode(value["base64"])
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value


def _print(value: Json) -> str:
    if value is ABSENT:
        return "(absent)"
    if value is None:
        return "none"
    if _is_bytes(value):
        return quote(decoded(_raw(value)))
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str):
        return f"{value[0]}: {_print(value[1])}"
    if isinstance(value, dict) and "message" in value:
        plugin = f" of {_print(value['plugin'])}" if "plugin" in value else ""
        return f"{value.get('level')} {_print(value['message'])}{plugin} (step {value.get('step')})"
    return json.dumps(value, ensure_ascii=False)
