"""What slices say: the cost of each lane, and by how much it may be off.

Noise on a shared machine only ever adds, and comes in spells. So of each lane of an Envoy the
cheapest quarter of its slices counts, by their mean. Where code lies in memory differs from Envoy
to Envoy, and moves the figures by more than more slices could tell; so several are asked, and both
they and their rounds are resampled.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from tamis.model.measured import Interval

__all__ = ["Estimate", "Figures", "Rounds", "drift", "estimate", "interval", "merged", "percentile"]

#: Of one Envoy: what each lane took in each round; rounds have the same place in all lanes.
Rounds = Mapping[str, Sequence[float]]
#: Of the lanes, by name.
Figures = Mapping[str, float]

_QUIET = 0.25
_REPLICATES = 600
_LOW, _HIGH = 2.5, 97.5


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a request takes in each lane, and what it is in each replicate of the bootstrap."""

    figures: Figures
    replicates: tuple[Figures, ...]

    def interval(self, of: Callable[[Figures], float]) -> Interval:
        """Something made of the figures, with the 95 % that its replicates lie in."""
        return interval(of(self.figures), [of(each) for each in self.replicates])


def interval(value: float, replicates: Sequence[float]) -> Interval:
    """`value` with the 95 % that its replicates lie in."""
    ordered = sorted(replicates)
    return Interval(min(_at(ordered, _LOW), value), value, max(_at(ordered, _HIGH), value))


def estimate(envoys: Sequence[Rounds], *, seed: int = 1) -> Estimate:
    """Of several Envoys with the same lanes: the mean of what each of them says."""
    chance = random.Random(seed)
    replicates = []
    for _ in range(_REPLICATES):
        drawn = [chance.choice(envoys) for _ in envoys]
        replicates.append(_mean([_figures(each, _drawn(each, chance)) for each in drawn]))
    whole = [_figures(each, range(_number(each))) for each in envoys]
    return Estimate(_mean(whole), tuple(replicates))


def merged(estimates: Mapping[str, Estimate]) -> Estimate:
    """One of several that were measured apart: the lanes of each are called `name/lane`."""

    def joined(parts: Mapping[str, Figures]) -> Figures:
        return {f"{name}/{lane}": us for name, each in parts.items() for lane, us in each.items()}

    replicates = zip(*(each.replicates for each in estimates.values()), strict=True)
    return Estimate(
        joined({name: each.figures for name, each in estimates.items()}),
        tuple(joined(dict(zip(estimates, some, strict=True))) for some in replicates),
    )


def drift(rounds: Rounds, lane: str) -> float:
    """By what part a lane is dearer in the second half of the rounds than in the first."""
    values = rounds[lane]
    half = len(values) // 2
    return _quiet(values[half:]) / _quiet(values[:half]) - 1


def percentile(values: Sequence[float], percent: float) -> float:
    """By linear interpolation; of at least one value."""
    return _at(sorted(values), percent)


def _figures(rounds: Rounds, chosen: Sequence[int]) -> Figures:
    return {name: _quiet([values[at] for at in chosen]) for name, values in rounds.items()}


def _quiet(values: Sequence[float]) -> float:
    return fmean(sorted(values)[: max(int(len(values) * _QUIET), 1)])


def _number(rounds: Rounds) -> int:
    return len(next(iter(rounds.values())))


def _drawn(rounds: Rounds, chance: random.Random) -> list[int]:
    number = _number(rounds)
    return [chance.randrange(number) for _ in range(number)]


def _at(ordered: Sequence[float], percent: float) -> float:
    place = (len(ordered) - 1) * percent / 100
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _mean(every: Sequence[Figures]) -> Figures:
    return {name: sum(each[name] for each in every) / len(every) for name in every[0]}
