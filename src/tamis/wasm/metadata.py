"""The payload of the section `tamis.metadata`: JSON text, as a zlib stream (RFC 1950) where that is
smaller. Every proxy keeps a copy of the module, and most of the text is a schema, which packs well.
"""

import zlib

from tamis.deflate import deflate
from tamis.errors import BadInput

__all__ = ["pack", "unpack"]

#: Bytes of the longest text that is packed, and so the most that is ever unpacked.
_MOST = 1 << 20
#: Deflate with a window of 32 KiB; what begins otherwise is plain text, as JSON begins with `{`.
_HEADER = b"\x78\x9c"
_ADVICE = "Build it again: the module was damaged where it was made or kept."


def pack(text: str) -> bytes:
    """`text` as the payload of the section: the same bytes on every machine."""
    plain = text.encode()
    if len(plain) > _MOST:
        return plain
    packed = _HEADER + deflate(plain) + zlib.adler32(plain).to_bytes(4, "big")
    return min(plain, packed, key=len)


def unpack(payload: bytes, where: str) -> bytes:
    """The text, in UTF-8, that `payload` holds; `where` names its place.

    Raises BadInput when it is packed and damaged, or would unpack to more than 1 MiB.
    """
    if payload[:1] != _HEADER[:1]:
        return payload
    decoder = zlib.decompressobj()
    try:
        text = decoder.decompress(payload, _MOST + 1)
    except zlib.error as error:
        raise BadInput(f"{where} cannot be unpacked: {error}", advice=_ADVICE) from error
    if len(text) > _MOST:
        raise BadInput(f"{where} unpacks to more than {_MOST >> 20} MiB", advice=_ADVICE)
    if not decoder.eof or decoder.unused_data:
        raise BadInput(f"{where} does not end where its packed text does", advice=_ADVICE)
    return text
