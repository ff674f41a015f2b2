"""Where the bytes of a blob come from: memory, a file, another store. They can be read again, from
any place on, since an upload that broke begins anew.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tamis.model.artifact import Descriptor
from tamis.model.transfer import Progress, Told

__all__ = [
    "PIECE",
    "InFile",
    "InMemory",
    "Reader",
    "Source",
    "pieces",
    "shown",
    "watched",
    "whole",
    "write",
]

#: Bytes that are held of a blob at a time.
PIECE = 1 << 18


class Reader(Protocol):
    """What `Source.open` gives; `read` returns fewer than `size` bytes only at the end."""

    def read(self, size: int, /) -> bytes:
        """The next bytes; none at the end."""


class Source(Protocol):
    """`size` bytes that stay the same."""

    @property
    def size(self) -> int:
        """In bytes."""

    def open(self, start: int = 0) -> AbstractContextManager[Reader]:
        """The bytes from `start` on."""


@dataclass(frozen=True, slots=True)
class InMemory:
    """Bytes in hand."""

    content: bytes

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.content)

    @contextmanager
    def open(self, start: int = 0) -> Iterator[Reader]:
        """The bytes from `start` on, no copy of them."""
        file = io.BytesIO(self.content)
        file.seek(start)
        yield file


@dataclass(frozen=True, slots=True)
class InFile:
    """A file that nobody changes meanwhile."""

    path: Path

    @property
    def size(self) -> int:
        """In bytes. Raises OSError."""
        return self.path.stat().st_size

    @contextmanager
    def open(self, start: int = 0) -> Iterator[Reader]:
        """The bytes from `start` on. Raises OSError."""
        with self.path.open("rb") as file:
            file.seek(start)
            yield file


@dataclass(frozen=True, slots=True)
class _Watched:
    source: Source
    told: Callable[[int], None]

    @property
    def size(self) -> int:
        return self.source.size

    @contextmanager
    def open(self, start: int = 0) -> Iterator[Reader]:
        with self.source.open(start) as reader:
            yield _Telling(reader, self.told, start)


@dataclass(slots=True)
class _Telling:
    reader: Reader
    told: Callable[[int], None]
    at: int

    def read(self, size: int, /) -> bytes:
        piece = self.reader.read(size)
        self.at += len(piece)
        self.told(self.at)
        return piece


def watched(source: Source, told: Callable[[int], None]) -> Source:
    """`source`, which tells how many bytes were read of it, from its start; it may go back."""
    return _Watched(source, told)


def shown(blob: Descriptor, source: Source, told: Told) -> Source:
    """The bytes of `blob`, of which it is told how far they are read."""
    return watched(source, lambda done: told(Progress(blob.digest, done, blob.size)))


def pieces(source: Source) -> Iterator[bytes]:
    """All of it, a piece at a time."""
    with source.open() as reader:
        while piece := reader.read(PIECE):
            yield piece


def whole(source: Source) -> bytes:
    """All of it at once: for what is known to be small."""
    return b"".join(pieces(source))


def write(source: Source, path: Path) -> None:
    """All of it into the file `path`, a piece at a time. Raises OSError, what `source` raises."""
    with path.open("wb") as file:
        for piece in pieces(source):
            file.write(piece)
