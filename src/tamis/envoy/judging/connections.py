"""TCP connections through a network filter: one event after the other, both ends seen."""

from typing import Literal

from tamis.envoy.judging import observe
from tamis.envoy.judging.world import World
from tamis.envoy.trace import Callback
from tamis.envoy.wire.tcp import End
from tamis.model.exchange import Connection, ConnectionEvent
from tamis.model.outcome import ConnectionOutcome

__all__ = ["connect"]

Closer = Literal["downstream", "upstream", "filter"]
#: Seconds in which Envoy writes down what is over.
_WRITTEN = 0.02


def connect(world: World, connection: Connection) -> ConnectionOutcome:
    """One connection, from its beginning to its end. Raises Silence or Crashed."""
    flow = _Flow(world)
    flow.settle()
    for event in connection.events:
        flow.meet(event)
        flow.settle()
    flow.finish()
    return flow.outcome()


class _Flow:
    def __init__(self, world: World) -> None:
        self._world = world
        self._begin = len(world.server.records)
        self._first = len(world.trace.callbacks)
        self._client = End.connect(world.server.port, world.server.opening)
        self._upstream: End | None = None
        self._closed: Closer | None = None

    def meet(self, event: ConnectionEvent) -> None:
        """One peer does something."""
        peer = self._client if event.peer == "downstream" else self._upstream
        if peer is None or peer.closed:
            return
        if event.what == "data":
            peer.send(event.data)
        elif event.what == "end":
            peer.end()
        else:
            if not self._over():
                self._closed = self._closed or event.peer
            peer.close()

    def settle(self) -> None:
        """Everything happens that somebody waits for."""
        self._quiet()
        self._world.settle()
        self._quiet()

    def finish(self) -> None:
        """What is open ends: the client's side, then the upstream's."""
        self._client.end()
        self.settle()
        if self._upstream:
            self._upstream.end()
            self.settle()
        if not self._over():
            # Envoy reads a peer's end once, and nothing before it has an upstream: whatever the
            # peers do now, it does not see.
            self._world.server.stuck = True
        for peer in (self._client, self._upstream):
            if peer:
                peer.close()
        self._world.observe()

    def outcome(self) -> ConnectionOutcome:
        """What both peers received, and the log told."""
        return ConnectionOutcome(
            upstream=bytes(self._upstream.received) if self._upstream else b"",
            downstream=bytes(self._client.received),
            closed=self._closed,
            pauses=tuple(observe.pauses(self._callbacks())),
        )

    def _callbacks(self) -> list[Callback]:
        return self._world.trace.callbacks[self._first :]

    def _quiet(self) -> None:
        """All data are where they can get to."""
        moved = True
        while moved:
            moved = False
            self._upstream = self._upstream or self._world.server.door.accept()
            for peer in (self._client, self._upstream):
                moved = (peer is not None and peer.move()) or moved
            self._world.observe()
        refused = self._world.trace.failed and self._client.ended and self._upstream is None
        if refused or any(_closes(callback) for callback in self._callbacks()):
            self._closed = self._closed or "filter"

    def _over(self) -> bool:
        """Whether Envoy has written its line about the connection."""
        server = self._world.server
        if self._client.ended or self._client.closed:
            server.loop.pause(_WRITTEN)
        return any(record.logger == "access" for record in server.records[self._begin :])


def _closes(callback: Callback) -> bool:
    asked = any(
        call.name == "proxy_close_stream" and call.args[0] in (2, 3) for call in callback.calls
    )
    return callback.broken or (asked and bool(callback.result))
