"""Latency at a fixed rate: requests are due whatever the answers do, and count from then."""

import random
from array import array
from collections.abc import Mapping, Sequence

from tamis.benches.ring import client
from tamis.benches.statistics import interval, percentile
from tamis.benches.workload import Workload
from tamis.envoy.arena import Arena
from tamis.model.measured import Latency

__all__ = ["PERCENTILES", "latencies", "steady"]

PERCENTILES = (50.0, 99.0, 99.9)
_REPLICATES = 200

#: Nanoseconds of each request, by lane.
Block = Mapping[str, Sequence[int]]


def steady(arena: Arena, load: Workload, lanes: Sequence[str], rate: float, count: int) -> Block:
    """`count` requests in each of `lanes`, one lane after the other."""
    found: dict[str, Sequence[int]] = {}
    for name in lanes:
        with client(arena, name, load) as asking:
            asking.slice(count // 10)  # connections and caches
            found[name] = array("q", asking.steady(rate, count).latencies_ns)
    return found


def latencies(blocks: Sequence[Block], rate: float) -> tuple[Latency, ...]:
    """Of each lane over all blocks, each from an Envoy of its own; blocks are resampled."""
    return tuple(_latency(name, [each[name] for each in blocks], rate) for name in blocks[0])


def _latency(name: str, blocks: Sequence[Sequence[int]], rate: float) -> Latency:
    chance = random.Random(1)
    drawn = [sorted(ns for _ in blocks for ns in chance.choice(blocks)) for _ in range(_REPLICATES)]
    whole = sorted(ns for block in blocks for ns in block)
    points = []
    for percent in PERCENTILES:
        replicates = [percentile(each, percent) / 1000 for each in drawn]
        points.append((percent, interval(percentile(whole, percent) / 1000, replicates)))
    return Latency(name, rate, tuple(points))
