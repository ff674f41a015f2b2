"""What both protocols share: a non-blocking socket, what waits to be written, its end."""

import socket
from abc import ABC, abstractmethod

from tamis.envoy.wire.events import Closed, Event

__all__ = ["Connection"]

_READ = 262_144


class Connection(ABC):
    """One connection over a connected, non-blocking socket; `flush` and `receive` never block.

    `max_frame`: bytes of one piece of a body. `ready`: the other side said what a message needs.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._out = bytearray()
        self.closed = False
        self.ready = True
        self.max_frame = 2**31

    def fileno(self) -> int:
        """For selectors."""
        return self._sock.fileno()

    def close(self) -> None:
        """Drop the connection."""
        self.closed = True
        self._sock.close()

    def flush(self) -> None:
        """Write as much as the socket takes."""
        try:
            while self._out and not self.closed:
                del self._out[: self._sock.send(self._out)]
        except BlockingIOError:
            return
        except OSError:
            self._out.clear()  # what the other side still had to say can be read until its end

    @property
    def pending(self) -> bool:
        """Whether bytes still wait for the socket."""
        return bool(self._out) and not self.closed

    def receive(self) -> list[Event]:
        """Everything that arrived since."""
        events: list[Event] = []
        while not self.closed:
            try:
                data = self._sock.recv(_READ)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            events += self._parse(data)
            if not data:
                self.close()
                events.append(Closed())
        self.flush()
        return events

    @abstractmethod
    def _parse(self, data: bytes) -> list[Event]:
        """The events that `data` completes; empty `data`: the other side has closed."""
