"""How long a start takes, and an exchange, in Wasm and natively. Timed, hence never exact."""

import time
from collections.abc import Callable

from tamis import _core
from tamis.errors import Rejected
from tamis.host.engine import NEWEST, engine
from tamis.host.loading import minor
from tamis.host.script import build
from tamis.host.twin import Twin
from tamis.model.card import ColdStart
from tamis.model.exchange import Fixture
from tamis.model.measured import Least
from tamis.model.plugin import Limits

__all__ = ["cold"]

_DEFAULT_LIMITS = Limits()
#: Times to try, and nanoseconds after which no further try begins: modules of Go take seconds.
_TRIES, _ENOUGH = 20, 1_000_000_000
#: Exchanges of a fixture in one VM, for the time of one that is not the first: so many that this
#: one, which takes ten times as long, is 1 % of them.
_PASSES = 1000


def cold(
    module: bytes,
    fixture: Fixture | None = None,
    *,
    twin: Twin | None = None,
    envoy: str = NEWEST,
    limits: Limits = _DEFAULT_LIMITS,
) -> ColdStart:
    """Of `module`, which loads; `fixture`: of exchanges or connections that nothing breaks. `twin`:
    its native code, which takes turns with it at the same fixture.

    Without fuel, the compiled module's cache left alone. Each figure is the least of its runs.
    Raises Rejected when the native code breaks, ends its process or hangs.
    """
    compiler = engine(fuel=False, stack=limits.stack)
    number = minor(envoy)
    made: list[_core.Module] = []  # compiling Go takes seconds: what was timed is used

    def compile_it() -> None:
        made[:] = [_core.load(compiler, module, "", number, [])]

    (compiling,) = _leasts(lambda: _timed(compile_it))
    (loaded,) = made

    def instantiate() -> float:
        return _timed(lambda: _core.enter(loaded, _core.Script()))

    (instantiating,) = _leasts(lambda: _timed(instantiate))
    if fixture is None:
        return ColdStart(compiling, instantiating)
    script = build(fixture, limits, envoy_minor=number)

    def run(passes: int) -> float:
        raw = _core.replay(loaded, script, passes, _core.Stop())
        return float(raw["seconds"]) * 1e9 / max(int(raw["exchanges"]), 1)

    def natively() -> float:
        assert twin
        done = twin.replay(fixture, _PASSES, envoy=envoy, limits=limits)
        if not done.ok:
            raise Rejected(
                f"{fixture.name}: the native twin breaks, the module does not",
                advice="See how: tamis test --host native.",
            )
        return done.seconds * 1e9 / max(done.exchanges, 1)

    (first,) = _leasts(lambda: run(1))
    turns = (lambda: run(_PASSES), *((natively,) if twin else ()))
    exchange, *native = _leasts(*turns)
    return ColdStart(compiling, instantiating, first, exchange, native[0] if native else None)


def _timed(action: Callable[[], object]) -> float:
    before = time.perf_counter_ns()
    action()
    return float(time.perf_counter_ns() - before)


def _leasts(*every: Callable[[], float]) -> tuple[Least, ...]:
    """Of each, in rounds in which all take turns: what disturbs one disturbs the others."""
    end = time.perf_counter_ns() + _ENOUGH * len(every)
    rounds = [[once() for once in every]]
    while len(rounds) < _TRIES and time.perf_counter_ns() < end:
        rounds.append([once() for once in every])
    return tuple(Least(min(times), len(times)) for times in zip(*rounds, strict=True))
