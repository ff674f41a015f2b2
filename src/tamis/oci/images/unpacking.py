"""A layer's bytes, decompressed as they are read, forwards only, and never more than bearable."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from tamis.errors import BadInput

__all__ = ["MOST_AT_ONCE", "unpacked"]

#: Bytes that may be asked for at a time: a tar header that claims more is there to fill the memory.
MOST_AT_ONCE = 1 << 18
#: Bytes of an unpacked layer; the largest Envoy, with its debug symbols, has half of it.
_LARGEST = 4 << 30
#: What `zstd` itself takes without being told (2^27).
_WINDOW = 1 << 27
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_ADVICE = "Do not use this image, or push it again from its source."


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Forward(io.RawIOBase):
    """A file for `tarfile`: it tells where it is, and goes forward."""

    def __init__(self, source: _Source, shown: str) -> None:
        super().__init__()
        self._source = source
        self._shown = shown
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, to: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET or to < self._at:
            raise BadInput(f"{self._shown}: its tar headers lead backwards", advice=_ADVICE)
        while self._at < to and self.read(min(to - self._at, MOST_AT_ONCE)):
            pass
        return self._at

    def read(self, size: int = -1) -> bytes:
        """All of `size`, unless the layer ends."""
        if not 0 <= size <= MOST_AT_ONCE:
            raise BadInput(f"{self._shown} has a tar header of {size} bytes", advice=_ADVICE)
        parts: list[bytes] = []
        while size and (part := self._more(size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _more(self, size: int) -> bytes:
        part = self._source.read(size)
        self._at += len(part)
        if self._at > _LARGEST:
            raise BadInput(
                f"{self._shown} unpacks to more than {_LARGEST >> 30} GiB", advice=_ADVICE
            )
        return part


@contextmanager
def unpacked(path: Path, shown: str) -> Iterator[_Forward]:
    """The bytes in the file `path`, whose own first bytes say how they are packed: media types do
    not always. Raises BadInput for what is damaged, OSError.
    """
    import zstandard  # only for images

    with path.open("rb") as file, ExitStack() as opened:
        head = file.read(4)
        file.seek(0)
        source: _Source = file
        if head.startswith(_GZIP):
            source = opened.enter_context(gzip.GzipFile(fileobj=file))
        elif head == _ZSTD:
            unpacker = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
            reader = unpacker.stream_reader(file, read_across_frames=True, closefd=False)
            source = opened.enter_context(reader)
        try:
            yield _Forward(source, shown)
        except (gzip.BadGzipFile, EOFError, zlib.error, zstandard.ZstdError) as error:
            raise BadInput(f"{shown} is damaged: {error}", advice=_ADVICE) from error
