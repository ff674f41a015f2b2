"""Bytes that were made and are to be sent: in memory while they are few, else on disk."""

import hashlib
import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tamis.errors import Missing
from tamis.oci.blobs import InMemory, Reader, Source

__all__ = ["kept"]

#: Bytes that are held in memory; a module's layer is rarely larger.
_FEW = 4 << 20


def kept(content: Iterable[bytes]) -> tuple[str, Source]:
    """The digest of `content`, which is read once, and where it is now.

    A file on disk has no name and goes with the Source. Raises Missing where there is no room.
    """
    digest, held, size = hashlib.sha256(), [], 0
    rest = iter(content)
    for piece in rest:
        digest.update(piece)
        held.append(piece)
        size += len(piece)
        if size > _FEW:
            return _on_disk(digest, held, rest)
    return f"sha256:{digest.hexdigest()}", InMemory(b"".join(held))


def _on_disk(
    digest: "hashlib._Hash", held: list[bytes], rest: Iterator[bytes]
) -> tuple[str, Source]:
    try:
        descriptor, path = tempfile.mkstemp(prefix="tamis-")
        Path(path).unlink()
        file = _Nameless(descriptor)
        while held:
            file.write(held.pop(0))
        for piece in rest:
            digest.update(piece)
            file.write(piece)
    except OSError as error:
        raise Missing(
            f"cannot keep a layer in {tempfile.gettempdir()}: {error.strerror}",
            advice="Make room there, or name another folder by TMPDIR.",
        ) from error
    return f"sha256:{digest.hexdigest()}", file


class _Nameless:
    """A file that nobody else can open; it is closed with this value."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size = 0
        weakref.finalize(self, os.close, descriptor)

    def write(self, piece: bytes) -> None:
        """Append it. Raises OSError."""
        left = memoryview(piece)
        while left:
            count = os.pwrite(self._descriptor, left, self.size)
            self.size += count
            left = left[count:]

    @contextmanager
    def open(self, start: int = 0) -> Iterator[Reader]:
        """The bytes from `start` on; several may read at the same time."""
        yield _At(self, self._descriptor, start)


class _At:
    """A place in the file, which stays open as long."""

    def __init__(self, file: _Nameless, descriptor: int, at: int) -> None:
        self._file = file
        self._descriptor = descriptor
        self._at = at

    def read(self, size: int, /) -> bytes:
        piece = os.pread(self._descriptor, size, self._at)
        self._at += len(piece)
        return piece
