"""How our servers let Envoy in, without an Envoy."""

import socket
import threading
from collections.abc import Iterator

import pytest

from tamis.envoy.wire.opening import Failed, Opening
from tamis.envoy.wire.welcome import Welcome

Ends = tuple[socket.socket, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_an_open_welcome_touches_nothing(ends: Ends) -> None:
    ours, _ = ends
    assert Welcome().admit(ours) is ours
    assert ours.gettimeout() is None


def test_a_tunnel_is_granted_whatever_pieces_it_comes_in(ends: Ends) -> None:
    ours, theirs = ends
    request = b"CONNECT 10.1.2.3:80 HTTP/1.1\r\nHost: 10.1.2.3:80\r\n\r\n"

    def ask() -> None:
        for at in range(0, len(request), 7):
            theirs.sendall(request[at : at + 7])

    asking = threading.Thread(target=ask)
    asking.start()
    assert Welcome(tunnel=True).admit(ours) is ours
    asking.join()
    assert theirs.recv(100) == b"HTTP/1.1 200 OK\r\n\r\n"
    assert ours.gettimeout() == 0


@pytest.mark.parametrize("said", [b"PRI * HTTP/2.0", b"", b"x" * 9000])
def test_who_asks_for_no_tunnel_is_not_let_in(ends: Ends, said: bytes) -> None:
    ours, theirs = ends
    theirs.sendall(said)
    theirs.shutdown(socket.SHUT_WR)
    with pytest.raises(Failed, match="Envoy does not come to its upstream"):
        Welcome(tunnel=True, patience=0.2).admit(ours)
    assert ours.fileno() == -1


def test_who_says_nothing_is_not_waited_for_for_ever(ends: Ends) -> None:
    ours, _ = ends
    with pytest.raises(Failed, match="timed out"):
        Welcome(tunnel=True, patience=0.01).admit(ours)


def test_a_client_that_is_not_let_in_says_so(ends: Ends) -> None:
    ours, theirs = ends
    theirs.close()
    with pytest.raises(Failed, match="Envoy lets no client in"):
        Opening(b"PROXY ...").begin(ours)
    assert ours.fileno() == -1
