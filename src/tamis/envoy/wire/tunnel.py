"""How a server of ours lets Envoy in that takes it for a proxy (see judging/upstreams.py).

What Envoy sends first is then HTTP/1.1: CONNECT, for the address that it takes the server to have.
"""

import socket

__all__ = ["entered"]

_ASKED, _END = b"CONNECT ", b"\r\n\r\n"
_GRANTED = b"HTTP/1.1 200 OK\r\n\r\n"


def entered(sock: socket.socket, received: bytearray) -> bool:
    """Take the request away from what was received, and grant it; whether it was whole."""
    end = received.find(_END) if received.startswith(_ASKED) else -1
    if end < 0:
        return False
    del received[: end + len(_END)]
    sock.sendall(_GRANTED)  # few bytes, and the first of all
    return True
