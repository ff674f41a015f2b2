"""What came of repeating fixtures natively: sums, and a hash, that merge in any order."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tamis.model.outcome import Counts, Trap, total

__all__ = ["Broken", "Replayed", "Replays", "merge"]


@dataclass(frozen=True, slots=True)
class Broken:
    """What ended a fixture's repetitions before their time, or makes them worth nothing.

    `start`: "ok", or the callback that refused. `unanswered`: callouts that no rule matches.
    """

    fixture: str
    start: str = "ok"
    trap: Trap | None = None
    unanswered: int = 0


@dataclass(frozen=True, slots=True)
class Replayed:
    """Of `exchanges` exchanges (and connections) in `vms` VMs.

    `seconds` are those of all VMs together, and like `counts` of the exchanges alone: the start of
    the plugins is not in them. `hash` is the sum of a hash of each exchange's outcome, modulo
    2**64: it does not depend on their order.
    """

    host: str
    exchanges: int
    seconds: float
    hash: int
    counts: Counts
    vms: int = 1
    broken: tuple[Broken, ...] = ()

    @property
    def ok(self) -> bool:
        """Nothing broke."""
        return not self.broken


@dataclass(frozen=True, slots=True)
class Replays:
    """What `replay` returns: the fixtures of one filter, `repeat` times on `threads` threads (None:
    wherever an executor works). `elapsed`: seconds from the first exchange to the last, by the
    clock.
    """

    name: str
    fixtures: int
    repeat: int
    threads: int | None
    elapsed: float
    total: Replayed

    @property
    def ok(self) -> bool:
        """Nothing broke."""
        return self.total.ok

    @property
    def rate(self) -> float:
        """Exchanges a second."""
        return self.total.exchanges / self.elapsed if self.elapsed else 0.0


def merge(parts: Iterable[Replayed]) -> Replayed:
    """Both of many: what is to be summed is. Raises ValueError when there are none."""
    every = tuple(parts)
    if not every:
        raise ValueError("nothing was replayed")
    return Replayed(
        host=every[0].host,
        exchanges=sum(each.exchanges for each in every),
        seconds=sum(each.seconds for each in every),
        hash=sum(each.hash for each in every) % 2**64,
        counts=total(each.counts for each in every),
        vms=sum(each.vms for each in every),
        broken=tuple(_broken(broken for each in every for broken in each.broken)),
    )


def _broken(every: Iterable[Broken]) -> Iterator[Broken]:
    """Each way to break once, by fixture: VMs that ran the same broke alike."""
    unanswered: Counter[tuple[str, str, Trap | None]] = Counter()
    for each in every:
        unanswered[each.fixture, each.start, each.trap] += each.unanswered
    for fixture, start, trap in sorted(unanswered, key=lambda way: (way[0], way[1], str(way[2]))):
        yield Broken(fixture, start, trap, unanswered[fixture, start, trap])
