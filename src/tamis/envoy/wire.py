"""Both ends of the wire in one thread: a client that sends a fixture's requests, an upstream that
answers them.

Frames leave one at a time: after each, a PING goes out, and the next frame follows its answer.
Envoy answers a PING after it has handled all frames before it, so two DATA frames never meet in
one body callback and everything happens in one order, whatever the machine's load.
"""

import selectors
import socket
import time
from collections.abc import Callable

from tamis.envoy.bootstrap import Folder
from tamis.envoy.events import Closed, Event, Head
from tamis.envoy.http1 import Http1Client
from tamis.envoy.http2 import CANCEL, INTERNAL_ERROR, Peer
from tamis.envoy.script import Client, Script, answered, guarded, message
from tamis.envoy.seen import Seen
from tamis.model.exchange import Answer, Headers, Request

__all__ = ["Silence", "Wire"]

#: How many rounds of pings without any news make a stream's pause final.
_QUIET_ROUNDS = 4
_POLL_SECONDS = 0.002


class Silence(Exception):
    """Nothing came from Envoy for as long as was allowed."""


class Wire:
    """The client and the upstream of one Envoy; `idle` is called between events.

    `idle` must return whether it saw any progress (the log grew); it may raise.
    """

    def __init__(
        self, folder: Folder, idle: Callable[[], bool], patience: float, *, http1: bool = False
    ) -> None:
        self._folder = folder
        self._idle = idle
        self._patience = patience
        self._selector = selectors.DefaultSelector()
        self._accept = socket.socket(socket.AF_UNIX)
        self._accept.bind(str(folder.upstream))
        self._accept.listen()
        self._accept.setblocking(False)
        self._selector.register(self._accept, selectors.EVENT_READ)
        self._upstreams: list[Peer] = []
        self._http1 = http1
        self._client: Client | None = None
        self._next_stream = 1
        self._answer: Answer = Answer()
        self._scripts: list[tuple[Script, Callable[[], bool]]] = []
        self._at_upstream: dict[tuple[int, int], Seen] = {}
        self._at_client: dict[int, Seen] = {}
        self._news = 0
        self.upstream_seen: list[Seen] = []

    def close(self) -> None:
        """Drop all connections."""
        self.hang_up()
        for peer in self._upstreams:
            peer.close()
        self._accept.close()
        self._selector.close()

    # -- the client's side

    def exchange(self, request: Request, answer: Answer, *, paused: Callable[[], bool]) -> Seen:
        """Send `request`, let the upstream give `answer`; what the client saw.

        What the upstream saw is in `upstream_seen`. When nothing more can happen because the filter
        holds the stream, or Envoy is through with it (`paused` says so), the client cancels it:
        `Seen.over` is False.
        Raises Silence when Envoy does nothing for `patience` seconds.
        """
        self._answer = answer
        self.upstream_seen = []
        client = self._connected()
        stream = self._next_stream
        self._next_stream += 2
        seen = self._at_client[stream] = Seen()
        script = message(client, stream, seen, request.headers, request.body, request.trailers)
        self._play(script, lambda: seen.over)
        self._until(lambda: seen.over or client.closed or self._stuck(paused))
        if client.closed and not seen.over:
            seen.reset = INTERNAL_ERROR
        elif not seen.over:
            self._cancel(client, stream)
        else:
            # A client that has all it was promised may be ahead of the upstream's last frames.
            self._until(lambda: not self._scripts)
        if seen.reset is not None and seen.headers is None:
            # Envoy refused the frames themselves; it logs so when the connection goes.
            self.hang_up()
        self._settle()
        del self._at_client[stream]
        if self._http1:
            seen.headers = _without_framing(seen.headers, answer.headers)
        return seen

    def _cancel(self, client: Client, stream: int) -> None:
        if isinstance(client, Http1Client):
            self.hang_up()
        else:
            client.reset(stream, CANCEL)

    def barrier(self) -> None:
        """Return once Envoy's worker has handled all that was sent (and posted) before."""
        self._connected()
        self._ping_all()

    def hang_up(self) -> None:
        """Close the client's connection; the next exchange opens another."""
        if self._client and not self._client.closed:
            self._selector.unregister(self._client)
            self._client.close()
        self._client = None

    def wait(self, condition: Callable[[], bool]) -> None:
        """Serve both ends until `condition`. Raises Silence."""
        self._until(condition)

    def _connected(self) -> Client:
        if self._client is None or self._client.closed:
            sock = socket.socket(socket.AF_UNIX)
            try:
                sock.connect(str(self._folder.listener))
            except ConnectionRefusedError:
                self._until(lambda: False)  # it is ending: `idle` soon says how
            sock.setblocking(False)
            self._client = Http1Client(sock) if self._http1 else Peer(sock, client=True)
            self._next_stream = 1
            self._selector.register(self._client, selectors.EVENT_READ)
            client = self._client
            self._until(lambda: client.ready or client.closed)
        return self._client

    def _ping_all(self) -> None:
        for peer in [self._client, *self._upstreams]:
            if peer and not peer.closed:
                self._until(answered(peer))

    def _settle(self) -> None:
        """Let Envoy finish what follows the end of a stream on either side."""
        for _ in range(2):
            self._ping_all()
        self._scripts.clear()
        self._at_upstream.clear()

    def _stuck(self, paused: Callable[[], bool]) -> bool:
        """Whether several rounds of pings on all connections brought nothing new."""
        if self._scripts or not paused():
            return False
        before = self._news
        for _ in range(_QUIET_ROUNDS):
            self._ping_all()
        return self._news == before and not self._scripts and paused()

    # -- the loop

    def _until(self, condition: Callable[[], bool]) -> None:
        quiet_since = time.monotonic()
        while not condition():
            news = self._news
            self._step()
            if self._idle() or self._news != news:
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > self._patience:
                raise Silence

    def _step(self) -> None:
        self._advance()
        peers = [peer for peer in [self._client, *self._upstreams] if peer and not peer.closed]
        for peer in peers:
            peer.flush()
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if peer.pending else 0)
            if self._selector.get_key(peer).events != wanted:
                self._selector.modify(peer, wanted)
        for key, _ in self._selector.select(_POLL_SECONDS):
            if key.fileobj is self._accept:
                self._welcome()
            elif isinstance(key.fileobj, Client):
                self._read(key.fileobj)

    def _play(self, script: Script, enough: Callable[[], bool]) -> None:
        condition = next(script, None)
        if condition:
            self._scripts.append((guarded(script, enough), condition))

    def _advance(self) -> None:
        scripts, self._scripts = self._scripts, []
        for script, condition in scripts:
            following: Callable[[], bool] | None = condition
            if condition():
                self._news += 1
                following = next(script, None)
            if following:
                self._scripts.append((script, following))

    def _welcome(self) -> None:
        sock, _ = self._accept.accept()
        sock.setblocking(False)
        peer = Peer(sock, client=False)
        self._upstreams.append(peer)
        self._selector.register(peer, selectors.EVENT_READ)
        self._news += 1

    def _read(self, peer: Client) -> None:
        number = peer.fileno()
        events = peer.receive()
        if peer.closed:
            self._selector.unregister(number)
        for event in events:
            self._news += 1
            if isinstance(peer, Http1Client) or peer is self._client:
                self._on_client(event)
            else:
                self._on_upstream(peer, event)
        self._upstreams = [each for each in self._upstreams if not each.closed]

    def _on_client(self, event: Event) -> None:
        if isinstance(event, Closed):
            # Envoy gave up on the connection but keeps it for a second: it may go now.
            self.hang_up()
            return
        seen = self._at_client.get(event.stream)
        if seen:
            seen.take(event)

    # -- the upstream's side

    def _on_upstream(self, peer: Peer, event: Event) -> None:
        if isinstance(event, Closed):
            return
        key = (id(peer), event.stream)
        seen = self._at_upstream.get(key)
        if seen is None:
            if not isinstance(event, Head):
                return
            seen = self._at_upstream[key] = Seen()
            self.upstream_seen.append(seen)
        ended = seen.end
        seen.take(event)
        if seen.end and not ended:
            self._reply(peer, event.stream, seen)

    def _reply(self, peer: Peer, stream: int, seen: Seen) -> None:
        answer = self._answer
        if answer.reset:
            peer.reset(stream, INTERNAL_ERROR)
            return
        script = message(peer, stream, seen, answer.headers, answer.body, answer.trailers)
        self._play(script, lambda: seen.reset is not None)


def _without_framing(headers: Headers | None, answer: Headers) -> Headers | None:
    """HTTP/1 marks an empty response: Envoy's codec appends `content-length: 0` behind all else."""
    empty = ("content-length", "0")
    if headers and headers[-1] == empty and empty not in answer:
        return headers[:-1]
    return headers
