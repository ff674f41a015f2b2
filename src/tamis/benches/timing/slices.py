"""Worker CPU by slices: each lane of one Envoy in turn, some hundred requests at a time.

Closed-loop load tools are far too noisy on a shared machine; the CPU time of the worker's thread
over a short slice is not, once the quiet slices of many are compared.
"""

import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from tamis import _core
from tamis.benches.timing.answers import Answered
from tamis.benches.timing.ring import client
from tamis.benches.timing.statistics import Rounds
from tamis.envoy.measuring.arena import Arena
from tamis.fixtures.workload import Workload

__all__ = ["WARM", "Slices", "slices"]

#: Requests of a slice, about: enough that what a slice begins with hardly counts; and seconds that
#: those of a dear filter take at most, so that a round stays short.
_SLICE, _LONGEST = 400, 0.05
#: Requests until V8 has compiled a filter for good.
WARM = 3000


@dataclass(frozen=True, slots=True)
class Slices:
    """Of one Envoy: microseconds of a request in each round, and what was answered, by lane."""

    rounds: Rounds
    answered: Mapping[str, Answered]


def slices(arena: Arena, load: Workload, rounds: int, *, seed: int) -> Slices:
    """Of each lane in each of `rounds`; their order is by chance.

    Raises Fault where a lane stops to answer, or Envoy ends.
    """
    found: dict[str, list[float]] = {name: [] for name in arena.ports}
    statuses: dict[str, Counter[int]] = {name: Counter() for name in arena.ports}
    chance = random.Random(seed)
    with ExitStack() as opened:
        clients = {name: opened.enter_context(client(arena, name, load)) for name in arena.ports}
        order: Sequence[str] = tuple(clients)
        sizes = {name: _size(clients[name], len(load.exchanges)) for name in order}
        for _ in range(rounds):
            order = chance.sample(order, len(order))
            for name in order:
                before, size = arena.worker(), sizes[name]
                tally = clients[name].slice(size)
                if tally.answered < size:
                    raise arena.unanswered(name, size - tally.answered, size)
                found[name].append((arena.worker() - before) / size / 1000)
                statuses[name].update(tally.statuses)
    return Slices(found, {name: Answered(each) for name, each in statuses.items()})


def _size(asking: _core.Load, exchanges: int) -> int:
    """Of a lane's slices: all exchanges equally often, in not much more time than others take.

    The lane is warm behind it: V8 has compiled a filter for good.
    """
    begin = time.monotonic()
    tally = asking.slice(WARM)
    each = (time.monotonic() - begin) / max(tally.answered, 1)
    wanted = min(_SLICE, int(_LONGEST / each))
    return max(wanted // exchanges, 1) * exchanges
