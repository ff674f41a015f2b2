"""Everything an Envoy is made of that measures: it is made anew, several times."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tamis import _core
from tamis.benches.contenders import CHAIN, NOTHING, Contender, lane_name
from tamis.benches.workload import Workload
from tamis.envoy import Binary
from tamis.envoy.arena import Arena
from tamis.envoy.lanes import Lane

__all__ = ["CONNECTIONS", "Ring", "client"]

#: One request on each, then their answers: as many as a batch has.
CONNECTIONS = 8
#: Seconds without any progress until an answer is given up.
_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Ring:
    """`contenders` for the work that `load` is; the first of them is whom the others are held to.

    `chain`: there is a lane with eight of each, too. `shim`: some are native twins. `services`:
    where the origin answers callouts.
    """

    binary: Binary
    contenders: tuple[Contender, ...]
    load: Workload
    chain: bool = True
    shim: bytes = b""
    services: Mapping[str, int] = field(default_factory=dict)

    def arena(
        self, lanes: Callable[[Path], Sequence[Lane]] | None = None, *, workers: int = 1
    ) -> Arena:
        """A new Envoy with these lanes; default: nothing, and all contenders."""
        return Arena(
            self.binary,
            lanes or self._lanes,
            [each.answer for each in self.load.exchanges],
            services=self.services,
            bodies=self.load.bodies,
            shim=self.shim,
            workers=workers,
        )

    @property
    def chains(self) -> tuple[int, ...]:
        """The lengths of lanes."""
        return (1, CHAIN) if self.chain else (1,)

    def _lanes(self, root: Path) -> list[Lane]:
        every = [(each, chain) for each in self.contenders for chain in self.chains]
        made = [each.lane(root, self.load, chain=chain) for each, chain in every]
        return [Lane(NOTHING), *made]

    def tried(self) -> tuple["Ring", tuple[str, ...]]:
        """The same with what all lanes answer, and notes. Each exchange is sent once in each.

        Raises BadInput where none is left.
        """
        why: dict[int, str] = {}
        statuses: dict[str, list[int]] = {}
        with self.arena() as arena:
            for name in arena.ports:
                with client(arena, name, self.load) as asking:
                    statuses[name] = []
                    for at in range(len(self.load.exchanges)):
                        asked = asking.ask(at)
                        statuses[name].append(asked.status)
                        if not asked.status:
                            why.setdefault(at, f"it is not answered with {name}")
                        elif asked.closed:
                            why.setdefault(at, f"its connection is closed with {name}")
        load = self.load.without(why)
        return replace(self, load=load), tuple(self._others(statuses, set(why)))

    def _others(self, statuses: Mapping[str, Sequence[int]], gone: set[int]) -> list[str]:
        """Contenders that answer otherwise than the first: they do other work."""
        notes = []
        for each in self.contenders[1:]:
            own, first = statuses[each.name], statuses[self.contenders[0].name]
            other = [at for at in range(len(own)) if at not in gone and own[at] != first[at]]
            if other:
                notes.append(
                    f"{each.name} answers {len(other)} of the exchanges with another status than "
                    f"{self.contenders[0].name}: it does other work"
                )
        return notes


def client(arena: Arena, lane: str, load: Workload, connections: int = CONNECTIONS) -> _core.Load:
    """A client of one lane; a context manager."""
    return _core.Load(arena.ports[lane], list(load.requests), connections, _PATIENCE)


def longer(name: str) -> str:
    """The lane with the chain of a contender."""
    return lane_name(name, CHAIN)
