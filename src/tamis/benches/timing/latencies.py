"""Latency at a fixed rate: requests are due whatever the answers do, and count from then."""

import random
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tamis.benches.timing.answers import Answered
from tamis.benches.timing.ring import client
from tamis.benches.timing.statistics import interval, percentile
from tamis.envoy.measuring.arena import Arena
from tamis.fixtures.workload import Workload
from tamis.model.measured import Latency

__all__ = ["Block", "latencies", "steady"]

_PERCENTILES = (50.0, 99.0, 99.9)
_REPLICATES = 200


@dataclass(frozen=True, slots=True)
class Block:
    """Of one Envoy: nanoseconds of each request that was answered, and their answers, by lane."""

    nanoseconds: Mapping[str, Sequence[int]]
    answered: Mapping[str, Answered]


def steady(arena: Arena, load: Workload, lanes: Sequence[str], rate: float, count: int) -> Block:
    """`count` requests in each of `lanes`, one lane after the other.

    Raises Fault where Envoy ends.
    """
    found: dict[str, Sequence[int]] = {}
    answered = {}
    for name in lanes:
        with client(arena, name, load) as asking:
            asking.slice(count // 10)  # connections and caches
            asked = asking.steady(rate, count)
        arena.check(name)
        found[name] = array("q", asked.latencies_ns)
        answered[name] = Answered(asked.statuses, asked.failed)
    return Block(found, answered)


def latencies(blocks: Sequence[Block], rate: float) -> tuple[Latency, ...]:
    """Of each lane over all blocks, each from an Envoy of its own; blocks are resampled.

    A lane that answered nothing has none.
    """
    found = []
    for name in blocks[0].nanoseconds:
        every = [each.nanoseconds[name] for each in blocks if each.nanoseconds[name]]
        if every:
            found.append(_latency(name, every, rate))
    return tuple(found)


def _latency(name: str, blocks: Sequence[Sequence[int]], rate: float) -> Latency:
    chance = random.Random(1)
    drawn = [sorted(ns for _ in blocks for ns in chance.choice(blocks)) for _ in range(_REPLICATES)]
    whole = sorted(ns for block in blocks for ns in block)
    points = []
    for percent in _PERCENTILES:
        replicates = [percentile(each, percent) / 1000 for each in drawn]
        points.append((percent, interval(percentile(whole, percent) / 1000, replicates)))
    return Latency(name, rate, tuple(points))
