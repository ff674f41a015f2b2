"""Our server behind a cluster: sees what Envoy sends there, answers when it is told to."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tamis.envoy.wire.events import Closed, Event, Head
from tamis.envoy.wire.http2 import INTERNAL_ERROR, Peer
from tamis.envoy.wire.loop import Loop
from tamis.envoy.wire.script import message
from tamis.envoy.wire.seen import Seen
from tamis.envoy.wire.welcome import OPEN, Welcome
from tamis.envoy.wiring import CLUSTER_HEADER
from tamis.model.exchange import Headers

__all__ = ["Arrival", "Service"]


@dataclass(slots=True, eq=False)
class Arrival:
    """One request that reached a cluster. `worker`: the worker's VM caused it, not another's."""

    cluster: str
    peer: Peer
    stream: int
    worker: bool
    seen: Seen = field(default_factory=Seen)

    @property
    def gone(self) -> bool:
        """Envoy wants no answer any more."""
        return self.seen.cut or self.peer.closed

    @property
    def internal(self) -> bool:
        """A callout, not a request that was forwarded."""
        return any(name == "x-envoy-internal" for name, _ in self.seen.headers or ())


class Service:
    """The server of one cluster, HTTP/2, any number of connections.

    Envoy's threads have connections of their own. The worker's is the one that brings a warm-up
    request (see `listeners.py`); it then stays, so that later requests need not wait for it.
    """

    def __init__(self, loop: Loop, cluster: str, path: Path, welcome: Welcome = OPEN) -> None:
        self.cluster = cluster
        self.arrivals: list[Arrival] = []
        self._loop = loop
        self._admits = welcome
        self._workers: Peer | None = None
        self._streams: dict[tuple[Peer, int], Arrival] = {}
        loop.listen(path, self._welcome)

    def forget(self) -> None:
        """Forget all arrivals; streams that are open are of no interest any more."""
        for arrival in self.arrivals:
            self.reset(arrival)
        self.arrivals.clear()
        self._streams.clear()

    def answer(
        self,
        arrival: Arrival,
        headers: Headers,
        body: tuple[bytes, ...] = (),
        trailers: Headers = (),
        *,
        whole: bool = True,
        pace: Callable[[], Callable[[], bool]] | None = None,
    ) -> None:
        """Send a response, frame by frame; return when Envoy has all of it, or wants no more."""
        script = message(
            arrival.peer,
            arrival.stream,
            arrival.seen,
            headers,
            body,
            trailers,
            whole=whole,
            pace=pace,
        )
        self._loop.play(script, lambda: arrival.gone)
        self._loop.until(lambda: not self._loop.busy)

    def end(self, arrival: Arrival, trailers: Headers) -> None:
        """End a response that was not whole by trailers."""
        if not arrival.gone:
            arrival.peer.send_headers(arrival.stream, trailers, end=True)

    def reset(self, arrival: Arrival) -> None:
        """Cut a stream."""
        if not arrival.gone:
            arrival.peer.reset(arrival.stream, INTERNAL_ERROR)

    def _welcome(self, sock: socket.socket) -> None:
        peer = Peer(self._admits.admit(sock), client=False)
        self._loop.add(peer, lambda event: self._hear(peer, event))

    def _hear(self, peer: Peer, event: Event) -> None:
        if isinstance(event, Closed):
            self._loop.remove(peer)
            return
        arrival = self._streams.get((peer, event.stream))
        if arrival is None:
            if not isinstance(event, Head):
                return
            if any(name == CLUSTER_HEADER for name, _ in event.headers):
                self._workers = peer
                peer.send_headers(event.stream, ((":status", "200"),), end=True)
                return
            known = self._workers is not None and not self._workers.closed
            arrival = Arrival(self.cluster, peer, event.stream, not known or peer is self._workers)
            self._streams[peer, event.stream] = arrival
            self.arrivals.append(arrival)
        arrival.seen.take(event)
