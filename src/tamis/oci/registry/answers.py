"""What a server answers, and how a connection ends that gives no answer."""

import http.client
from collections.abc import Callable
from typing import Self

from tamis.oci.blobs import PIECE

__all__ = ["Answer", "Broken", "reason"]

#: Of a body that nobody wants to read: so much is read to keep the connection.
_LEAVINGS = 1 << 16
_ENDED = "the connection was closed before the answer was complete"


class Broken(Exception):
    """The connection could not be made, or ended or fell silent too early; says why. `proxy`: where
    the one listens that did not lead there; `final`: it will not, however often it is asked.
    """

    def __init__(self, why: str, proxy: str = "", *, final: bool = False) -> None:
        super().__init__(why)
        self.proxy = proxy
        self.final = final


class Answer:
    """Status, headers, and a body that is read as it comes, never decoded.

    A context manager: leaving it gives the connection back, or closes it when the body was not
    read to its end.
    """

    def __init__(
        self, method: str, url: str, raw: http.client.HTTPResponse, release: Callable[[bool], None]
    ) -> None:
        self.method = method
        self.url = url
        self.status = raw.status
        self.reason = raw.reason
        self.headers = raw.headers
        self._raw = raw
        self._release = release
        self._closed = False

    @property
    def announced(self) -> int | None:
        """Bytes that are still to come, as far as the server said."""
        return self._raw.length

    def every(self, name: str) -> str:
        """A header that may come several times, as one list."""
        return ", ".join(self._raw.headers.get_all(name, []))

    def read(self, size: int = PIECE, /) -> bytes:
        """The next bytes, none at the end. Raises Broken when that comes too early."""
        try:
            piece = self._raw.read(size)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._abandon()
            raise Broken(reason(error, "it sends next to nothing")) from error
        if not piece and size and self._raw.length and self.method != "HEAD":
            self._abandon()
            raise Broken(_ENDED)
        return piece

    def more(self, size: int) -> bytes:
        """The next bytes, at least one. Raises Broken, at the end too."""
        if piece := self.read(size):
            return piece
        raise Broken(_ENDED)

    def content(self, limit: int) -> bytes:
        """The body, as far as `limit` bytes and one. Raises Broken."""
        found, left = [], limit + 1
        while left and (piece := self.read(min(PIECE, left))):
            found.append(piece)
            left -= len(piece)
        return b"".join(found)

    def close(self) -> None:
        """Be done with it; a short rest is read so that the connection can be used again."""
        if self._closed:
            return
        self._closed = True
        rest = self._raw.length
        try:
            if rest is not None and rest <= _LEAVINGS:
                self._raw.read(rest)
            elif rest is None and self._raw.chunked and not self._raw.isclosed():
                self._raw.read(_LEAVINGS)
        except (OSError, http.client.HTTPException, ValueError):
            self._release(False)
        else:
            self._release(self._raw.isclosed() and not self._raw.will_close)

    def _abandon(self) -> None:
        self._closed = True
        self._release(False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def reason(error: BaseException, silence: str) -> str:
    """In words; `silence` for one that came to no end."""
    if isinstance(error, TimeoutError):
        return silence
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return _ENDED
