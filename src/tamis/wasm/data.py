"""The data section without what memory is anyway.

Linkers write tables of nulls and paddings out, and a segment for each kind of data.
"""

import re

from tamis.wasm.cursor import Cursor
from tamis.wasm.leb128 import signed, unsigned

__all__ = ["without_zeros"]

#: What one more segment costs, in bytes: flags, i32.const, an address, end, a size. Fewer zeros are
#: cheaper than that.
_SEAM = 7
_PIECE = re.compile(rb"[^\0]+(?:\0{1,%d}[^\0]+)*" % _SEAM)
_ACTIVE, _I32_CONST, _END = 0, 0x41, 0x0B
#: (address, bytes)
Segment = tuple[int, bytes]


def without_zeros(payload: bytes) -> bytes:
    """The data section `payload`, written anew for a memory that is zero.

    As it is unless its segments are all for memory 0, at fixed places, in order and apart: else one
    may be asked for by its number, or overwrite another. Raises BadInput.
    """
    segments = _segments(Cursor(payload))
    if segments is None:
        return payload
    pieces = [
        (address + found.start(), found[0])
        for address, data in _joined(segments)
        for found in _PIECE.finditer(data)
    ]
    return unsigned(len(pieces)) + b"".join(
        bytes((_ACTIVE, _I32_CONST)) + signed(address) + bytes((_END,)) + unsigned(len(data)) + data
        for address, data in pieces
    )


def _segments(at: Cursor) -> list[Segment] | None:
    """None when they are not all plain ones that follow each other."""
    segments = []
    end = 0
    for _ in range(at.count()):
        if at.unsigned() != _ACTIVE or at.byte() != _I32_CONST:
            return None
        address = at.signed()
        if at.byte() != _END or address < end:
            return None
        data = at.take(at.unsigned())
        segments.append((address, data))
        end = address + len(data)
    return segments


def _joined(segments: list[Segment]) -> list[Segment]:
    """Those with little between them as one."""
    joined: list[Segment] = []
    for address, data in segments:
        if joined:
            start, before = joined[-1]
            gap = address - start - len(before)
            if gap <= _SEAM:
                joined[-1] = (start, before + bytes(gap) + data)
                continue
        joined.append((address, data))
    return joined
