"""What the names in a CEL expression stand for: properties of the calling context.

The engine takes plain values only, neither unsigned numbers nor times: those come as text with
the CEL function that makes them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tamis.abi.table import raw
from tamis.host.foreign.answer import Caller, Status
from tamis.host.foreign.cel_tree import Path
from tamis.host.foreign.cel_values import unpair

__all__ = ["Leaf", "Names", "bind", "join"]

#: Their members cannot be listed: those that the expression names are looked up.
_OPEN = ("metadata", "filter_state", "upstream_filter_state")
#: In Envoy a whole map has no wire form; that it is there shows all the same.
_THERE = (Status.OK, Status.SERIALIZATION_FAILURE)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value; `maker`: the function that makes it of a plain one."""

    plain: object
    maker: str = ""


Names = dict[str, "Leaf | Names"]


def join(path: Iterable[str]) -> bytes:
    """A path as proxy_get_property takes it."""
    return "\0".join(path).encode()


def bind(paths: Iterable[Path], caller: Caller) -> Names:
    """Values of the names; a name that the context does not know has none."""
    wanted = set(paths)
    names: Names = {}
    for root in {path[0] for path in wanted}:
        value = _root(root, [path for path in wanted if path[0] == root], caller)
        if value is not None:
            names[root] = value
    return names


def _root(root: str, paths: list[Path], caller: Caller) -> "Leaf | Names | None":
    entry: Mapping[str, Any] = (
        {} if root.startswith("_") else raw()["well_known_properties"].get(root, {})
    )
    if entry and ("type" not in entry or root in _OPEN):
        if caller.read(join((root,)))[0] not in _THERE:
            return None
        return _open(paths, caller) if root in _OPEN else _fields(root, entry, paths, caller)
    return _leaf((root,), entry.get("type"), caller)


def _fields(root: str, entry: Mapping[str, Any], paths: list[Path], caller: Caller) -> Names:
    """The fields that the expression names; all of them where it takes the root as a whole."""
    whole = any(len(path) == 1 for path in paths)
    named = entry if whole else {path[1] for path in paths}
    found: Names = {}
    for name in named:
        kind = str(entry.get(name, {}).get("type", "message")) if name[0] != "_" else "-"
        value: Leaf | Names | None
        below = [path for path in paths if path[1:2] == (name,)]
        if kind.startswith("map"):
            value = _map((root, name), below, caller)
        elif kind.startswith("message"):
            value = _open(below, caller, 2) or None
        else:
            value = _leaf((root, name), kind, caller)
        if value is not None:
            found[name] = value
    return found


def _map(at: Path, paths: list[Path], caller: Caller) -> Leaf | None:
    status, data = caller.read(join(at))
    if status != Status.OK:
        return None
    headers = {_text(key): _text(value) for key, value in unpair(data).items()}
    # Names of headers have no case.
    for path in paths:
        if len(path) > 2 and path[2].lower() in headers:
            headers[path[2]] = headers[path[2].lower()]
    return Leaf(headers)


def _open(paths: list[Path], caller: Caller, depth: int = 1) -> Names:
    """What the paths lead to, below their first `depth` segments."""
    found: Names = {}
    for path in sorted(paths):
        value = _leaf(path, None, caller) if len(path) > depth else None
        if value is None:
            continue
        at = found
        for part in path[depth:-1]:
            below = at.setdefault(part, {})
            if isinstance(below, Leaf):
                break
            at = below
        else:
            at[path[-1]] = value
    return found


def _leaf(path: Path, kind: str | None, caller: Caller) -> Leaf | None:
    status, data = caller.read(join(path))
    if status != Status.OK:
        return None
    if kind is None:
        kind = _unknown(path, caller)
    return _READERS.get(kind, _as_bytes)(data)


def _unknown(path: Path, caller: Caller) -> str:
    """What filters set is bytes unless declared text; a message's fields are taken for text."""
    if len(path) == 1 or path[0] in _OPEN[1:]:
        name = path[-1].removeprefix("wasm.") if len(path) > 1 else path[0]
        return "string" if caller.textual(name.encode()) else "bytes"
    return "string"


def _text(data: bytes) -> str:
    return data.decode(errors="replace")


def _as_bytes(data: bytes) -> Leaf:
    return Leaf(data)


def _signed(data: bytes) -> int:
    return int.from_bytes(data, "little", signed=True)


def _moment(data: bytes) -> Leaf:
    seconds, rest = divmod(_signed(data), 10**9)
    return Leaf(f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09}Z", "timestamp")


_READERS: Mapping[str, Callable[[bytes], Leaf]] = {
    "string": lambda data: Leaf(_text(data)),
    "int": lambda data: Leaf(_signed(data)),
    "uint": lambda data: Leaf(str(int.from_bytes(data, "little")), "uint"),
    "bool": lambda data: Leaf(data != b"\0"),
    "timestamp": _moment,
    "duration": lambda data: Leaf(f"{_signed(data)}ns", "duration"),
}
