"""What a parsed CEL expression speaks of: names, paths, functions, messages.

Read from the serialized `cel.expr.ParsedExpr`, whose field numbers are part of CEL.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tamis.host.foreign.messages import fields

__all__ = ["Call", "Tree", "read"]

_IDENT, _SELECT, _CALL, _LIST, _STRUCT, _COMPREHENSION = 4, 5, 6, 7, 8, 9
_CONST, _STRING = 3, 6
_INDEX = "_[_]"

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function by name; the target of a member function counts among its arguments."""

    name: str
    member: bool
    arguments: int


@dataclass(slots=True)
class Tree:
    """`paths`: names and what is selected from them by literal names, as far as that goes; those
    that comprehensions give are among them, and hide what a property of that name would be.
    `path`: the whole expression, if it is one path and nothing else.
    """

    paths: set[Path] = field(default_factory=set)
    calls: set[Call] = field(default_factory=set)
    messages: set[str] = field(default_factory=set)
    path: Path | None = None


def read(parsed: bytes) -> Tree:
    """Of a google.protobuf.Any that holds a ParsedExpr, as the engine serializes it."""
    message = dict(fields(_bytes(dict(fields(parsed)).get(2, b""))))
    root = _bytes(message.get(2, b""))
    tree = Tree(path=None if _tested(root) else _path(root))
    _walk(root, tree)
    return tree


def _walk(expression: bytes, tree: Tree) -> None:
    """Depth is bounded: the parser takes 32 levels."""
    path = _path(expression)
    if path is not None:
        tree.paths.add(path)
        return
    for number, value in fields(expression):
        if isinstance(value, int):
            continue
        if number == _SELECT:
            _walk(_bytes(dict(fields(value)).get(1, b"")), tree)
        elif number == _CALL:
            _walk_call(value, tree)
        elif number == _LIST:
            for element in _all(value, 1):
                _walk(element, tree)
        elif number == _STRUCT:
            _walk_struct(value, tree)
        elif number == _COMPREHENSION:
            _walk_comprehension(value, tree)


def _walk_call(call: bytes, tree: Tree) -> None:
    target, arguments = list(_all(call, 1)), list(_all(call, 3))
    name = next(_all(call, 2), b"").decode()
    tree.calls.add(Call(name, bool(target), len(target) + len(arguments)))
    for each in (*target, *arguments):
        _walk(each, tree)


def _walk_struct(struct: bytes, tree: Tree) -> None:
    for name in _all(struct, 1):
        tree.messages.add(name.decode())
    for entry in _all(struct, 2):
        for part in (*_all(entry, 3), *_all(entry, 4)):
            _walk(part, tree)


def _walk_comprehension(comprehension: bytes, tree: Tree) -> None:
    for number in (2, 4, 5, 6, 7):
        for part in _all(comprehension, number):
            _walk(part, tree)


def _path(expression: bytes) -> Path | None:
    """The path that an expression is."""
    parts = {number: value for number, value in fields(expression) if isinstance(value, bytes)}
    if _IDENT in parts:
        return (next(_all(parts[_IDENT], 1), b"").decode(),)
    if _SELECT in parts:
        base = _path(next(_all(parts[_SELECT], 1), b""))
        return None if base is None else (*base, next(_all(parts[_SELECT], 2), b"").decode())
    if _CALL not in parts or next(_all(parts[_CALL], 2), b"").decode() != _INDEX:
        return None
    arguments = list(_all(parts[_CALL], 3))
    key = _literal(arguments[1]) if len(arguments) == 2 else None
    base = _path(arguments[0]) if key is not None else None
    return None if base is None or key is None else (*base, key)


def _literal(expression: bytes) -> str | None:
    constant = dict(fields(expression)).get(_CONST)
    text = dict(fields(_bytes(constant or b""))).get(_STRING)
    return text.decode() if isinstance(text, bytes) else None


def _tested(expression: bytes) -> bool:
    """Whether it is has(...)."""
    select = dict(fields(expression)).get(_SELECT)
    return isinstance(select, bytes) and 3 in dict(fields(select))


def _all(message: bytes, number: int) -> Iterator[bytes]:
    return (value for n, value in fields(message) if n == number and isinstance(value, bytes))


def _bytes(value: int | bytes) -> bytes:
    return value if isinstance(value, bytes) else b""
