"""Native twins in the core: the same fixtures, with the filter's code compiled for this machine.

Native code can end its process, so it has one of its own (`tamis.host.keeper`), made anew after a
fixture that broke it.
"""

import pickle
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tamis import _core
from tamis.errors import Missing, Rejected
from tamis.host.engine import NEWEST, label
from tamis.host.keeper import Answer, Order
from tamis.host.loading import minor
from tamis.host.outcome import outcome
from tamis.host.replay import replayed
from tamis.host.trace import trace as crossings
from tamis.model.exchange import Fixture
from tamis.model.outcome import Run
from tamis.model.plugin import Limits
from tamis.model.replayed import Replayed

__all__ = ["Twin"]

_DEFAULT_LIMITS = Limits()
#: Seconds beside a guest's own deadlines after which the process counts as hanging.
_PATIENCE = 30.0
#: Orders after which a process makes room for another: a library that stays loaded holds a file.
_ORDERS = 200


class Twin:
    """The twin at `path`, a shared library; a context manager that ends the process.

    Raises Missing where native code cannot be run.
    """

    def __init__(self, path: Path) -> None:
        if not hasattr(_core, "TwinLibrary"):
            raise Missing(
                f"native twins run on Linux, not on {sys.platform}",
                advice="Test with --host wasmtime or --host envoy.",
            )
        self._path = path
        self._process: subprocess.Popen[bytes] | None = None
        self._orders = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def run(
        self,
        fixture: Fixture,
        *,
        envoy: str = NEWEST,
        limits: Limits = _DEFAULT_LIMITS,
        trace: bool = False,
    ) -> Run:
        """`fixture` in a VM of its own, as `tamis.host.run` does it. A library that does not load
        gives a Run without outcome and the loader's words.
        """
        raw = self._ask(Order(str(self._path), fixture, envoy, limits, trace=trace))
        name = label(envoy, native=True)
        if isinstance(raw, str):
            return Run(fixture.name, name, None, problems=(raw,))
        kept = crossings(raw) if trace else None
        if raw["refused"] == "instantiation":
            words = raw["trap"][2].decode(errors="replace")
            problem = f"the native twin does not load: {words}"
            return Run(fixture.name, name, None, problems=(problem,), trace=kept)
        return Run(fixture.name, name, outcome(raw, fixture, envoy_minor=minor(envoy)), trace=kept)

    def replay(
        self,
        fixture: Fixture,
        passes: int,
        *,
        envoy: str = NEWEST,
        limits: Limits = _DEFAULT_LIMITS,
    ) -> Replayed:
        """As `tamis.host.replay`. Raises Rejected when the process ends or hangs."""
        raw = self._ask(Order(str(self._path), fixture, envoy, limits, passes=passes))
        if isinstance(raw, str):
            raise Rejected(raw, advice="Run its fixtures one by one: tamis test --host native.")
        return replayed(label(envoy, native=True), fixture, raw)

    def _ask(self, order: Order) -> Mapping[str, Any] | str:
        """What the core reports, or how the process ended."""
        self._orders += 1
        if self._orders % _ORDERS == 0:
            self.end()
        process = self._process = self._process or _started()
        assert process.stdin
        assert process.stdout
        try:
            pickle.dump(order, process.stdin)
            process.stdin.flush()
        except BrokenPipeError:
            return self._lost()
        patience = None if order.passes else _patience(order)
        if not select.select([process.stdout], [], [], patience)[0]:
            self.end()
            return f"the native twin hung: nothing for {patience:.0f} s"
        try:
            answer = pickle.load(process.stdout)  # noqa: S301  (from a process of ours)
        except (EOFError, pickle.UnpicklingError):
            return self._lost()
        assert isinstance(answer, Answer)
        if answer.error:
            raise answer.error
        assert answer.raw
        if answer.raw["trap"]:
            self.end()  # who knows what it left behind
        return answer.raw

    def _lost(self) -> str:
        assert self._process
        code = self._process.wait()
        self.end()
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return f"the native twin ended its process: {how}"

    def end(self) -> None:
        """End the process, whatever it does; the next fixture gets another."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.communicate()


def _started() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from tamis.host.keeper import main; main()"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _patience(order: Order) -> float:
    """Every step may use up its deadline several times over."""
    steps = len(order.fixture.steps) + 3
    return _PATIENCE + steps * 3 * order.limits.deadline_ms / 1000
