"""Make a price table for this machine: micro-filters in a real Envoy, and what they differ by."""

import platform
from collections.abc import Callable
from contextlib import ExitStack

from tamis.benches import recipes
from tamis.benches.contenders import Contender
from tamis.benches.counts import count
from tamis.benches.derive import priced
from tamis.benches.micro import made
from tamis.benches.recipes import LOOPS, Group
from tamis.benches.ring import Ring
from tamis.benches.slices import slices
from tamis.benches.statistics import Estimate, estimate, merged
from tamis.benches.workload import Workload
from tamis.envoy import Binary
from tamis.envoy.arena import Origin
from tamis.model.plugin import Plugin
from tamis.model.prices import Prices

__all__ = ["calibrate"]

#: Fresh Envoys of each group, and rounds in each.
_ENVOYS, _ROUNDS = 8, 20


def calibrate(binary: Binary, say: Callable[[str], None]) -> Prices:
    """A table of this Envoy on this machine. Takes some minutes. Raises what measuring raises."""
    every = recipes.groups()
    found = merged({each.name: _measured(binary, each, say) for each in every})
    small = next(each for each in every if each.name == "headers")
    fuel = [_fuel(small, rounds) for rounds in LOOPS]
    return priced(found, fuel[1] - fuel[0], f"envoy {binary.version}", binary.version, _made())


def _measured(binary: Binary, group: Group, say: Callable[[str], None]) -> Estimate:
    load = Workload(Plugin(vm_id="tamis"), b"", (group.exchange,), services=group.services)
    load = load.without({})
    contenders = tuple(Contender(name, made(micro)) for name, micro in group.filters.items())
    with ExitStack() as opened:
        services = (
            opened.enter_context(Origin(binary, group.services)).ports if group.services else {}
        )
        ring = Ring(binary, contenders, load, chain=False, services=services)
        kept = []
        for at in range(_ENVOYS):
            say(f"{group.name}: Envoy {at + 1} of {_ENVOYS}")
            with ring.arena() as arena:
                kept.append(slices(arena, load, _ROUNDS, seed=at).rounds)
    return estimate(kept)


def _fuel(group: Group, rounds: int) -> int:
    """Units that the loop burns, as they are counted."""
    load = Workload(Plugin(vm_id="tamis"), b"", (group.exchange,)).without({})
    module = made(group.filters[f"loop {rounds}"])
    ran = next(iter(count(module, [load.fixture])))
    return sum(visit.fuel or 0 for visit in ran.visits)


def _made() -> str:
    return f"tamis bench --calibrate on {platform.machine()}, {platform.node()}"
