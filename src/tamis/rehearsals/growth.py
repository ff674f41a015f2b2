"""Whether Envoy's memory grows with each swap."""

from collections.abc import Sequence
from itertools import combinations
from math import sqrt
from statistics import median

from tamis.model.rehearsed import Growth, Side, Swap

__all__ = ["growth"]

#: Fewer settled swaps tell nothing: it takes Envoy some twenty to warm its memory up. So long the
#: first third of them does not count.
_FEWEST = 30
_WARM = 3
#: Bytes by which one swap must add: less is what allocators do. A page of Wasm is as much.
_LEAST = 64 * 1024
#: So many standard deviations a trend must be from none (Mann and Kendall's).
_SURE = 3.0


def growth(before: tuple[int, int], swaps: Sequence[Swap]) -> Growth:
    """`before`: bytes and VMs with OLD in place, before any swap."""
    settled = [each for each in swaps if each.resident]
    last = next((each for each in reversed(settled) if each.to == "old"), None)
    last = last or (settled[-1] if settled else None)
    after = (last.resident, last.vms) if last else before
    slope, sure = _trend(settled)
    leaks = None if slope is None else slope >= _LEAST and sure
    return Growth(before[0], after[0], before[1], after[1], slope, leaks)


def _trend(swaps: Sequence[Swap]) -> tuple[float | None, bool]:
    """Bytes a swap, and whether they are beyond noise. Each version is compared with itself."""
    if len(swaps) < _FEWEST:
        return None, False
    slopes: list[float] = []
    rising = variance = 0.0
    first = len(swaps) // _WARM
    sides: tuple[Side, Side] = ("old", "new")
    for side in sides:
        points = [(at, one.resident) for at, one in enumerate(swaps) if one.to == side]
        points = [each for each in points if each[0] >= first]
        for (at, bytes_), (later, more) in combinations(points, 2):
            slopes.append((more - bytes_) / (later - at))
            rising += (more > bytes_) - (more < bytes_)
        n = len(points)
        variance += n * (n - 1) * (2 * n + 5) / 18
    if not slopes:
        return None, False
    return median(slopes), variance > 0 and rising / sqrt(variance) >= _SURE
