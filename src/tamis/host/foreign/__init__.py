"""Foreign functions that are not the native core's own, as Envoy has them.

`FUNCTIONS` is what the core calls by name: `function(arguments, caller) -> (status, result)`.
"""

from collections.abc import Callable, Mapping

from tamis.host.foreign import compression, expressions, signatures
from tamis.host.foreign.answer import Caller, Refused, Status

__all__ = ["FUNCTIONS", "Caller"]

_Function = Callable[[bytes, Caller], bytes | None]
_Answer = tuple[int, bytes | None]


def _answering(function: _Function) -> Callable[[bytes, Caller], _Answer]:
    def answer(arguments: bytes, caller: Caller) -> _Answer:
        try:
            return Status.OK, function(arguments, caller)
        except Refused as refused:
            return refused.status, None

    return answer


FUNCTIONS: Mapping[str, Callable[[bytes, Caller], _Answer]] = {
    "compress": _answering(compression.compress),
    "uncompress": _answering(compression.uncompress),
    "sign": _answering(signatures.sign),
    "verify_signature": _answering(signatures.verify),
    "expr_create": _answering(expressions.create),
    "expr_evaluate": _answering(expressions.evaluate),
    "expr_delete": _answering(expressions.delete),
}
