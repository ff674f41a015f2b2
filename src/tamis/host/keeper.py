"""The process that native code runs in: `main`, started by `tamis.host.twin`.

It reads orders from its input and writes answers to its output, pickled both (`Order`, `Answer`),
until the input ends. What the native code prints goes to the standard error.
"""

import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from tamis import _core
from tamis.host.loading import minor
from tamis.host.script import build
from tamis.model.exchange import Fixture
from tamis.model.plugin import Limits

__all__ = ["Answer", "Order", "main"]


@dataclass(frozen=True, slots=True)
class Order:
    """A fixture to run in the library at `path`; `passes`: to repeat so often instead."""

    path: str
    fixture: Fixture
    envoy: str
    limits: Limits
    trace: bool = False
    passes: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What `_core.run_twin` or `_core.replay_twin` returned, or what it raised."""

    raw: Mapping[str, Any] | None = None
    error: Exception | None = None


def main() -> None:
    """Serve one parent."""
    orders = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
    while (order := _next(orders)) is not None:
        try:
            answer = Answer(_done(order))
        except Exception as error:  # noqa: BLE001  (the parent raises it)
            answer = Answer(error=error)
        pickle.dump(answer, answers)
        answers.flush()


def _next(orders: BinaryIO) -> Order | None:
    try:
        order = pickle.load(orders)  # noqa: S301  (from the process that made this one)
    except EOFError:
        return None
    assert isinstance(order, Order)
    return order


def _done(order: Order) -> Mapping[str, Any]:
    script = build(order.fixture, order.limits, envoy_minor=minor(order.envoy))
    script.trace = order.trace
    library = _core.TwinLibrary(order.path)
    # A module has its variables from the host; native code finds them where every program does.
    os.environ |= order.fixture.plugin.environment
    try:
        if order.passes is None:
            return _core.run_twin(library, script)
        return _core.replay_twin(library, script, order.passes, _core.Stop())
    finally:
        for name in order.fixture.plugin.environment:
            os.environ.pop(name, None)
