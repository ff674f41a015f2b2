"""One thread that serves every end of the wire: sockets, scripts of frames, and Envoy's log.

Envoy answers a PING after it has handled all frames before it. So a round of pings on all
connections that brings nothing new means that what was caused is over: `settle`.
"""

import selectors
import socket
import time
from collections.abc import Callable
from pathlib import Path

from tamis.envoy.wire.connection import Connection
from tamis.envoy.wire.events import Event
from tamis.envoy.wire.http2 import Peer
from tamis.envoy.wire.opening import PLAIN, Opening
from tamis.envoy.wire.script import Script, answered, guarded

__all__ = ["Loop", "Silence"]

#: How many rounds of pings without any news make a state final.
_QUIET_ROUNDS = 3
_POLL_SECONDS = 0.001


class Silence(Exception):
    """Nothing came from Envoy for as long as was allowed."""


class Loop:
    """The sockets of one Envoy; `idle` is called between events.

    `idle` must return whether it saw any progress (the log grew); it may raise. `patience`:
    seconds without a sign of life.
    """

    def __init__(self, idle: Callable[[], bool], patience: float) -> None:
        self._idle = idle
        self._patience = patience
        self._selector = selectors.DefaultSelector()
        self._heard: dict[Connection, Callable[[Event], None]] = {}
        self._doors: dict[socket.socket, Callable[[socket.socket], None]] = {}
        self._scripts: list[tuple[Script, Callable[[], bool]]] = []
        self._news = 0

    def close(self) -> None:
        """Drop everything."""
        for connection in list(self._heard):
            self.remove(connection)
        for door in self._doors:
            door.close()
        self._selector.close()

    # -- what it serves

    def listen(self, path: Path, welcome: Callable[[socket.socket], None]) -> None:
        """Hand every socket that is accepted at `path` to `welcome`."""
        door = socket.socket(socket.AF_UNIX)
        door.bind(str(path))
        door.listen()
        door.setblocking(False)
        self._selector.register(door, selectors.EVENT_READ)
        self._doors[door] = welcome

    def connect(self, path: Path, opening: Opening = PLAIN) -> socket.socket:
        """A connected, non-blocking socket. Raises what `idle` raises when nobody listens, Failed
        when nobody lets it in.
        """
        sock = socket.socket(socket.AF_UNIX)
        try:
            self._reach(sock, path)
        except BaseException:
            sock.close()
            raise
        sock = opening.begin(sock)
        sock.setblocking(False)
        return sock

    def _reach(self, sock: socket.socket, path: Path) -> None:
        try:
            sock.connect(str(path))
        except ConnectionRefusedError:
            self.until(lambda: False)  # it is ending: `idle` soon says how

    def add(self, connection: Connection, heard: Callable[[Event], None]) -> None:
        """Serve `connection`; `heard` is told its events."""
        self._selector.register(connection, selectors.EVENT_READ)
        self._heard[connection] = heard

    def remove(self, connection: Connection) -> None:
        """Close `connection`; idempotent."""
        if self._heard.pop(connection, None):
            self._selector.unregister(connection)
            connection.close()

    # -- scripts

    @property
    def busy(self) -> bool:
        """Whether scripts are still running."""
        return bool(self._scripts)

    def play(self, script: Script, enough: Callable[[], bool]) -> None:
        """Run `script` beside all others, until `enough`."""
        condition = next(script, None)
        if condition:
            self._scripts.append((guarded(script, enough), condition))

    def stop(self) -> None:
        """Forget all scripts."""
        self._scripts.clear()

    # -- waiting

    def until(self, condition: Callable[[], bool], *, within: float | None = None) -> None:
        """Serve until `condition`, `within` seconds at most. Raises Silence."""
        begun = quiet_since = time.monotonic()
        while not condition():
            news = self._news
            self._turn()
            now = time.monotonic()
            if self._idle() or self._news != news:
                quiet_since = now
            elif now - quiet_since > self._patience:
                raise Silence
            if within is not None and now - begun > within:
                raise Silence

    def pause(self, seconds: float) -> None:
        """Serve for as long as that."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._turn()
            self._idle()

    def settle(self) -> None:
        """Return once nothing follows any more from what was done until now."""
        quiet = 0
        while quiet < _QUIET_ROUNDS:
            before = self._news
            self.ping()
            quiet = quiet + 1 if self._news == before and not self._scripts else 0

    def ping(self) -> None:
        """One round: every other side has handled what it was sent."""
        asked = [
            answered(connection)
            for connection in self._heard
            if isinstance(connection, Peer) and not connection.closed and connection.ready
        ]
        self.until(lambda: all(done() for done in asked))

    def stir(self) -> None:
        """Something new was seen elsewhere: in the log, say."""
        self._news += 1

    # -- the loop

    def _turn(self) -> None:
        self._advance()
        for connection in list(self._heard):
            if connection.closed:
                continue
            connection.flush()
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.pending else 0)
            if self._selector.get_key(connection).events != wanted:
                self._selector.modify(connection, wanted)
        for key, _ in self._selector.select(_POLL_SECONDS):
            if isinstance(key.fileobj, Connection):
                self._read(key.fileobj)
            elif isinstance(key.fileobj, socket.socket):
                sock, _ = key.fileobj.accept()
                sock.setblocking(False)
                self._news += 1
                self._doors[key.fileobj](sock)

    def _advance(self) -> None:
        scripts, self._scripts = self._scripts, []
        for script, condition in scripts:
            following: Callable[[], bool] | None = condition
            if condition():
                self._news += 1
                following = next(script, None)
            if following:
                self._scripts.append((script, following))

    def _read(self, connection: Connection) -> None:
        heard = self._heard.get(connection)
        if heard is None:
            return  # removed by what was heard before
        number = connection.fileno()
        events = connection.receive()
        if connection.closed:
            self._selector.unregister(number)
            del self._heard[connection]
        for event in events:
            self._news += 1
            heard(event)
