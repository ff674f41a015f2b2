"""Worker CPU by slices: each lane of one Envoy in turn, some hundred requests at a time.

Closed-loop load tools are far too noisy on a shared machine; the CPU time of the worker's thread
over a short slice is not, once the quiet slices of many are compared.
"""

import random
from collections.abc import Sequence
from contextlib import ExitStack

from tamis.benches.ring import client
from tamis.benches.statistics import Rounds
from tamis.benches.workload import Workload
from tamis.envoy.arena import Arena
from tamis.errors import Fault

__all__ = ["WARM", "slices"]

#: Requests of a slice, about: enough that what a slice begins with hardly counts.
_SLICE = 400
#: Requests until V8 has compiled a filter for good.
WARM = 3000


def slices(arena: Arena, load: Workload, rounds: int, *, seed: int) -> Rounds:
    """Microseconds of a request, of each lane in each of `rounds`; their order is by chance.

    Raises Fault where a lane stops to answer.
    """
    # All exchanges equally often in each slice.
    size = max(_SLICE // len(load.exchanges), 1) * len(load.exchanges)
    found: dict[str, list[float]] = {name: [] for name in arena.ports}
    chance = random.Random(seed)
    with ExitStack() as opened:
        clients = {name: opened.enter_context(client(arena, name, load)) for name in arena.ports}
        order: Sequence[str] = tuple(clients)
        for name in order:
            clients[name].slice(WARM)
        for _ in range(rounds):
            order = chance.sample(order, len(order))
            for name in order:
                before = arena.worker()
                tally = clients[name].slice(size)
                if tally.answered < size:
                    raise Fault(
                        f"{name}: {size - tally.answered} of {size} requests were not answered",
                        advice="Run tamis test --host envoy: what the filter does there shows why.",
                    )
                found[name].append((arena.worker() - before) / size / 1000)
    return found
