"""Plain TCP ends of a connection, moved along by hand."""

import socket

from tamis.envoy.wire.opening import Opening
from tamis.envoy.wire.welcome import Welcome

__all__ = ["Door", "End"]

_HERE = "127.0.0.1"
_READ = 262_144


class End:
    """Our end of one connection. `ended`: the other side has ended its direction."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = sock
        self._out = bytearray()
        self._ending = False
        self.received = bytearray()
        self.ended = False
        self.closed = False

    @classmethod
    def connect(cls, port: int, opening: Opening) -> "End":
        """To a port of this machine. Raises Failed when nobody lets it in, OSError."""
        return cls(opening.begin(socket.create_connection((_HERE, port))))

    def send(self, data: bytes) -> None:
        """Send when there is room."""
        self._out += data

    def end(self) -> None:
        """Half-close behind what is to be sent."""
        self._ending = True

    def close(self) -> None:
        """Close both directions. Idempotent."""
        self.closed = True
        self._sock.close()

    def move(self) -> bool:
        """Write and read what can be; whether anything moved."""
        return not self.closed and (self._write() | self._read())

    def _write(self) -> bool:
        try:
            sent = self._sock.send(self._out) if self._out else 0
        except BlockingIOError:
            return False
        except OSError:
            self._out.clear()  # nobody reads it
            return False
        del self._out[:sent]
        if self._ending and not self._out:
            self._ending = False
            try:
                self._sock.shutdown(socket.SHUT_WR)
            except OSError:
                return False
            return True
        return sent > 0

    def _read(self) -> bool:
        if self.ended:
            return False
        try:
            data = self._sock.recv(_READ)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        self.received += data
        self.ended = not data
        return True


class Door:
    """Where an upstream is reached, on a free port of this machine, through `welcome`."""

    def __init__(self, welcome: Welcome) -> None:
        self._admits = welcome
        self._sock = socket.create_server((_HERE, 0))
        self._sock.setblocking(False)

    @property
    def port(self) -> int:
        """Its port."""
        port: int = self._sock.getsockname()[1]
        return port

    def accept(self) -> End | None:
        """The next connection, if one is there. Raises Failed."""
        try:
            sock, _ = self._sock.accept()
        except BlockingIOError:
            return None
        return End(self._admits.admit(sock))

    def close(self) -> None:
        """Nobody is let in any more."""
        self._sock.close()
