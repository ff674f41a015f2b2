"""`tamis run`: a real Envoy with filters in it, which are swapped when their source changes."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

from tamis import envoy
from tamis.envoy.live.gate import Gate
from tamis.envoy.live.lines import spoken
from tamis.envoy.live.upstream import Upstream, parse, shown
from tamis.envoy.log import Log
from tamis.errors import BadInput
from tamis.model.outcome import LogLine
from tamis.model.running import Loaded, Serving, Traffic
from tamis.verbs.chain import Link, chain
from tamis.verbs.clusters import clusters as clusters_of
from tamis.verbs.envoys import envoy_of
from tamis.verbs.starting import hangs

__all__ = ["Running", "run"]

#: A gate with these filters; its port, and that of the admin interface (0: any).
_Opens = Callable[[Sequence[Link], int, int], Gate]


def run(
    arguments: Sequence[str] = (".",),
    *,
    upstream: str = "",
    address: tuple[str, int] = ("127.0.0.1", 0),
    admin: int = 0,
    configs: Mapping[str, Path] | None = None,
    clusters: Mapping[str, str] | None = None,
    binary: envoy.Binary | None = None,
    workers: int = 1,
    level: str = "info",
    quick: bool = False,
) -> "Running":
    """An Envoy with the filters that the arguments name, in that order, in front of `upstream`.

    It starts as a context manager: `with tamis.run(["my-filter"]) as running:` serves on
    `running.serving.url`. `upstream`: `http://HOST:PORT`, also https, h2c or, for network filters,
    tcp; "" is an echo that answers with what it received. `address`, `admin`: port 0 is any free
    one. `configs`: name of a filter -> a file instead of its configuration. `clusters`: name -> URL
    of a server that filters call. `level`: of what filters log. `binary`: the Envoy, else the one
    that `envoy_of` finds. `quick` as `build` has it. Raises BadInput for an upstream that is none,
    Missing without an Envoy.
    """
    behind = parse(upstream) if upstream else None
    called = clusters_of(clusters or {})
    found = binary or envoy_of()
    name, first = address

    def opens(links: Sequence[Link], port: int, admin: int) -> Gate:
        return Gate(
            found,
            behind,
            [each.slot for each in links],
            host=name,
            port=port,
            admin=admin,
            workers=workers,
            level=level,
            clusters=called,
            first={each.slot.name: each.filling for each in links},
        )

    return Running(
        tuple(arguments), dict(configs or {}), opens, (first, admin), behind, quick=quick
    )


class Running:
    """Filters in an Envoy that serves, from `__enter__` on; used by one thread.

    `serving` tells where. Leaving it ends Envoy, and what was started for it.
    """

    def __init__(
        self,
        arguments: tuple[str, ...],
        configs: Mapping[str, Path],
        opens: _Opens,
        ports: tuple[int, int],
        upstream: Upstream | None,
        *,
        quick: bool,
    ) -> None:
        self._arguments = arguments
        self._configs = configs
        self._opens = opens
        self._ports = ports
        self._upstream = upstream
        self._quick = quick
        self._filters: tuple[Link, ...] = ()
        self._gate: Gate | None = None
        self._log: Log
        self._main = 0  # the thread of Envoy whose VM meets no traffic

    def __enter__(self) -> Self:
        """Build and start. Raises what `build` raises, BadInput for a port that is taken, Rejected
        for a filter that Envoy does not take.
        """
        try:
            filters = self._chain()
            _need_starts(filters)
            self._start(filters)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    @property
    def serving(self) -> Serving:
        """Where it serves, and what."""
        gate = self._running()
        scheme = "http" if any(each.slot.layer == "http" for each in self._filters) else "tcp"
        return Serving(
            gate.process.binary.host,
            f"{scheme}://{shown(*gate.address)}",
            f"http://{shown(*gate.admin)}",
            str(self._upstream or ""),
            tuple(each.loaded() for each in self._filters),
            reachable=self._upstream is None or self._upstream.listens(),
        )

    def refresh(self) -> tuple[Loaded, ...]:
        """Build anew, and swap what has changed; only that is returned.

        What Envoy refuses is in `refused`: the filter before it goes on. Raises what `build`
        raises, and BadInput for a configuration that does not fit; all go on as they were then.
        """
        wanted = self._chain()
        if [each.slot for each in wanted] != [each.slot for each in self._filters]:
            raise BadInput(
                "there are other filters than there were, or of another kind",
                advice="End this run and start it again.",
            )
        if not self.answers():
            _need_starts(wanted)
            self._end()
            self._start(wanted)
            return self.serving.filters
        told = []
        for now, before in zip(wanted, self._filters, strict=True):
            what = now.new(before)
            if what:
                told.append(self._swap(now, what))
        return tuple(told)

    def lines(self) -> list[LogLine]:
        """What the filters logged since it was last asked, and Envoy of one that broke."""
        records = self._log.take()
        self._main = self._main or next((record.thread for record in records), 0)
        return list(spoken(records, [each.plugin for each in self._filters], self._main))

    def traffic(self) -> Traffic:
        """Figures since Envoy started."""
        return self._running().traffic()

    def answers(self) -> bool:
        """Whether Envoy still answers: a callback that never returns holds its worker for ever.

        Raises Rejected when it has ended by itself.
        """
        return self._running().answers()

    # -- what it does

    def _running(self) -> Gate:
        assert self._gate, "it runs inside `with`"
        return self._gate

    def _start(self, filters: tuple[Link, ...]) -> None:
        gate = self._opens(filters, *self._ports)
        self._gate = gate.__enter__()
        self._ports = gate.address[1], gate.admin[1]
        self._log = gate.follow()
        self._main = 0
        for each in filters:
            if why := gate.refused.get(each.slot.name):
                raise each.not_taken(why)
        self._filters = filters

    def _end(self) -> None:
        if self._gate:
            self._log.close()
            self._gate.close()
            self._gate = None

    def _chain(self) -> tuple[Link, ...]:
        return chain(self._arguments, self._configs, quick=self._quick)

    def _swap(self, wanted: Link, what: tuple[str, ...]) -> Loaded:
        started = monotonic()
        it = wanted.filling
        refused = hangs(*it) or self._running().put(wanted.slot.name, *it)
        if not refused:
            others = tuple(each for each in self._filters if each.slot != wanted.slot)
            self._filters = tuple(sorted((*others, wanted), key=lambda each: each.slot.name))
        return wanted.loaded(what, refused or "", monotonic() - started)


def _need_starts(filters: Sequence[Link]) -> None:
    """Raises Rejected for one that would never finish starting, which Envoy is not given."""
    for each in filters:
        if why := hangs(*each.filling):
            raise each.not_taken(why)
