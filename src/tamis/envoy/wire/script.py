"""Scripts of frames: each yields the condition under which it goes on."""

from collections.abc import Callable, Iterator

from tamis.envoy.wire.http1 import Http1Client
from tamis.envoy.wire.http2 import Peer
from tamis.envoy.wire.seen import Seen
from tamis.model.exchange import Headers

__all__ = ["Client", "Script", "answered", "guarded", "in_turn", "message"]

Client = Peer | Http1Client
Script = Iterator[Callable[[], bool]]


def message(
    peer: Client,
    stream: int,
    seen: Seen,
    headers: Headers,
    body: tuple[bytes, ...],
    trailers: Headers,
    *,
    whole: bool = True,
    pace: Callable[[], Callable[[], bool]] | None = None,
) -> Script:
    """Send one message; stops early when the other side has cut or answered the stream.

    `whole` False: nothing ends it, its trailers stay at home. `pace` gives the condition under
    which the next frame leaves, instead of the other side's having handled the one before.
    """
    handled = pace or (lambda: answered(peer))
    pieces = [
        chunk[i : i + peer.max_frame]
        for chunk in body
        for i in range(0, max(len(chunk), 1), peer.max_frame)
    ]
    peer.send_headers(stream, headers, end=whole and not pieces and not trailers)
    yield handled()
    for index, piece in enumerate(pieces):
        yield lambda: peer.can_send(stream, len(piece)) or seen.cut  # noqa: B023
        if seen.cut:
            return
        last = index + 1 == len(pieces)
        peer.send_data(stream, piece, end=whole and last and not trailers)
        yield handled()
    if not whole:
        peer.push()
        yield handled()
    elif trailers and not seen.cut:
        peer.send_headers(stream, trailers, end=True)
        yield handled()


def answered(peer: Client) -> Callable[[], bool]:
    """Ask whether the other side has handled all that was sent until now."""
    ping = peer.ping()
    return lambda: peer.acked(ping) or peer.closed


def in_turn(*peers: Client) -> Callable[[], bool]:
    """Ask one after the other: each has handled what it was sent by the time it is asked."""
    left = list(peers)
    asked = answered(left.pop(0))

    def done() -> bool:
        nonlocal asked
        while asked():
            if not left:
                return True
            asked = answered(left.pop(0))
        return False

    return done


def guarded(script: Script, enough: Callable[[], bool]) -> Script:
    """The script, which stops as soon as `enough`."""
    for condition in script:
        if enough():
            return
        yield lambda: condition() or enough()  # noqa: B023
