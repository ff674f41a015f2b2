"""What to change to make a filter cheaper: found in its traces, told with what it costs."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from tamis.benches.advice import bodies, calls, headers, reads
from tamis.benches.advice.idle import Idle
from tamis.benches.advice.rule import Rule, Traffic
from tamis.benches.counts import Ran
from tamis.model.card import Advice
from tamis.model.exchange import Connection, Exchange
from tamis.model.prices import Prices

__all__ = ["Advisor", "advise"]

#: Rule, callback and subject.
_Key = tuple[str, str, str]

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


class Advisor:
    """Looks at runs one by one, and keeps what it found, not the runs.

    The same thing in many exchanges is told once, of that where it costs most.
    """

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._found: dict[_Key, Advice] = {}
        self._idle = Idle(prices)

    def look(self, ran: Ran) -> None:
        """At each exchange of a run."""
        for traffic in _traffic(ran, self._prices):
            self._idle.look(traffic)
            for key, advice in _in(traffic).items():
                known = self._found.get(key)
                if known:
                    dearest = min(known, advice, key=_order)
                    advice = replace(dearest, exchanges=known.exchanges + 1)
                self._found[key] = advice

    def told(self) -> tuple[Advice, ...]:
        """All that was found, what saves most first."""
        return tuple(sorted((*self._found.values(), *self._idle.told()), key=_order))


def advise(runs: Iterable[Ran], prices: Prices) -> tuple[Advice, ...]:
    """What is found in all of them."""
    advisor = Advisor(prices)
    for ran in runs:
        advisor.look(ran)
    return advisor.told()


def _in(traffic: Traffic) -> dict[_Key, Advice]:
    """What one exchange shows, each thing once."""
    found: dict[_Key, Advice] = {}
    for each in (each for rule in _RULES for each in rule(traffic)):
        key = (each.advice.rule, each.advice.callback, each.subject)
        found[key] = min(found.get(key, each.advice), each.advice, key=_order)
    return found


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
