"""Sockets as http.client uses them, that give up on who sends next to nothing."""

import io
import socket
import time

from tamis.oci.registry.patience import Patience

__all__ = ["Line", "Paced"]

_BUFFER = 1 << 16


class Line:
    """A socket as http.client uses it, that gives up on who sends next to nothing."""

    def __init__(self, line: socket.socket, patience: Patience) -> None:
        self._line = line
        self._patience = patience

    def fileno(self) -> int:
        """For `select`."""
        return self._line.fileno()

    def sendall(self, content: bytes) -> None:
        """All of it, within `read` seconds. Raises TimeoutError, OSError."""
        self._line.settimeout(self._patience.read)
        self._line.sendall(content)

    def makefile(self, *_: object) -> io.BufferedReader:
        """What an answer is read from."""
        return io.BufferedReader(Paced(self._line, self._patience), _BUFFER)

    def close(self) -> None:
        """Once the answer that is being read is closed, too."""
        self._line.close()


class Paced(io.RawIOBase):
    """Reads from a socket; raises TimeoutError when `crawl` bytes take longer than `read`.

    Only the time within a read counts: who is slow to ask for more is not the server.
    """

    def __init__(self, line: socket.socket, patience: Patience) -> None:
        self._line = line
        self._patience = patience
        self._file = line.makefile("rb", buffering=0)  # keeps the socket open for what is unread
        self._waited = 0.0
        self._got = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def begin(self) -> None:
        """The head is there: the body has all the time again."""
        self._waited, self._got = 0.0, 0

    def readinto(self, buffer: memoryview, /) -> int | None:  # type: ignore[override]
        """Some bytes, none at the end. Raises TimeoutError, OSError."""
        left = self._patience.read - self._waited
        if left <= 0:
            if self._got < self._patience.crawl:
                raise TimeoutError
            self.begin()
            left = self._patience.read
        self._line.settimeout(left)
        start = time.monotonic()
        count = self._file.readinto(buffer) or 0
        self._waited += time.monotonic() - start
        self._got += count
        return count

    def close(self) -> None:
        """Let go of the socket."""
        self._file.close()
        super().close()
