"""A blob out of a registry: resumed where it broke off, never more of it than it has.

Registries and the stores behind them answer 200 to a Range, cut bodies short, lie about lengths.
What comes is counted here and verified by who reads it to its end.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tamis.errors import Rejected
from tamis.model.artifact import Descriptor
from tamis.oci.blobs import PIECE, Reader
from tamis.oci.digests import Verified
from tamis.oci.registry.answers import Answer, Broken
from tamis.oci.registry.client import Client
from tamis.oci.registry.wire import Dropped

__all__ = ["RemoteBlob"]


@dataclass(frozen=True, slots=True)
class RemoteBlob:
    """A blob as a source. From its start it is verified; from further on it is a part."""

    client: Client
    descriptor: Descriptor

    @property
    def size(self) -> int:
        """In bytes, as the descriptor has it."""
        return self.descriptor.size

    @contextmanager
    def open(self, start: int = 0) -> Iterator[Reader]:
        """The bytes from `start` on. Raises BadInput when it is not there; reading raises Dropped
        when it breaks off for good, Rejected when it is not what it should be.
        """
        known = self.descriptor
        download = _Download(self.client, known, start)
        try:
            if start:
                yield download
            else:
                where = f"{self.client.name}, blob {known.digest}"
                yield Verified(download, known.digest, known.size, where)
        finally:
            download.close()


class _Download:
    """Reads on over any number of connections; each must bring something."""

    def __init__(self, client: Client, descriptor: Descriptor, start: int) -> None:
        self._client = client
        self._known = descriptor
        self._at = start
        self._answer: Answer | None = None
        self._ranges = True
        self._failures = 0
        self._since = 0
        if start < descriptor.size:
            self._answer = self._open()

    def close(self) -> None:
        if self._answer is not None:
            self._answer.close()
            self._answer = None

    def read(self, size: int, /) -> bytes:
        """`size` bytes, fewer at the end only."""
        found: list[bytes] = []
        while size and (piece := self._piece(size)):
            found.append(piece)
            size -= len(piece)
        return found[0] if len(found) == 1 else b"".join(found)

    def _piece(self, size: int) -> bytes:
        left = self._known.size - self._at
        while left:
            try:
                if self._answer is None:
                    self._answer = self._open()
                piece = self._answer.more(min(size, left))
            except Broken as error:
                self._broke(self._client.wire.dropped(error))
            else:
                self._at += len(piece)
                self._since += len(piece)
                if len(piece) == left:
                    self._end()
                return piece
        return b""

    def _broke(self, error: Dropped) -> None:
        """Wait, unless it has broken off too often without bringing much."""
        self.close()
        if self._since >= PIECE:
            self._failures = 0
        self._since = 0
        patience = self._client.wire.patience
        delay = patience.delay(self._failures)
        self._failures += 1
        if self._failures >= patience.tries:
            raise error
        patience.pause(delay)

    def _end(self) -> None:
        """All is there. Whatever follows makes it something else."""
        assert self._answer is not None
        try:
            more = self._answer.announced or self._answer.read(1)
        except Broken:
            more = 0
        self.close()
        if more:
            raise self._longer()

    def _open(self) -> Answer:
        """A connection that gives the bytes from `_at` on. Raises Broken, BadInput, ..."""
        start = self._at if self._ranges else 0
        answer = self._client.blob("GET", self._known.digest, start)
        if answer.status == 206 and _begins_at(answer, start):
            return answer
        if answer.status in {206, 416} and start:
            # It cannot do ranges right: read it from its beginning instead.
            answer.close()
            self._ranges = False
            return self._open()
        if answer.status != 200:
            raise self._client.refused(answer, "pull from", f"blob {self._known.digest}")
        if (answer.announced or 0) > self._known.size:
            answer.close()
            raise self._longer()
        return self._skipped(answer)

    def _skipped(self, answer: Answer) -> Answer:
        """A 200 begins at the beginning, whatever was asked for."""
        left = self._at
        try:
            while left:
                left -= len(answer.more(min(PIECE, left)))
        except BaseException:
            answer.close()
            raise
        return answer

    def _longer(self) -> Rejected:
        known = self._known
        return Rejected(
            f"{self._client.host} sends more than the {known.size} bytes that blob {known.digest}"
            " has",
            advice="Do not use it: it is not what its manifest describes.",
        )


def _begins_at(answer: Answer, start: int) -> bool:
    told = answer.headers.get("Content-Range", "")
    return told.startswith(f"bytes {start}-")
