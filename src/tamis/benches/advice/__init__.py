"""What to change to make a filter cheaper: found in its traces, told with what it costs."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tamis.benches.advice import bodies, calls, headers, reads
from tamis.benches.advice.idle import idle
from tamis.benches.advice.rule import Found, Rule, Traffic
from tamis.benches.counts import Ran
from tamis.model.card import Advice
from tamis.model.exchange import Connection, Exchange
from tamis.model.prices import Prices

__all__ = ["advise"]

_RULES: tuple[Rule, ...] = (
    headers.one_by_one,
    headers.written_whole,
    reads.again,
    reads.constant_properties,
    reads.header_properties,
    bodies.unchanged,
    bodies.again,
    calls.logs,
    calls.defined_metrics,
    calls.metrics_again,
    calls.allocations,
)


def advise(runs: Sequence[Ran], prices: Prices) -> tuple[Advice, ...]:
    """What was found in `runs`, what saves most first.

    The same thing in many exchanges is told once, of that where it costs most.
    """
    traffic = [each for ran in runs for each in _traffic(ran, prices)]
    found = [each for rule in _RULES for one in traffic for each in rule(one)]
    return tuple(sorted((*_told(found), *idle(traffic)), key=_order))


def _order(advice: Advice) -> tuple[float, str, str]:
    saves = advice.saves_us.value if advice.saves_us else 0.0
    return -saves, advice.rule, advice.callback


def _traffic(ran: Ran, prices: Prices) -> Iterator[Traffic]:
    if ran.outcome.start != "ok":
        return
    for index, step in enumerate(ran.fixture.steps):
        if isinstance(step, Exchange | Connection):
            own = tuple(visit for visit in ran.visits if visit.step == index)
            exchange = step if isinstance(step, Exchange) else None
            yield Traffic(ran.fixture.name, index, own, exchange, prices)


def _told(found: Sequence[Found]) -> Iterator[Advice]:
    groups: dict[tuple[str, str, str], list[Advice]] = {}
    for each in found:
        key = (each.advice.rule, each.advice.callback, each.subject)
        groups.setdefault(key, []).append(each.advice)
    for group in groups.values():
        places = {(advice.fixture, advice.step) for advice in group}
        yield replace(min(group, key=_order), exchanges=len(places))
