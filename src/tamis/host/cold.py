"""How long a start takes: compile, instantiate, first exchange. Timed, hence never exact."""

import time
from collections.abc import Callable

from tamis import _core
from tamis.host.engine import NEWEST, engine
from tamis.host.loading import minor
from tamis.host.script import build
from tamis.model.card import ColdStart
from tamis.model.exchange import Fixture
from tamis.model.measured import Least
from tamis.model.plugin import Limits

__all__ = ["cold"]

_DEFAULT_LIMITS = Limits()
#: Times to try, and nanoseconds after which no further try begins: modules of Go take seconds.
_TRIES, _ENOUGH = 20, 1_000_000_000
#: Exchanges of a fixture in one VM, for the time of one that is not the first.
_PASSES = 200


def cold(
    module: bytes,
    fixture: Fixture | None = None,
    *,
    envoy: str = NEWEST,
    limits: Limits = _DEFAULT_LIMITS,
) -> ColdStart:
    """Of `module`, which loads; `fixture`: of exchanges or connections that nothing breaks.

    Without fuel, the compiled module's cache left alone. Each figure is the least of its runs.
    """
    compiler = engine(fuel=False, stack=limits.stack)
    number = minor(envoy)
    made: list[_core.Module] = []  # compiling Go takes seconds: what was timed is used

    def compile_it() -> None:
        made[:] = [_core.load(compiler, module, "", number, [])]

    compiling = _least(lambda: _timed(compile_it))
    (loaded,) = made

    def instantiate() -> float:
        return _timed(lambda: _core.enter(loaded, _core.Script()))

    first = exchange = None
    if fixture is not None:
        script = build(fixture, limits, envoy_minor=number)

        def run(passes: int) -> float:
            raw = _core.replay(loaded, script, passes, _core.Stop())
            return float(raw["seconds"]) * 1e9 / max(int(raw["exchanges"]), 1)

        first = _least(lambda: run(1))
        exchange = _least(lambda: run(_PASSES))
    return ColdStart(compiling, _least(instantiate), first, exchange)


def _timed(action: Callable[[], object]) -> float:
    before = time.perf_counter_ns()
    action()
    return float(time.perf_counter_ns() - before)


def _least(once: Callable[[], float]) -> Least:
    end = time.perf_counter_ns() + _ENOUGH
    times = [once()]
    while len(times) < _TRIES and time.perf_counter_ns() < end:
        times.append(once())
    return Least(min(times), len(times))
