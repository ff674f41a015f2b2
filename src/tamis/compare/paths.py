"""Paths into an outcome, and what it means to mask one or to leave one out.

A path is written as differences print it (`exchanges[0].response.body`, `logs[2]`, `metrics.hits`);
`request`, `response`, `local_reply`, `reset` and `pauses` without an exchange mean that of every
exchange, `[*]` is any index, and a part of `headers` or `trailers` is a name
(`response.headers.date`). Outcomes are JSON values here (`model.codec.encode`).
"""

import copy
import re
from collections.abc import Callable, Iterable, Iterator

from tamis.model.json_values import Json

__all__ = ["MASK", "covers", "leave_out", "mask", "steps"]

#: What stands in place of a volatile text.
MASK = "<volatile>"

_STEP = re.compile(r"\[(\d+|\*)\]|([^.\[\]]+)")
_OF_EXCHANGE = ("request", "response", "local_reply", "reset", "pauses")
_MAPS = ("metrics", "shared_data", "queues", "filter_state")
#: Below these, the rest of a path is one name, whatever characters it has.
_NAMED = ("headers", "trailers", *_MAPS)

#: From the key and the value of an entry to its new value, or _GONE.
Change = Callable[[Json, Json], Json]
#: A step: a key, an index, or None for any index.
Step = str | int | None


def steps(path: str) -> tuple[Step, ...]:
    """The path in its parts: `logs[*]` -> ("logs", None)."""
    found: list[Step] = []
    at = 0
    while at < len(path):
        if found and found[-1] in _NAMED and path[at] == ".":
            found.append(path[at + 1 :])
            break
        part = _STEP.match(path, at)
        if not part:
            at += 1  # a dot between parts
            continue
        index, key = part.groups()
        found.append(key if index is None else None if index == "*" else int(index))
        at = part.end()
    if found and found[0] in _OF_EXCHANGE:
        found[:0] = ["exchanges", None]
    return tuple(found)


def covers(pattern: str, path: str) -> bool:
    """Whether `path` is the place that `pattern` names, or lies inside it; "" names everything."""
    wanted, given = steps(pattern), steps(path)
    return len(wanted) <= len(given) and all(
        left in (None, right) for left, right in zip(wanted, given, strict=False)
    )


def mask(tree: dict[str, Json], paths: Iterable[str]) -> dict[str, Json]:
    """A copy in which texts at `paths` read MASK, and anything else there is empty or gone."""
    return _changed(tree, paths, _masked)


def leave_out(tree: dict[str, Json], paths: Iterable[str]) -> dict[str, Json]:
    """A copy without what lies at `paths`."""
    return _changed(tree, paths, _gone)


#: Marks an entry that goes away.
_GONE = object()


def _changed(tree: dict[str, Json], paths: Iterable[str], change: Change) -> dict[str, Json]:
    result = copy.deepcopy(tree)
    for path in paths:
        parts = steps(path)
        for holder, key in reversed(list(_places(result, parts))):
            _change(holder, key, change)
    return result


def _places(node: Json, parts: tuple[Step, ...]) -> Iterator[tuple[Json, Json]]:
    """(container, key) of each place that `parts` names."""
    if not parts:
        return
    first, rest = parts[0], parts[1:]
    for key in _keys(node, first):
        if not rest:
            yield node, key
        elif key in ("headers", "trailers") and isinstance(rest[0], str):
            yield from ((node[key], at) for at, pair in enumerate(node[key]) if pair[0] == rest[0])
        else:
            yield from _places(node[key], rest)


def _keys(node: Json, step: Step) -> Iterable[Json]:
    if isinstance(node, dict):
        return [step] if step in node else []
    if isinstance(node, list):
        if step is None:
            return range(len(node))
        return [step] if isinstance(step, int) and step < len(node) else []
    return []


def _change(holder: Json, key: Json, change: Change) -> None:
    value = change(key, holder[key])
    if value is not _GONE:
        holder[key] = value
    elif isinstance(holder, dict) or isinstance(holder[key], list):
        del holder[key]  # an entry, or a header
    else:
        holder[key] = None  # its neighbours keep their index


def _masked(key: Json, value: Json) -> Json:
    if key in ("reset", "closed"):
        return None
    if key == "kind":
        return value
    if key in _MAPS:
        return {}
    if key == "logs":
        return [{**line, "message": MASK} for line in value]
    if isinstance(value, dict) and "message" in value:
        return {**value, "message": MASK}
    if isinstance(value, str) or (isinstance(value, dict) and "base64" in value):
        return MASK
    if isinstance(value, list):
        pair = len(value) == 2 and isinstance(key, int)
        return [value[0], MASK] if pair else [[name, MASK] for name, _ in _pairs(key, value)]
    if isinstance(value, dict) and isinstance(key, int):  # an exchange, callout or connection
        return {part: _masked(part, item) for part, item in value.items()}
    return None if isinstance(value, dict) or value is None else _GONE


def _pairs(key: Json, value: list[Json]) -> list[Json]:
    return value if key in ("headers", "trailers") else []


def _gone(_key: Json, _value: Json) -> Json:
    return _GONE
