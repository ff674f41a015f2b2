"""All of Envoy that is exchanged: a new process takes the sockets over (hot restart), the old one
asks its clients to leave and ends. So Istio's agent did it.
"""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from tamis.envoy.binary import Binary
from tamis.envoy.discovery import Discovery
from tamis.envoy.lineage import Lineage
from tamis.envoy.live.bootstrap import Slot
from tamis.envoy.live.gate import Gate, NotTaken
from tamis.envoy.live.upstream import Upstream
from tamis.envoy.native import kind_of
from tamis.envoy.plugins import GUEST, Loadable
from tamis.errors import Fault
from tamis.rehearsals.breaks import Breaks
from tamis.rehearsals.candidate import Candidate
from tamis.rehearsals.moves import Move
from tamis.rehearsals.served import Served

__all__ = ["Restarted"]

_POLL = 0.01
#: Seconds after which an old Envoy should have ended long since.
_ENDED = 30.0


class Restarted(Served):
    """A `Place`: one port, behind which Envoys follow each other; a context manager.

    It begins with `first` in place. Raises Fault where that does not start.
    """

    def __init__(
        self,
        binary: Binary,
        first: Candidate,
        breaks: Breaks,
        *,
        workers: int,
        level: str,
        clusters: Mapping[str, Upstream],
    ) -> None:
        self._binary = binary
        self._workers = workers
        self._level = level
        self._clusters = clusters
        self._first = first
        self._breaks = breaks
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        from tamis.envoy.live.echo import Echo  # an extra, of which a gate tells first

        try:
            self._lineage = self._opened.enter_context(Lineage())
            folder = self._lineage.folder
            self._files = Discovery(folder, ())
            self._upstream = Upstream(path=folder.cluster(0))
            self._opened.enter_context(Echo(folder.cluster(0)))
            self.gate = self._start(self._first, 0)
        except NotTaken as words:
            self._opened.close()
            raise Fault(
                f"Envoy takes OLD as a swap, but does not start with it: {words}",
                advice="Run tamis test --host envoy: it tells more.",
            ) from None
        except BaseException:
            self._opened.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opened.close()

    def put(self, version: Candidate) -> Move:
        """As `Place` has it."""
        ordered = time.monotonic_ns()
        old = self.gate
        try:
            self.gate = self._start(version, self.port)
        except NotTaken as words:
            return Move(version.side, ordered, refused=str(words))
        end = time.monotonic() + _ENDED
        while not old.ended():
            self.check()
            if time.monotonic() > end:
                raise Fault(
                    "the old Envoy does not end once another one has taken over",
                    advice="A request hangs inside of the filter: test it in wasmtime.",
                )
            time.sleep(_POLL)
        taken = time.monotonic_ns()
        old.close()
        return Move(version.side, ordered, taken)

    def _start(self, version: Candidate, port: int) -> Gate:
        module, kind = version.module, kind_of(version.module)
        fixed = Loadable(self._files.module(module), version.plugin, version.config, kind)
        gate = Gate(
            self._binary,
            self._upstream,
            (Slot(GUEST, fixed=fixed),),
            port=port,
            workers=self._workers,
            level=self._level,
            clusters=self._clusters,
            lineage=self._lineage,
        )
        self._opened.enter_context(gate)
        self._breaks.follow(gate.follow())
        return gate
