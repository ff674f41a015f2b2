"""`compress` and `uncompress`: zlib streams.

Envoy's zlib is zlib-ng: a compressed body is the same, byte for byte, only with that.
"""

import zlib

from tamis.host.foreign.answer import Caller, Refused, Status, need

__all__ = ["compress", "uncompress"]

#: More than that ends the guest as running out of memory.
_MOST = 256 << 20


def compress(data: bytes, _: Caller) -> bytes:
    """Raises Missing without zlib-ng."""
    encoder = need("zlib_ng.zlib_ng", "zlib", "compress")
    return bytes(encoder.compress(data))


def uncompress(data: bytes, _: Caller) -> bytes:
    """What follows the stream does not matter; a stream that does not end is refused."""
    decoder = zlib.decompressobj()
    try:
        result = decoder.decompress(data, _MOST)
    except zlib.error:
        raise Refused(Status.SERIALIZATION_FAILURE) from None
    if decoder.unconsumed_tail:
        raise MemoryError
    if not decoder.eof:
        raise Refused(Status.SERIALIZATION_FAILURE)
    return result
