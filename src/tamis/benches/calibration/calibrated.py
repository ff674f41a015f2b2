"""Make a price table for this machine: micro-filters in a real Envoy, and what they differ by."""

import os
import platform
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime

from tamis.benches.calibration import recipes
from tamis.benches.calibration.derive import priced
from tamis.benches.calibration.micro import made
from tamis.benches.calibration.recipes import Group
from tamis.benches.counts import count, counted
from tamis.benches.timing.contenders import Contender
from tamis.benches.timing.ring import Ring
from tamis.benches.timing.slices import slices
from tamis.benches.timing.statistics import Estimate, estimate, merged
from tamis.envoy import Binary
from tamis.envoy.measuring.arena import Origin
from tamis.fixtures.workload import Workload
from tamis.model.cost import StepCost
from tamis.model.plugin import Plugin
from tamis.model.prices import Prices

__all__ = ["ENVOYS", "ROUNDS", "calibrated", "load_of", "steps_of"]

#: Fresh Envoys of each group, and rounds in each.
ENVOYS, ROUNDS = 8, 20


def calibrated(
    binary: Binary, say: Callable[[str], None], *, envoys: int = ENVOYS, rounds: int = ROUNDS
) -> Prices:
    """A table of this Envoy on this machine, out of so many fresh ones for each group of
    micro-filters. Takes some minutes. Raises what measuring raises.
    """
    every = recipes.groups()
    found = merged({each.name: _measured(binary, each, say, envoys, rounds) for each in every})
    steps = {f"{each.name}/{name}": steps_of(each, name) for each in every for name in each.filters}
    return priced(found, steps, binary.host, binary.version, _made())


def load_of(group: Group) -> Workload:
    """What is sent."""
    plugin = Plugin(vm_id="tamis")
    return Workload(plugin, b"", group.exchanges, services=group.services).without({})


def steps_of(group: Group, name: str) -> tuple[StepCost, ...]:
    """What the exchanges of a lane are counted as."""
    module = made(group.filters[name])
    return counted(count(module, [load_of(group).fixture])).exchanges


def _measured(
    binary: Binary, group: Group, say: Callable[[str], None], envoys: int, rounds: int
) -> Estimate:
    load = load_of(group)
    contenders = tuple(Contender(name, made(micro)) for name, micro in group.filters.items())
    with ExitStack() as opened:
        services = (
            opened.enter_context(Origin(binary, group.services)).ports if group.services else {}
        )
        ring = Ring(binary, contenders, load, chain=False, services=services)
        kept = []
        for at in range(envoys):
            say(f"{group.name}: Envoy {at + 1} of {envoys}")
            with ring.arena() as arena:
                kept.append(slices(arena, load, rounds, seed=at).rounds)
    return estimate(kept)


def _made() -> str:
    today = datetime.now(UTC).date()
    return f"calibrated {today} on {platform.machine()} with {os.cpu_count()} cores"
