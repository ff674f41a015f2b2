"""The client of a judging Envoy: sends a fixture's requests, sees what becomes of them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tamis.envoy.wire.events import Closed, Event, Head
from tamis.envoy.wire.http1 import Http1Client
from tamis.envoy.wire.http2 import CANCEL, INTERNAL_ERROR, Peer
from tamis.envoy.wire.loop import Loop
from tamis.envoy.wire.opening import PLAIN, Opening
from tamis.envoy.wire.script import Client as Side
from tamis.envoy.wire.script import message
from tamis.envoy.wire.seen import Seen
from tamis.model.exchange import Headers, Request

__all__ = ["Client", "Ongoing"]

Abort = Literal["request", "response"]


@dataclass(slots=True, eq=False)
class Ongoing:
    """One request on its way. `aborted`: the client has cut it, as the fixture says."""

    side: Side
    stream: int
    seen: Seen
    abort: Abort | None = None
    aborted: bool = False
    alone: bool = False

    @property
    def over(self) -> bool:
        """Nothing more can arrive."""
        return self.seen.over or self.aborted or self.side.closed


class Client:
    """Connections to the listener at `path`; one serves all requests that do not overlap."""

    def __init__(self, loop: Loop, path: Path, *, http1: bool, opening: Opening = PLAIN) -> None:
        self._loop = loop
        #: How the next connections begin.
        self.opening = opening
        self._path = path
        self._http1 = http1
        self._side: Side | None = None
        self._next = 1
        self._ongoing: dict[tuple[Side, int], Ongoing] = {}

    def hang_up(self) -> None:
        """Close the connection; the next request opens another."""
        if self._side:
            self._loop.remove(self._side)
        self._side = None

    def connect(self) -> None:
        """Make sure that there is a connection, which Envoy has accepted."""
        if self._side is None or self._side.closed:
            self._side = self._opened()
            self._next = 1

    def send(self, request: Request, *, abort: Abort | None, alone: bool) -> Ongoing:
        """Send a whole request and wait until Envoy has it, or is through with it.

        `alone`: on a connection of its own. Raises Silence.
        """
        if alone:
            side, stream = self._opened(), 1
        else:
            self.connect()
            assert self._side
            side, stream = self._side, self._next
            self._next += 2
        ongoing = Ongoing(side, stream, Seen(), abort, alone=alone)
        self._ongoing[side, stream] = ongoing
        script = message(
            side,
            stream,
            ongoing.seen,
            request.headers,
            request.body,
            request.trailers,
            whole=abort != "request",
        )
        self._loop.play(script, lambda: ongoing.over)
        self._loop.until(lambda: not self._loop.busy or ongoing.over)
        self._loop.stop()
        return ongoing

    def cancel(self, ongoing: Ongoing) -> None:
        """Cut a stream that is not over."""
        if ongoing.over:
            return
        if isinstance(ongoing.side, Http1Client):
            self._drop(ongoing.side)
        else:
            ongoing.side.reset(ongoing.stream, CANCEL)

    def forget(self, ongoing: Ongoing, answer: Headers) -> None:
        """Its time is over: what it saw is final."""
        seen, side = ongoing.seen, ongoing.side
        if ongoing.alone or (seen.reset is not None and seen.headers is None):
            # Envoy refused the frames themselves; it logs so when the connection goes.
            self._drop(side)
        self._ongoing.pop((side, ongoing.stream), None)
        if self._http1:
            seen.headers = _without_framing(seen.headers, answer)

    def _drop(self, side: Side) -> None:
        self._loop.remove(side)
        if side is self._side:
            self._side = None

    def _opened(self) -> Side:
        sock = self._loop.connect(self._path, self.opening)
        side = Http1Client(sock) if self._http1 else Peer(sock, client=True)
        self._loop.add(side, self._hearing(side))
        self._loop.until(lambda: side.ready or side.closed)
        return side

    def _hearing(self, side: Side) -> Callable[[Event], None]:
        def hear(event: Event) -> None:
            if isinstance(event, Closed):
                self._hear_end(side)
                return
            ongoing = self._ongoing.get((side, event.stream))
            if ongoing is None or ongoing.aborted:
                return
            ongoing.seen.take(event)
            if ongoing.abort == "response" and isinstance(event, Head) and ongoing.seen.headers:
                self._abort(ongoing)

        return hear

    def _hear_end(self, side: Side) -> None:
        """Envoy gave up on the connection but keeps it for a second: it may go now."""
        for (one, _), ongoing in self._ongoing.items():
            if one is side and not (ongoing.seen.over or ongoing.aborted):
                ongoing.seen.reset = INTERNAL_ERROR
        self._drop(side)

    def _abort(self, ongoing: Ongoing) -> None:
        if not ongoing.seen.over:
            self.cancel(ongoing)
            ongoing.aborted = True


def _without_framing(headers: Headers | None, answer: Headers) -> Headers | None:
    """HTTP/1 marks an empty response: Envoy's codec appends `content-length: 0` behind all else."""
    empty = ("content-length", "0")
    if headers and headers[-1] == empty and empty not in answer:
        return headers[:-1]
    return headers
