"""How a server of ours lets Envoy in: what comes before the first byte of a connection.

To an endpoint of another address than ours Envoy comes through a proxy, and takes us for it (see
judging/upstreams.py): then it begins with CONNECT. TLS comes behind that.
"""

import socket
import ssl
from dataclasses import dataclass

from tamis.envoy.wire.opening import Failed

__all__ = ["OPEN", "Welcome"]

_END = b"\r\n\r\n"
_GRANTED = b"HTTP/1.1 200 OK\r\n\r\n"
#: Bytes of a request for a tunnel.
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Welcome:
    """`tunnel`: Envoy asks for one. `patience` in seconds."""

    tunnel: bool = False
    context: ssl.SSLContext | None = None
    patience: float = 15.0

    def admit(self, sock: socket.socket) -> socket.socket:
        """The socket to go on with, blocking or not as before. Raises Failed."""
        if not (self.tunnel or self.context):
            return sock
        sock.settimeout(self.patience)
        try:
            if self.tunnel:
                _grant(sock)
            if self.context:
                sock = self.context.wrap_socket(sock, server_side=True)
        except OSError as error:
            sock.close()
            raise Failed(f"Envoy does not come to its upstream: {error}") from error
        sock.setblocking(False)
        return sock


def _grant(sock: socket.socket) -> None:
    received = b""
    while not received.endswith(_END):
        # Nothing follows it before it is granted.
        more = sock.recv(_LONGEST)
        received += more
        if not more or len(received) > _LONGEST:
            raise ConnectionError("it asks for no tunnel")
    sock.sendall(_GRANTED)


OPEN = Welcome()
