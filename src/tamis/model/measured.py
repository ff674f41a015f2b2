"""Timed figures: what a clock said, how far to trust it, and how it was taken."""

from dataclasses import dataclass

__all__ = ["Interval", "Latency", "Least", "Timed", "Variant"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and the bounds it lies between; the name of the field that holds it has the unit."""

    low: float
    value: float
    high: float

    def __add__(self, other: "Interval") -> "Interval":
        """Both together, as far off as both can be."""
        return Interval(self.low + other.low, self.value + other.value, self.high + other.high)

    def times(self, factor: float) -> "Interval":
        """So many of it; `factor` is not negative."""
        return Interval(self.low * factor, self.value * factor, self.high * factor)

    def parts(self, other: "Interval") -> bool:
        """Whether the two have no value in common: only then is a change one."""
        return self.high < other.low or other.high < self.low


@dataclass(frozen=True, slots=True)
class Least:
    """The shortest of `runs` times, in nanoseconds: noise only ever adds."""

    ns: float
    runs: int


@dataclass(frozen=True, slots=True)
class Variant:
    """What one way to do the filter's work adds to a request, in microseconds of a worker's CPU.

    `name`: "wasm", "native", "built-in", "lua", ...
    """

    name: str
    added_us: Interval


@dataclass(frozen=True, slots=True)
class Latency:
    """Of one variant at `rate` requests a second, counted from when each was due.

    `points`: (percentile, microseconds), rising.
    """

    name: str
    rate: float
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Timed:
    """What a real Envoy took. `baseline_us`: a request without any filter; `how`: in a line."""

    host: str
    how: str
    baseline_us: Interval
    variants: tuple[Variant, ...] = ()
    latencies: tuple[Latency, ...] = ()
