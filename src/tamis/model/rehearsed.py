"""What a rehearsed upgrade did to the requests that were under way."""

from dataclasses import dataclass, field
from typing import Literal

from tamis.model.measured import LeftOut

__all__ = [
    "BIN_MS",
    "Broken",
    "During",
    "Growth",
    "Latency",
    "Loss",
    "Rehearsed",
    "Side",
    "Swap",
    "Told",
    "Version",
    "Way",
]

Side = Literal["old", "new"]
#: What requests met: one version for sure, or a swap, and so either.
During = Literal["old", "new", "swap"]
#: How the versions change places: the filter by extension discovery, or all of Envoy.
Way = Literal["filter", "restart"]
#: Milliseconds of each figure of a timeline.
BIN_MS = 20


@dataclass(frozen=True, slots=True)
class Version:
    """One of the two. `text`: how it was named; `config`: digest of its configuration."""

    text: str
    name: str
    version: str
    digest: str
    config: str


@dataclass(frozen=True, slots=True)
class Told:
    """How far requests tell the versions apart: `apart` of `requests` different ones do.

    `loosely`: those whose answers vary by themselves in their body, so that status and headers
    alone are compared; `never`: those of which nothing stays the same.
    """

    requests: int
    apart: int
    loosely: int = 0
    never: int = 0


@dataclass(frozen=True, slots=True)
class Loss:
    """Requests that failed in one way.

    `what`: "status 503", "connection reset", ...; `first_s`: seconds into the load when the first
    of them was due.
    """

    what: str
    during: During
    count: int
    first_s: float


@dataclass(frozen=True, slots=True)
class Broken:
    """A function of the filter that broke under load: how, and how many times."""

    side: Side
    callback: str
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Swap:
    """One change of places. `at_s`: seconds into the load when it was ordered.

    In milliseconds from there: `taken_ms` until all workers had it (a restart: until the old Envoy
    had ended); `first_ms`, `last_ms` until the first answer of the next version and the last of the
    one before. None where that did not happen, or cannot be told. `refused`: Envoy's words.
    `resident`, `vms`: bytes and VMs of Envoy once it had settled.
    """

    to: Side
    at_s: float
    taken_ms: float | None = None
    first_ms: float | None = None
    last_ms: float | None = None
    refused: str | None = None
    resident: int = 0
    vms: int = 0

    @property
    def both_ms(self) -> float | None:
        """For so long both versions answered."""
        if self.first_ms is None or self.last_ms is None:
            return None
        return max(0.0, self.last_ms - self.first_ms)


@dataclass(frozen=True, slots=True)
class Latency:
    """Of `count` requests, in microseconds from when each was due."""

    count: int
    p50_us: float
    p99_us: float


@dataclass(frozen=True, slots=True)
class Growth:
    """Envoy's memory in bytes, before the first swap and after the last, each with OLD in place
    where there was such a swap; and its VMs.

    `per_swap`: by how much each swap added, once memory has been warmed up; `leaks`: it does so
    beyond noise. None: too few swaps to tell.
    """

    before: int
    after: int
    vms_before: int
    vms_after: int
    per_swap: float | None = None
    leaks: bool | None = None

    @property
    def vms_left(self) -> int:
        """VMs that nobody needs any more."""
        return max(0, self.vms_after - self.vms_before)


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """The whole rehearsal. `timeline`: what ended in each `BIN_MS` from the begin of the load, by
    who answered: "old", "new", "either" (cannot be told), "neither", "failed".

    `late`: requests that were sent too late by the load itself, though this machine was calm;
    `unsent`: requests that never were. `crashed`: how Envoy ended by itself, and where its log is.
    """

    old: Version
    new: Version
    host: str
    way: Way
    workers: int
    rate: float
    seconds: float
    told: Told
    requests: int
    answered: int
    losses: tuple[Loss, ...]
    stale: int
    unknown: int
    swaps: tuple[Swap, ...]
    calm: Latency
    around: Latency
    growth: Growth | None
    broken: tuple[Broken, ...] = ()
    healed: bool | None = None
    late: int = 0
    unsent: int = 0
    crashed: str | None = None
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    timeline: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def lost(self) -> int:
        """Requests that failed."""
        return sum(each.count for each in self.losses)

    @property
    def wrong(self) -> int:
        """Answers of the version that was out of place, and of neither."""
        return self.stale + self.unknown

    @property
    def refused(self) -> str | None:
        """Why a version was not taken, in Envoy's words."""
        return next((each.refused for each in self.swaps if each.refused), None)

    @property
    def ok(self) -> bool:
        """Nothing lost, nobody wrong, and the new version in place when it was told to."""
        return not (self.lost or self.wrong or self.refused or self.broken or self.crashed)
