"""Scripts of frames: each yields the condition under which it goes on."""

from collections.abc import Callable, Iterator

from tamis.envoy.http1 import Http1Client
from tamis.envoy.http2 import Peer
from tamis.envoy.seen import Seen
from tamis.model.exchange import Headers

__all__ = ["Client", "Script", "answered", "guarded", "message"]

Client = Peer | Http1Client
Script = Iterator[Callable[[], bool]]


def message(
    peer: Client,
    stream: int,
    seen: Seen,
    headers: Headers,
    body: tuple[bytes, ...],
    trailers: Headers,
) -> Script:
    """Send one message; stops early when the other side has cut or answered the stream."""
    pieces = [
        chunk[i : i + peer.max_frame]
        for chunk in body
        for i in range(0, max(len(chunk), 1), peer.max_frame)
    ]
    peer.send_headers(stream, headers, end=not pieces and not trailers)
    yield answered(peer)
    for index, piece in enumerate(pieces):
        yield lambda: peer.can_send(stream, len(piece)) or seen.reset is not None  # noqa: B023
        if seen.reset is not None:
            return
        last = index + 1 == len(pieces)
        peer.send_data(stream, piece, end=last and not trailers)
        yield answered(peer)
    if trailers and seen.reset is None:
        peer.send_headers(stream, trailers, end=True)
        yield answered(peer)


def answered(peer: Client) -> Callable[[], bool]:
    """Ask whether the other side has handled all that was sent until now."""
    ping = peer.ping()
    return lambda: peer.acked(ping) or peer.closed


def guarded(script: Script, enough: Callable[[], bool]) -> Script:
    """The script, which stops as soon as `enough`."""
    for condition in script:
        if enough():
            return
        yield lambda: condition() or enough()  # noqa: B023
