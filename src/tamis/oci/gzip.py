"""gzip (RFC 1952) around our own DEFLATE: one module, one layer digest, whatever the machine.

Reading is strict and bounded: what a registry serves is not trusted.
"""

import struct
import zlib

from tamis.errors import BadInput
from tamis.oci.deflate import deflate

__all__ = ["compress", "decompress"]

#: Deflate, no flags (so no name), mtime 0, no hint about effort, "unknown" operating system.
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_GZIP = 16 + zlib.MAX_WBITS
_ADVICE = "The layer was damaged where it was made or kept: push it again from its source."


def compress(data: bytes) -> bytes:
    """`data` as one gzip member, the same bytes on every machine. Only the CRC comes from zlib."""
    trailer = struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)
    return _HEADER + deflate(data) + trailer


def decompress(data: bytes, limit: int) -> bytes:
    """What gzip `data` (one or more members) holds, at most `limit` bytes.

    Raises BadInput when it is no gzip, ends early, fails its checksum or holds more.
    """
    parts: list[bytes] = []
    room = limit
    rest = data
    while True:
        decoder = zlib.decompressobj(_GZIP)
        try:
            part = decoder.decompress(rest, room + 1)
        except zlib.error as error:
            raise BadInput(f"the layer is not valid gzip: {error}", advice=_ADVICE) from error
        room -= len(part)
        if room < 0:
            raise BadInput(
                f"the layer unpacks to more than {limit >> 20} MiB",
                advice="Consumers refuse or truncate such a module: make it smaller.",
            )
        if not decoder.eof:
            raise BadInput("the layer's gzip data ends early", advice=_ADVICE)
        parts.append(part)
        rest = decoder.unused_data.lstrip(b"\0")
        if not rest:
            return b"".join(parts)
