"""What a contender costs Envoy beside its requests: memory, and the time until it serves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tamis.benches.timing.contenders import NOTHING
from tamis.benches.timing.ring import Ring, client
from tamis.envoy.measuring.lanes import Lane
from tamis.model.measured import Interval, Memory, Start

__all__ = ["footprint"]

#: Fresh Envoys of each kind.
_TIMES = 3
#: So many more VMs, or workers, of which the average counts: a page more or less is noise.
_MORE = 4
#: Requests and connections until what is made on first use is there, in every worker.
_SOME, _CONNECTIONS = 800, 64
#: Those of which there can be several VMs.
_MACHINES = ("wasm", "native")


@dataclass(frozen=True, slots=True)
class _Seen:
    """One Envoy: bytes, and seconds until it served."""

    resident: int
    started: float


def footprint(
    ring: Ring, say: Callable[[int], None] = lambda _: None
) -> tuple[tuple[Memory, ...], tuple[Start, ...]]:
    """Of each contender, alone in an Envoy; the bounds are the least and the most of some Envoys.

    `say` is told how many Envoys are still to start. Raises Fault where one stops to answer.
    """
    kinds: list[tuple[str, int, int]] = [(NOTHING, 1, 1), (NOTHING, 1, 1 + _MORE)]
    for each in ring.contenders:
        kinds.append((each.name, 1, 1))
        if each.name in _MACHINES:
            kinds += [(each.name, 1 + _MORE, 1), (each.name, 1, 1 + _MORE)]
    seen: dict[tuple[str, int, int], list[_Seen]] = {kind: [] for kind in kinds}
    left = len(kinds) * _TIMES
    for _ in range(_TIMES):
        for kind in kinds:
            say(left)
            left -= 1
            seen[kind].append(_seen(ring, *kind))
    memory = tuple(_memory(each.name, seen) for each in ring.contenders)
    starts = [(name, seen[name, 1, 1]) for name in (NOTHING, *(m.name for m in memory))]
    return memory, tuple(
        Start(name, _bounds([each.started * 1000 for each in some])) for name, some in starts
    )


def _seen(ring: Ring, name: str, vms: int, workers: int) -> _Seen:
    alone = ring.of([each for each in ring.contenders if each.name == name])

    def lanes(root: Path) -> Sequence[Lane]:
        made = [each.lane(root, ring.load, chain=vms, vms=vms) for each in alone.contenders]
        return made or [Lane(NOTHING)]

    with alone.arena(lanes, workers=workers) as arena:
        lane = next(iter(arena.ports))
        with client(arena, lane, ring.load, _CONNECTIONS) as asking:
            tally = asking.slice(_SOME)
            if tally.answered < _SOME:
                raise arena.unanswered(lane, _SOME - tally.answered, _SOME)
            return _Seen(arena.resident(), arena.started)


def _memory(name: str, seen: dict[tuple[str, int, int], list[_Seen]]) -> Memory:
    def bytes_of(name: str, vms: int, workers: int) -> list[int]:
        return [each.resident for each in seen.get((name, vms, workers), ())]

    alone, bare = bytes_of(name, 1, 1), bytes_of(NOTHING, 1, 1)
    vms, workers = bytes_of(name, 1 + _MORE, 1), bytes_of(name, 1, 1 + _MORE)
    idle = bytes_of(NOTHING, 1, 1 + _MORE)
    return Memory(
        name,
        _bounds([one - none for one, none in zip(alone, bare, strict=True)]),
        _bounds([(more - one) / _MORE for more, one in zip(vms, alone, strict=True)])
        if vms
        else None,
        _bounds(
            [
                (more - one - (rest - none)) / _MORE
                for more, one, rest, none in zip(workers, alone, idle, bare, strict=True)
            ]
        )
        if workers
        else None,
    )


def _bounds(values: Sequence[float]) -> Interval:
    return Interval(min(values), median(values), max(values))
