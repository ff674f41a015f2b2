"""How a client of ours begins a connection: a PROXY header, then TLS, as a fixture needs them."""

import contextlib
import errno
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

__all__ = ["PLAIN", "Failed", "Opening", "Secured"]


class Failed(Exception):
    """Envoy did not let the client in; the text says how."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What comes before the first byte of a connection. `patience` in seconds, of the handshake."""

    header: bytes = b""
    context: ssl.SSLContext | None = None
    server_name: str = ""
    patience: float = 15.0

    def begin(self, sock: socket.socket) -> socket.socket:
        """The socket to go on with. Raises Failed."""
        try:
            if self.header:
                sock.sendall(self.header)
            if self.context is None:
                return sock
            sock.settimeout(self.patience)
            return self.context.wrap_socket(sock, server_hostname=self.server_name or None)
        except OSError as error:
            sock.close()
            raise Failed(f"Envoy lets no client in: {error}") from error


class Secured(ssl.SSLSocket):
    """A socket under TLS that says of itself what a plain one says."""

    _ended = False

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Raises BlockingIOError while nothing is there."""
        try:
            return super().recv(buflen, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
            raise BlockingIOError from error

    def send(self, data: "Buffer", flags: int = 0) -> int:
        """Raises BlockingIOError while there is no room."""
        try:
            return super().send(data, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
            raise BlockingIOError from error

    def shutdown(self, how: int) -> None:
        """The end of our direction, which TLS announces, once. Raises OSError."""
        if how != socket.SHUT_WR:
            super().shutdown(how)
            return
        if self._ended:
            raise OSError(errno.ENOTCONN, "it has ended")
        self._ended = True
        # The other side's end is still to come, and so may its data.
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            self.unwrap()


PLAIN = Opening()
