"""gzip read as Go reads it, which every puller is made of: forwards, and what was good before a
damage is given before the damage is told.

Sources of facts: Go's compress/gzip and compress/flate; RFC 1952.
"""

import struct
import zlib

from tamis.oci.blobs import Reader
from tamis.oci.packing.broken import EARLY, NO_GZIP, Broken

__all__ = ["Gunzip"]

#: Bytes fed at a time. What follows a member is copied by zlib: a layer of many empty members, each
#: followed by all the rest, would take hours.
_PIECE = 1 << 16
_CRC, _EXTRA, _NAME, _COMMENT = 2, 4, 8, 16
#: Bytes of a name in a header, as Go has it.
_LONGEST_NAME = 512


class Gunzip:
    """What the gzip members of `reader` hold. Making one reads the first header; it and `read`
    raise Broken, in Go's words ("EOF" for no header at all), and what `reader` raises.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._input = b""
        self._ready = b""
        self._broken = ""
        self._ended = False
        if not self._begin():
            raise Broken("EOF")

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, fewer at will; none at the end of the last member."""
        while not self._ready and not self._ended:
            if self._broken:
                raise Broken(self._broken)
            if self._decoder.eof:
                self._ended = not self._next()
            else:
                self._inflate(size)
        piece, self._ready = self._ready[:size], self._ready[size:]
        return piece

    def _begin(self) -> bool:
        """Read a member's header; False: there is no more."""
        head = self._take(10)
        if not head:
            return False
        if len(head) < 10:
            raise Broken(EARLY)
        if not head.startswith(b"\x1f\x8b\x08"):
            raise Broken(NO_GZIP)
        flags = head[3]
        if flags & _EXTRA:
            length = self._exactly(2)
            head += length + self._exactly(int.from_bytes(length, "little"))
        for flag in (_NAME, _COMMENT):
            if flags & flag:
                head += self._text()
        if flags & _CRC and int.from_bytes(self._exactly(2), "little") != zlib.crc32(head) & 0xFFFF:
            raise Broken(NO_GZIP)
        self._decoder = zlib.decompressobj(-zlib.MAX_WBITS)
        self._consumed = self._checksum = self._size = 0
        return True

    def _next(self) -> bool:
        """Leave a member that has ended for the next; False: there is none."""
        self._input = self._decoder.unused_data
        end = self._exactly(8)
        if struct.unpack("<II", end) != (self._checksum, self._size & 0xFFFFFFFF):
            raise Broken("gzip: invalid checksum")
        return self._begin()

    def _inflate(self, size: int) -> None:
        self._input = self._input or self._reader.read(_PIECE)
        before, fed = self._decoder.copy(), self._input
        try:
            made = self._decoder.decompress(fed, size)
        except zlib.error:
            made = self._up_to_the_damage(before, fed)
        else:
            self._input = self._decoder.unconsumed_tail
            if not fed and not made and not self._decoder.eof:
                self._broken = EARLY
            used = len(fed) - len(self._input) - len(self._decoder.unused_data)
            self._consumed += used
        self._checksum = zlib.crc32(made, self._checksum)
        self._size += len(made)
        self._ready = made

    def _up_to_the_damage(self, decoder: "zlib._Decompress", fed: bytes) -> bytes:
        """What can be had of `fed`, byte by byte as Go reads; its place is what Go tells."""
        made, count = [], 0
        try:
            for count in range(1, len(fed) + 1):
                made.append(decoder.decompress(fed[count - 1 : count]))
        except zlib.error:
            self._broken = f"flate: corrupt input before offset {self._consumed + count}"
        return b"".join(made)

    def _take(self, size: int) -> bytes:
        """The next `size` bytes of the input; fewer at its end."""
        while len(self._input) < size and (more := self._reader.read(_PIECE)):
            self._input += more
        taken, self._input = self._input[:size], self._input[size:]
        return taken

    def _exactly(self, size: int) -> bytes:
        taken = self._take(size)
        if len(taken) < size:
            raise Broken(EARLY)
        return taken

    def _text(self) -> bytes:
        """A text in the header, with the zero that ends it."""
        text = b""
        while not text.endswith(b"\0"):
            if len(text) == _LONGEST_NAME:
                raise Broken(NO_GZIP)
            text += self._exactly(1)
        return text
