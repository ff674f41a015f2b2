"""Run the fixtures in the host core, with fuel and a trace, and charge each callback its own."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tamis import host
from tamis.benches.visits import ALLOCATORS, Visit, visits
from tamis.errors import BadInput
from tamis.model.cost import (
    REST,
    CallbackCost,
    Counted,
    FixtureCost,
    FunctionCost,
    StepCost,
    StepKind,
    merged,
)
from tamis.model.exchange import Connection, Exchange, Fixture
from tamis.model.outcome import Counts, Outcome, Run, total
from tamis.model.plugin import Limits

__all__ = ["Ran", "count", "counted"]

_DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Ran:
    """A fixture that was run to be counted."""

    fixture: Fixture
    outcome: Outcome
    visits: tuple[Visit, ...]
    more: int = 0


def count(
    module: bytes,
    fixtures: Sequence[Fixture],
    *,
    envoy: str = host.NEWEST,
    limits: Limits = _DEFAULT_LIMITS,
) -> Iterator[Ran]:
    """Each of `fixtures`, as Envoy `envoy` would run it; one after the other, none is kept.

    Raises BadInput where the module does not load.
    """
    for fixture in fixtures:
        run = host.run(module, fixture, envoy=envoy, limits=limits, fuel=True, trace=True)
        yield _ran(fixture, run)


def _ran(fixture: Fixture, run: Run) -> Ran:
    if run.outcome is None or run.trace is None:
        why = [*run.problems, *(each.why for each in run.skipped)]
        raise BadInput(
            f"the module does not load: {'; '.join(why)}",
            advice="Run tamis check for all findings.",
        )
    return Ran(fixture, run.outcome, visits(fixture, run), run.trace.more)


def counted(runs: Iterable[Ran], *, envoy: str = host.NEWEST) -> Counted:
    """What they cost; no run is kept."""
    return Counted(host.label(envoy), tuple(map(_cost, runs)))


def _cost(ran: Ran) -> FixtureCost:
    outcome = ran.outcome
    steps = tuple(_steps(ran))
    return FixtureCost(
        fixture=ran.fixture.name,
        memory=outcome.counts.memory_high_water,
        steps=_with_rest(steps, outcome.counts) if ran.more else steps,
        more=ran.more,
        broken=host.broken_by(ran.fixture, outcome.start, outcome.trap, len(outcome.unanswered)),
    )


def _steps(ran: Ran) -> Iterator[StepCost]:
    """In order. A plugin that refused to start meets no traffic, so none is counted."""
    before, behind = _outside(ran.visits)
    yield StepCost("start", None, _callbacks(before))
    if ran.outcome.start == "ok":
        for index, step in enumerate(ran.fixture.steps):
            own = [visit for visit in ran.visits if visit.step == index]
            yield StepCost(_kind(step), index, _callbacks(own), _pieces(step))
    yield StepCost("end", None, _callbacks(behind))


def _with_rest(steps: tuple[StepCost, ...], known: Counts) -> tuple[StepCost, ...]:
    """What the trace did not hold, in the last step it told of: totals and budgets miss nothing."""
    told = total(step.counts for step in steps)
    missing = Counter(known.calls)
    missing.subtract(told.calls)
    rest = [FunctionCost(name, calls) for name, calls in sorted(missing.items()) if calls > 0]
    if not rest:
        return steps
    rest[0] = FunctionCost(
        rest[0].function,
        rest[0].calls,
        known.bytes_in - told.bytes_in,
        known.bytes_out - told.bytes_out,
    )
    cost = CallbackCost(
        REST,
        0,
        tuple(rest),
        known.allocations - told.allocations,
        (known.fuel or 0) - (told.fuel or 0),
    )
    last = max((at for at, step in enumerate(steps[:-1]) if step.callbacks), default=0)
    step = replace(steps[last], callbacks=(*steps[last].callbacks, cost))
    return (*steps[:last], step, *steps[last + 1 :])


def _pieces(step: object) -> int:
    return len(step.request.body) + len(step.answer.body) if isinstance(step, Exchange) else 0


def _kind(step: object) -> StepKind:
    if isinstance(step, Exchange):
        return "exchange"
    return "connection" if isinstance(step, Connection) else "tick"


#: What happens when a plugin is taken out, whether or not it met anything before.
_END = ("proxy_on_done", "proxy_on_log", "proxy_on_delete")


def _outside(found: Sequence[Visit]) -> tuple[list[Visit], list[Visit]]:
    """Those of no step: of the start, of the end."""
    before: list[Visit] = []
    behind: list[Visit] = []
    met = False
    for visit in found:
        met = met or visit.step is not None
        if visit.step is None:
            (behind if met or visit.callback in _END else before).append(visit)
    return before, behind


def _callbacks(found: Sequence[Visit]) -> tuple[CallbackCost, ...]:
    return merged(
        CallbackCost(
            callback=visit.callback,
            runs=1,
            functions=tuple(
                FunctionCost(call.name, 1, call.bytes_in, call.bytes_out) for call in visit.calls
            ),
            allocations=sum(call.name in ALLOCATORS for call in visit.calls),
            fuel=visit.fuel,
        )
        for visit in found
    )
