"""gzip (RFC 1952) around our own DEFLATE: one module, one layer digest, whatever the machine.

Reading is strict and bounded: what a registry serves is not trusted.
"""

import struct
import zlib

from tamis.deflate import deflate
from tamis.errors import BadInput

__all__ = ["compress", "decompress"]

#: Deflate, no flags (so no name), mtime 0, no hint about effort, "unknown" operating system.
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_GZIP = 16 + zlib.MAX_WBITS
#: Bytes fed at a time. What follows a member is copied by zlib: a layer of many empty members, each
#: followed by all the rest, would take hours.
_PIECE = 1 << 16
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
    decoder = None
    for start in range(0, len(data), _PIECE):
        rest = data[start : start + _PIECE]
        while rest:
            if decoder is None:
                if parts and not (rest := rest.lstrip(b"\0")):  # padding between members
                    break
                decoder = zlib.decompressobj(_GZIP)
            part = _more(decoder, rest, room + 1)
            parts.append(part)
            room -= len(part)
            if room < 0:
                raise BadInput(
                    f"the layer unpacks to more than {limit >> 20} MiB",
                    advice="Consumers refuse or truncate such a module: make it smaller.",
                )
            rest = decoder.unused_data
            if decoder.eof:
                decoder = None
    if decoder or not parts:
        raise BadInput("the layer's gzip data ends early", advice=_ADVICE)
    return b"".join(parts)


def _more(decoder: "zlib._Decompress", piece: bytes, most: int) -> bytes:
    try:
        return decoder.decompress(piece, most)
    except zlib.error as error:
        raise BadInput(f"the layer is not valid gzip: {error}", advice=_ADVICE) from error
