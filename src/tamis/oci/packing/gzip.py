"""gzip (RFC 1952) around our own DEFLATE: one module, one layer digest, whatever the machine."""

import struct
import zlib
from collections.abc import Iterable, Iterator

from tamis.deflate import Encoder

__all__ = ["compressed"]

#: Deflate, no flags (so no name), mtime 0, no hint about effort, "unknown" operating system.
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


def compressed(content: Iterable[bytes]) -> Iterator[bytes]:
    """One gzip member, piece by piece; the same bytes however `content` is cut. Only the CRC comes
    from zlib.
    """
    encoder, checksum, size = Encoder(), 0, 0
    yield _HEADER
    for piece in content:
        checksum = zlib.crc32(piece, checksum)
        size += len(piece)
        if ready := encoder.update(piece):
            yield ready
    yield encoder.finish()
    yield struct.pack("<II", checksum, size & 0xFFFFFFFF)
