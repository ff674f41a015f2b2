"""Everything an Envoy is made of that measures: it is made anew, several times."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tamis import _core
from tamis.benches.timing.contenders import CHAIN, NOTHING, Contender, lane_name
from tamis.envoy import Binary, validate
from tamis.envoy.folder import Folder
from tamis.envoy.measuring.arena import Arena
from tamis.envoy.measuring.lanes import Lane, measured_bootstrap
from tamis.fixtures.workload import Workload

__all__ = ["Ring", "client", "longer"]

#: One request on each, then their answers: as many as a batch has.
_CONNECTIONS = 8
#: Seconds without any progress until an answer is given up; less, where each is asked for alone.
_PATIENCE = 5.0
_TRIAL = 2.0


@dataclass(frozen=True, slots=True)
class Ring:
    """`contenders` for the work that `load` is; the first of them is whom the others are held to.

    `chain`: there is a lane with eight of each, too. `shim`: some are native twins. `services`:
    where the origin answers callouts. `statuses`: what each lane answers each exchange that is sent
    by itself, once that was tried.
    """

    binary: Binary
    contenders: tuple[Contender, ...]
    load: Workload
    chain: bool = True
    shim: bytes = b""
    services: Mapping[str, int] = field(default_factory=dict)
    statuses: Mapping[str, Sequence[int]] = field(default_factory=dict)

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

        Raises BadInput where none is left, Fault where Envoy does not start or breaks.
        """
        why: dict[int, str] = {}
        found: dict[str, dict[int, int]] = {}
        with self.arena() as arena:
            for name in arena.ports:
                with client(arena, name, self.load, patience=_TRIAL) as asking:
                    found[name] = {}
                    for at in range(len(self.load.exchanges)):
                        if at in why:
                            continue
                        asked = asking.ask(at)
                        found[name][at] = asked.status
                        if not asked.status:
                            arena.check(name, broken=True)
                            why[at] = f"it is not answered with {name}"
                        elif asked.closed:
                            why[at] = f"its connection is closed with {name}"
        kept = [at for at in range(len(self.load.exchanges)) if at not in why]
        statuses = {name: [by[at] for at in kept] for name, by in found.items()}
        load = self.load.without(why)
        return replace(self, load=load, statuses=statuses), tuple(self._others(statuses))

    def _others(self, statuses: Mapping[str, Sequence[int]]) -> list[str]:
        """Lanes that do other work: contenders that answer otherwise than the first, and chains
        that answer otherwise than one filter.
        """
        pairs = [(each.name, self.contenders[0].name) for each in self.contenders[1:]]
        if self.chain:
            pairs += [(longer(each.name), each.name) for each in self.contenders]
        notes = []
        for name, first in pairs:
            both = zip(statuses[name], statuses[first], strict=True)
            if other := sum(own != its for own, its in both):
                notes.append(
                    f"{name} answers {other} of the exchanges with another status than {first}: "
                    "it does other work"
                )
        return notes

    def of(self, contenders: Sequence[Contender]) -> "Ring":
        """The same with those alone; without the shim, which takes memory, where none needs it."""
        twins = any(each.kind == "twin" for each in contenders)
        return replace(self, contenders=tuple(contenders), shim=self.shim if twins else b"")

    def refusal(self, contender: Contender) -> str | None:
        """Why Envoy does not take a contender, in its own words; None: it does."""
        shim = self.of([contender]).shim
        with TemporaryDirectory(prefix="tamis-") as root:
            folder = Folder(Path(root))
            if shim:
                folder.shim.write_bytes(shim)
            text = measured_bootstrap(
                folder,
                [contender.lane(folder.root, self.load)],
                (),
                self.services,
                bodies=False,
                shim=folder.shim if shim else None,
            )
            return validate(self.binary, text)


def client(
    arena: Arena,
    lane: str,
    load: Workload,
    connections: int = _CONNECTIONS,
    patience: float = _PATIENCE,
) -> _core.Load:
    """A client of one lane; a context manager."""
    return _core.Load(arena.ports[lane], list(load.requests), connections, patience)


def longer(name: str) -> str:
    """The lane with the chain of a contender."""
    return lane_name(name, CHAIN)
