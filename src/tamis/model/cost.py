"""What a filter costs, counted: exact, and the same on every machine and under any load."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from tamis.model.outcome import Counts, total
from tamis.model.replayed import Broken

__all__ = [
    "REST",
    "CallbackCost",
    "Counted",
    "FixtureCost",
    "FunctionCost",
    "StepCost",
    "StepKind",
    "merged",
]

#: `start` and `end`: of the plugin itself, before the first step and behind the last.
StepKind = Literal["start", "exchange", "connection", "tick", "end"]
#: Stands for the callbacks that were not told.
REST = "(not told apart)"
#: Steps that carry traffic: what is "per exchange" is of these.
_TRAFFIC = ("exchange", "connection")


@dataclass(frozen=True, slots=True)
class FunctionCost:
    """A function that a callback crossed the boundary with: of the host, or the guest's allocator.

    `bytes_in`: copied into the guest; `bytes_out`: read from it.
    """

    function: str
    calls: int
    bytes_in: int = 0
    bytes_out: int = 0


@dataclass(frozen=True, slots=True)
class CallbackCost:
    """One callback (or entry function), run `runs` times, with what it led to.

    A callback that ran inside of another counts for itself alone. REST, which never ran, holds what
    a trace was too short to charge to any.
    """

    callback: str
    runs: int
    functions: tuple[FunctionCost, ...] = ()
    allocations: int = 0
    fuel: int | None = None

    @property
    def counts(self) -> Counts:
        """The same as an outcome has it, but for memory, which belongs to no callback."""
        calls = {each.function: each.calls for each in self.functions}
        calls[self.callback] = calls.get(self.callback, 0) + self.runs
        return Counts(
            calls={name: count for name, count in calls.items() if count},
            bytes_in=sum(each.bytes_in for each in self.functions),
            bytes_out=sum(each.bytes_out for each in self.functions),
            allocations=self.allocations,
            fuel=self.fuel,
        )


@dataclass(frozen=True, slots=True)
class StepCost:
    """One step of a fixture, by its index (None: `start` and `end`), with the streams it began.

    Callbacks stand in the order in which they first ran. `pieces`: of bodies, both ways, that come
    by, whoever looks at them.
    """

    kind: StepKind
    step: int | None
    callbacks: tuple[CallbackCost, ...] = ()
    pieces: int = 0

    @property
    def counts(self) -> Counts:
        """All callbacks together."""
        return total(each.counts for each in self.callbacks)


@dataclass(frozen=True, slots=True)
class FixtureCost:
    """One fixture. `memory`: bytes of the VM's memory at its largest, over the whole fixture.

    `more`: crossings of a run so long that they could be charged to no callback: they stand as REST
    in the last step that was told, which may not be theirs. `broken`: it ended otherwise than it
    expects, so that its counts say little.
    """

    fixture: str
    memory: int
    steps: tuple[StepCost, ...] = ()
    more: int = 0
    broken: Broken | None = None

    @property
    def exchanges(self) -> tuple[StepCost, ...]:
        """The steps that carry traffic."""
        return tuple(step for step in self.steps if step.kind in _TRAFFIC)


@dataclass(frozen=True, slots=True)
class Counted:
    """What all fixtures of a filter cost in the host core, `host` ("wasmtime 50.0.1").

    Fuel repeats for one version of wasmtime, all else for all.
    """

    host: str
    fixtures: tuple[FixtureCost, ...]

    @property
    def exchanges(self) -> tuple[StepCost, ...]:
        """Every step that carries traffic, of every fixture."""
        return tuple(step for fixture in self.fixtures for step in fixture.exchanges)

    @property
    def callbacks(self) -> tuple[CallbackCost, ...]:
        """What traffic cost, by callback, over all exchanges; as a stream meets them."""
        every = merged(each for step in self.exchanges for each in step.callbacks)
        return tuple(sorted(every, key=_place))

    @property
    def counts(self) -> Counts:
        """What traffic cost over all exchanges, and the most memory of any fixture."""
        memory = Counts(memory_high_water=self.memory, fuel=0)
        return total([*(step.counts for step in self.exchanges), memory])

    @property
    def memory(self) -> int:
        """Bytes of a VM's memory at its largest."""
        return max((each.memory for each in self.fixtures), default=0)

    @property
    def broken(self) -> tuple[Broken, ...]:
        """Fixtures that ended otherwise than they expect."""
        return tuple(each.broken for each in self.fixtures if each.broken)


#: A stream's life, callbacks by the end of their names; those of callouts come between.
_BEGIN = (
    "context_create",
    "new_connection",
    "request_headers",
    "request_body",
    "request_trailers",
    "downstream_data",
    "response_headers",
    "response_body",
    "response_trailers",
    "upstream_data",
)
_END = ("connection_close", "log", "done", "delete")


def _place(cost: CallbackCost) -> tuple[int, int]:
    name = cost.callback.removeprefix("proxy_on_")
    if name in _BEGIN:
        return 0, _BEGIN.index(name)
    ends = [at for at, end in enumerate(_END) if name.endswith(end)]
    return (2, ends[0]) if ends else (1, 0)


def merged(every: Iterable[CallbackCost]) -> tuple[CallbackCost, ...]:
    """Those of the same callback together, in the order in which each first came."""
    groups: dict[str, list[CallbackCost]] = {}
    for each in every:
        groups.setdefault(each.callback, []).append(each)
    return tuple(_together(name, parts) for name, parts in groups.items())


def _together(callback: str, parts: list[CallbackCost]) -> CallbackCost:
    fuel = [each.fuel for each in parts if each.fuel is not None]
    functions: dict[str, FunctionCost] = {}
    for each in (function for part in parts for function in part.functions):
        functions[each.function] = _sum(functions, each)
    return CallbackCost(
        callback=callback,
        runs=sum(each.runs for each in parts),
        functions=tuple(functions[name] for name in sorted(functions)),
        allocations=sum(each.allocations for each in parts),
        fuel=sum(fuel) if len(fuel) == len(parts) else None,
    )


def _sum(known: Mapping[str, FunctionCost], more: FunctionCost) -> FunctionCost:
    before = known.get(more.function, FunctionCost(more.function, 0))
    return FunctionCost(
        more.function,
        before.calls + more.calls,
        before.bytes_in + more.bytes_in,
        before.bytes_out + more.bytes_out,
    )
