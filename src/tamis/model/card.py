"""The cost card: what `bench` returns."""

from dataclasses import dataclass

from tamis.errors import Place
from tamis.model.cost import Counted
from tamis.model.measured import Interval, Least, Timed

__all__ = [
    "Advice",
    "Against",
    "Card",
    "Change",
    "ColdStart",
    "Held",
    "Past",
    "Prediction",
    "Sizes",
]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes of the module: as it is, and as gzip by our own encoder.

    `optimizer` ("wasm-opt@108") made `optimised` bytes of it; where it did not, `why` says why not.
    """

    raw: int
    gzipped: int
    optimizer: str = ""
    optimised: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class ColdStart:
    """From bytes to the first exchange, and any later one, in the host core, hence not in Envoy.

    `compile`: by wasmtime, without its cache; `instantiate`: a store, an instance, and the entry
    function; `first`: the first exchange of a new VM, `exchange` any later one; `native`: the same
    by the filter's native twin, in turns with `exchange`.
    """

    compile: Least
    instantiate: Least
    first: Least | None = None
    exchange: Least | None = None
    native: Least | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """What an exchange adds in Envoy, on average over the fixtures', by the price table `table`."""

    table: str
    made: str
    added_us: Interval


@dataclass(frozen=True, slots=True)
class Advice:
    """What to change to make it cheaper: found in `callback` of the step `step` of `fixture`.

    `message` says what is done there and what it costs, `change` what to do instead. `saves_us` is
    what that exchange would save, by the price table; None: not known. `exchanges`: in how many.
    """

    rule: str
    callback: str
    fixture: str
    step: int
    message: str
    change: str
    saves_us: Interval | None = None
    exchanges: int = 1


@dataclass(frozen=True, slots=True)
class Held:
    """A budget, and the largest figure held against it. `where`: what had that figure.

    `place`: the line that sets it; None: the command line does.
    """

    name: str
    limit: int
    value: int
    where: str = ""
    place: Place | None = None

    @property
    def ok(self) -> bool:
        """Whether it is kept."""
        return self.value <= self.limit


@dataclass(frozen=True, slots=True)
class Change:
    """A figure that is another now. Exact figures are compared exactly; timed ones, in `timed_us`
    (before, now), are a change only when their intervals have nothing in common.
    """

    what: str
    before: float
    now: float
    timed_us: tuple[Interval, Interval] | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """The figures of an older card, as a history shows them: averages of an exchange, and bytes."""

    version: str
    size: int
    crossings: float
    copied: float
    fuel: float | None
    added_us: Interval | None = None


@dataclass(frozen=True, slots=True)
class Against:
    """An older card, from `file`, and what is different now.

    Counts are summed over the `exchanges` that both have, by fixture and step. `notes`: what could
    not be compared, and why.
    """

    file: str
    past: Past
    exchanges: int
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """What a filter costs. `digest` is the module's; `advice` begins with what saves most.

    `timed`: what a real Envoy took, where one was asked.
    """

    name: str
    version: str
    digest: str
    sizes: Sizes
    counted: Counted
    cold: ColdStart | None = None
    predicted: Prediction | None = None
    advice: tuple[Advice, ...] = ()
    budgets: tuple[Held, ...] = ()
    against: tuple[Against, ...] = ()
    timed: Timed | None = None

    @property
    def ok(self) -> bool:
        """No budget is broken, and no fixture."""
        return not self.counted.broken and all(each.ok for each in self.budgets)
