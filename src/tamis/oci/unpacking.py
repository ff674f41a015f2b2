"""A tar file that may be compressed, read once from front to back, and never more than bearable:
a container image's layer, or an archive of a layout. What a registry serves is not trusted.
"""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from tamis.errors import BadInput

__all__ = ["MOST_AT_ONCE", "members", "opened"]

#: Bytes that may be asked for at a time: a tar header that claims more is there to fill the memory.
MOST_AT_ONCE = 1 << 18
#: Bytes of an unpacked layer; the largest Envoy, with its debug symbols, has half of it.
_LARGEST = 4 << 30
#: What `zstd` itself takes without being told (2^27).
_WINDOW = 1 << 27
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
#: Keys of global headers: nobody needs them.
_GLOBALS = 1000
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
def opened(path: Path, shown: str, *, what: str, advice: str) -> Iterator[tarfile.TarFile]:
    """The tar file at `path`, however it is compressed. `shown`: what errors call it, `what`: what
    it should be ("no layer of a container image"). Raises BadInput, OSError.
    """
    try:
        with _unpacked(path, shown) as stream, tarfile.open(fileobj=stream, mode="r:") as tar:
            yield tar
    except RecursionError as error:  # tarfile follows long names upon long names
        raise BadInput(f"{shown}: its tar headers never end", advice=_ADVICE) from error
    except (tarfile.TarError, ValueError, OverflowError) as error:
        raise BadInput(f"{shown} is no {what}: {error}", advice=advice) from error


def members(tar: tarfile.TarFile, shown: str) -> Iterator[tarfile.TarInfo]:
    """Each entry once; none is kept. Raises BadInput for a hostile one."""
    while (member := tar.next()) is not None:
        tar.members = []  # type: ignore[attr-defined]  # it would keep them all
        if len(tar.pax_headers) > _GLOBALS:
            raise BadInput(f"{shown} has too many global headers", advice=_ADVICE)
        yield member


@contextmanager
def _unpacked(path: Path, shown: str) -> Iterator[_Forward]:
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
