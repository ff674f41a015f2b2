"""A trace cut up into visits: one callback each, with what it led to, and whose step it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from tamis.model.exchange import Connection, Exchange, Fixture
from tamis.model.outcome import Run
from tamis.model.trace import Crossing
from tamis.profiles import wire

__all__ = ["ALLOCATORS", "Visit", "visits"]

#: Functions of the guest that the host calls for room.
ALLOCATORS = ("malloc", "proxy_on_memory_allocate")
#: They run in a plugin's own context: whatever they do belongs to the step that is under way.
_ROOT = (
    "proxy_on_vm_start",
    "proxy_on_configure",
    "proxy_validate_configuration",
    "proxy_on_tick",
    "proxy_on_queue_ready",
)
_ENTRIES = ("_initialize", "_start", "main", "__main_void")


@dataclass(slots=True)
class _Node:
    """A crossing with those it led to."""

    crossing: Crossing
    inner: "list[_Node]" = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Visit:
    """One run of a callback.

    `calls`: the host functions and allocators it crossed with, in order, without those of callbacks
    inside of it; their `bytes_in`, `bytes_out` and `allocations` are their own alone. So is `fuel`
    the callback's own. `step`: of the stream it is about, else the one under way; None: outside of
    all.
    """

    callback: str
    arguments: tuple[int, ...]
    result: int | None
    step: int | None
    calls: tuple[Crossing, ...]
    fuel: int | None


def visits(fixture: Fixture, run: Run) -> tuple[Visit, ...]:
    """Those of the filter's VM, in the order in which they began; `run` is traced."""
    assert run.trace is not None
    ours = _vms(fixture)
    steps = _Steps(fixture)
    found: list[Visit] = []
    for node in _trees(run.trace.crossings):
        if ours(node.crossing.vm):
            found += _visits(node, steps)
    return tuple(found)


def _vms(fixture: Fixture) -> "_Ours":
    """Plugins of the same VM id and configuration share a VM, as they do in the host; those beside
    the filter start before it, and a VM that is made later replaces the filter's.
    """
    own = fixture.plugin.vm_id if fixture.plugin.vm_id is not None else wire.vm_id(fixture)
    made: list[tuple[str, bytes]] = []
    for plugin in (*(each.plugin for each in fixture.beside), fixture.plugin):
        vm = (own if plugin.vm_id is None else plugin.vm_id, plugin.vm_config)
        if vm not in made:
            made.append(vm)
    return _Ours(made.index((own, fixture.plugin.vm_config)), len(made))


@dataclass(frozen=True, slots=True)
class _Ours:
    """Which VMs are the filter's, by their number."""

    own: int
    later: int

    def __call__(self, vm: int) -> bool:
        return vm == self.own or vm >= self.later


def _trees(crossings: Sequence[Crossing]) -> tuple[_Node, ...]:
    """Crossings as they nest. Where an outer one was left out, its inner ones stand alone."""
    top = _Node(Crossing("host->vm", ""))
    path = [top]
    for crossing in crossings:
        node = _Node(crossing)
        del path[crossing.depth + 1 :]
        path[-1].inner.append(node)
        path.append(node)
    return tuple(top.inner)


def _is_callback(node: _Node) -> bool:
    return node.crossing.way == "host->vm" and node.crossing.name not in ALLOCATORS


def _visits(node: _Node, steps: "_Steps") -> Iterator[Visit]:
    crossing = node.crossing
    numbers = tuple(each for each in crossing.arguments if isinstance(each, int))
    # The step is asked for here: callbacks are met in the order in which they began.
    step = steps.of(crossing, numbers)
    calls: list[Crossing] = []
    nested: list[_Node] = []
    for each in node.inner:
        _gather(each, calls, nested)
    fuel = crossing.fuel
    if fuel is not None:
        fuel -= sum(each.crossing.fuel or 0 for each in nested)
    yield Visit(crossing.name, numbers, crossing.result, step, tuple(calls), fuel)
    for each in nested:
        yield from _visits(each, steps)


def _gather(node: _Node, calls: list[Crossing], nested: list[_Node]) -> None:
    if _is_callback(node):
        nested.append(node)
        return
    inner = [each.crossing for each in node.inner]
    crossing = node.crossing
    calls.append(
        replace(
            crossing,
            bytes_in=crossing.bytes_in - sum(each.bytes_in for each in inner),
            bytes_out=crossing.bytes_out - sum(each.bytes_out for each in inner),
            allocations=crossing.allocations - sum(each.allocations for each in inner),
        )
    )
    for each in node.inner:
        _gather(each, calls, nested)


class _Steps:
    """Which step each context began in: of streams that overlap, each is charged its own."""

    def __init__(self, fixture: Fixture) -> None:
        self._steps = fixture.steps
        self._roots: set[tuple[int, int]] = set()
        self._streams: dict[tuple[int, int], int] = {}

    def of(self, crossing: Crossing, numbers: tuple[int, ...]) -> int | None:
        step = crossing.step
        if not numbers or crossing.name in _ENTRIES:
            return step
        context = (crossing.vm, numbers[0])
        if step is None or crossing.name in _ROOT:
            self._roots.add(context)
        if context in self._roots:
            return step
        if context not in self._streams and step is not None:
            if not isinstance(self._steps[step], Exchange | Connection):
                return step
            self._streams[context] = step
        return self._streams.get(context, step)
