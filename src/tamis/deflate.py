"""DEFLATE (RFC 1951) of our own: the same bytes in, the same bytes out, on every machine.

zlib, zlib-ng and their versions compress the same input to different bytes, and Python links
whichever it finds. This encoder is native (`src/native/deflate.h`); it needs no wasmtime.
"""

from tamis import _core

__all__ = ["Encoder", "deflate"]

#: One stream, piece by piece, in a few MiB whatever passes. `update(data)` takes bytes of any size
#: and returns what is ready of the stream, often nothing; `finish()` returns the rest. However the
#: input is cut, the stream is the same. Both work without the GIL. Used by one thread at a time:
#: they raise RuntimeError for a second one, and once the stream is finished.
Encoder = _core.Deflate


def deflate(data: bytes) -> bytes:
    """`data` as one DEFLATE stream: the same bytes in, the same bytes out, everywhere."""
    encoder = Encoder()
    return encoder.update(data) + encoder.finish()
