"""`expr_create`, `expr_evaluate`, `expr_delete`: CEL expressions that a plugin keeps by token."""

import struct
from dataclasses import dataclass, field

from tamis.errors import BadInput
from tamis.host.foreign.answer import Caller, Refused, Status, need
from tamis.host.foreign.cel import Expression

__all__ = ["create", "delete", "evaluate"]

_TOKEN = struct.Struct("<I")


@dataclass(slots=True)
class _Table:
    """A plugin's expressions; lives with the plugin."""

    next_token: int = 0
    expressions: dict[int, Expression] = field(default_factory=dict)


def create(text: bytes, caller: Caller) -> bytes:
    """A token for the expression; tokens count from 0.

    Raises Missing without a CEL engine, BadInput for what needs Envoy's own messages.
    """
    engine = need("cel_expr_python.cel", "cel", "expr_create")
    expression = Expression.parse(engine, text)
    table = _table(caller)
    for name in sorted(expression.tree.messages):
        if name.startswith("envoy."):
            raise BadInput(
                f"a CEL expression makes the message {name}, which only Envoy itself can",
                advice="Run this fixture with --host envoy.",
            )
    token = table.next_token
    table.next_token += 1
    # What parses and cannot be built has used up its token.
    if not expression.sound:
        raise Refused(Status.BAD_ARGUMENT)
    table.expressions[token] = expression
    return _TOKEN.pack(token)


def evaluate(argument: bytes, caller: Caller) -> bytes:
    """The value as a property would be read."""
    expression = _table(caller).expressions.get(_token(argument))
    if expression is None:
        raise Refused(Status.NOT_FOUND)
    return expression.evaluate(caller)


def delete(argument: bytes, caller: Caller) -> None:
    """A token that is not there is no error."""
    _table(caller).expressions.pop(_token(argument), None)


def _table(caller: Caller) -> _Table:
    table: _Table = caller.state.setdefault("expressions", _Table())
    return table


def _token(argument: bytes) -> int:
    if len(argument) != _TOKEN.size:
        raise Refused(Status.BAD_ARGUMENT)
    token: int = _TOKEN.unpack(argument)[0]
    return token
