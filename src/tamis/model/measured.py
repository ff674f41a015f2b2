"""Timed figures: what a clock said, how far to trust it, and how it was taken."""

from dataclasses import dataclass

__all__ = [
    "Interval",
    "Latency",
    "Least",
    "LeftOut",
    "Memory",
    "Start",
    "Throughput",
    "Timed",
    "Variant",
]


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

    @property
    def tells(self) -> bool:
        """Whether it is surely more than nothing. If not, the answer is "cannot tell"."""
        return self.low > 0


@dataclass(frozen=True, slots=True)
class Least:
    """The shortest of `runs` times, in nanoseconds: noise only ever adds."""

    ns: float
    runs: int


@dataclass(frozen=True, slots=True)
class Variant:
    """What one way to do the filter's work adds to a request, in microseconds of a worker's CPU.

    `name`: "wasm", "native" (the twin behind the shim), "module" (a dynamic module of Envoy),
    "built-in" (compare.envoy.yaml), "lua" (compare.lua). `added_us`: of one filter.
    """

    name: str
    added_us: Interval


@dataclass(frozen=True, slots=True)
class Latency:
    """Of one variant ("nothing" is one here) at `rate` requests a second, counted from the instant
    at which each was due: a slow answer makes those behind it late, too.

    `points`: (percentile, microseconds), rising.
    """

    name: str
    rate: float
    points: tuple[tuple[float, Interval], ...]


@dataclass(frozen=True, slots=True)
class Memory:
    """What a variant adds to Envoy's resident memory, in bytes.

    `filter`: the first, with one VM and one worker; `vm`: each further VM of the same module, which
    native code has a copy of its library for (None: it has no such thing); `worker`: each further
    worker.
    """

    name: str
    filter: Interval
    vm: Interval | None = None
    worker: Interval | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """Milliseconds from starting Envoy until it serves, with a variant; "nothing" is one here."""

    name: str
    ms: Interval


@dataclass(frozen=True, slots=True)
class Throughput:
    """Requests a second with `chain` Wasm filters, as a part of those with as many native ones.

    `measured`: with so many in Envoy; else computed from what one filter adds.
    """

    chain: int
    ratio: Interval
    measured: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """So many exchanges of the fixtures were not sent, for `why`."""

    why: str
    exchanges: int


@dataclass(frozen=True, slots=True)
class Timed:
    """What a real Envoy took. `how`: in a line.

    `exchanges`: how many different ones of the fixtures were sent, all equally often. `chain`: as
    many filters were there of each variant. `baseline_us`: a request without any filter.
    `predicted_us`: by the price table, for the Wasm filter and the same exchanges. `throughput`: of
    Wasm over native; `claim_us`: on a request of so much, one Wasm filter reaches 70 % of native.
    `runs`: how often it was taken, until the baseline held still; `drift`: by what part the
    baseline differs between the halves of the last; `drifts`: that is too much.
    """

    host: str
    how: str
    baseline_us: Interval
    variants: tuple[Variant, ...] = ()
    latencies: tuple[Latency, ...] = ()
    memory: tuple[Memory, ...] = ()
    starts: tuple[Start, ...] = ()
    throughput: tuple[Throughput, ...] = ()
    claim_us: Interval | None = None
    predicted_us: Interval | None = None
    exchanges: int = 0
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    chain: int = 1
    runs: int = 1
    drift: float = 0.0
    drifts: bool = False

    def variant(self, name: str) -> Variant | None:
        """The one of that name."""
        return next((each for each in self.variants if each.name == name), None)
