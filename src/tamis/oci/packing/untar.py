"""A tar archive read as Go reads it, which every puller is made of: forwards, in bounded memory.

Pullers take the first entry whose base name is `plugin.wasm`, in any folder and of whatever kind.
Source of facts: Go's archive/tar, reader.go; Istio's pkg/wasm, imagefetcher.go.
"""

from dataclasses import dataclass
from typing import Protocol

from tamis.oci.blobs import PIECE
from tamis.oci.packing.broken import EARLY, Broken
from tamis.oci.packing.headers import BLOCK, INVALID, Header, header, merged, records
from tamis.oci.packing.tar import PLUGIN

__all__ = ["Entry", "Untar"]

#: Entries of these types have no content, whatever size they claim: links, devices, folders, pipes.
_EMPTY = frozenset(b"123456")
#: Bytes of a long name or of pax records.
_LONGEST = 1 << 20
#: Go cannot make room for an entry of more bytes, and panics.
_MOST_ROOM = 1 << 48


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the archive. `size`: what it claims; `plain`: it is a file that is there.

    `sparse`: it has holes, which are left out of what can be read.
    """

    name: str
    size: int
    plain: bool
    sparse: bool = False


class Untar:
    """The entries of `stream`, of which pullers read `limit` bytes at most: there it ends."""

    def __init__(self, stream: _Stream, limit: int) -> None:
        self._stream = stream
        self._room = limit
        self._left = self._padding = 0

    def plugin(self) -> Entry | None:
        """Go to the first plugin.wasm, which `read` then reads; None: there is none. Raises Broken,
        and what the stream raises.
        """
        while entry := self._next():
            if entry.size > _MOST_ROOM:
                raise Broken("panic: runtime error: makeslice: len out of range")
            if entry.name.rstrip("/").rpartition("/")[2] == PLUGIN:
                return entry
        return None

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes of this entry; none at its end. Raises Broken if it ends early."""
        piece = self._more(min(size, self._left))
        if not piece and self._left and size:
            raise Broken(EARLY)
        self._left -= len(piece)
        return piece

    def _next(self) -> Entry | None:
        pax: dict[bytes, bytes] = {}
        long_name = b""
        while True:
            self._leave()
            block = self._block()
            if block is None:
                return None
            known = header(block)
            self._begin(known)
            if known.kind in {b"x", b"g"}:
                pax = records(self._special())
                if known.kind == b"g":
                    return _entry(Header(merged(known, pax).name, known.kind, 0))
            elif known.kind == b"L":
                long_name = self._special().partition(b"\0")[0]
            elif known.kind == b"K":
                self._special()
            else:
                known = merged(known, pax)
                known = Header(long_name or known.name, known.kind, known.size, known.sparse)
                self._begin(known)
                self._skip_sparse_maps(block)
                return _entry(known)

    def _leave(self) -> None:
        """Go behind the entry. A missing padding is the end of the archive, and told as that."""
        while self.read(PIECE):
            pass
        self._full(self._padding)

    def _begin(self, known: Header) -> None:
        self._left = 0 if known.kind[0] in _EMPTY else known.size
        if self._left < 0:
            raise Broken(INVALID)
        self._padding = -self._left % BLOCK

    def _block(self) -> bytes | None:
        """The next header; None at the end, which two blocks of zeros are."""
        block = self._whole()
        if block and not any(block):
            block = self._whole()
            if block and any(block):
                raise Broken(INVALID)
            return None
        return block or None

    def _whole(self) -> bytes:
        block = self._full(BLOCK)
        if 0 < len(block) < BLOCK:
            raise Broken(EARLY)
        return block

    def _special(self) -> bytes:
        """The content of an entry that is about the next one."""
        if self._left > _LONGEST:
            raise Broken("archive/tar: header field too long")
        parts = []
        while piece := self.read(PIECE):
            parts.append(piece)
        return b"".join(parts)

    def _skip_sparse_maps(self, block: bytes) -> None:
        """Where the holes of GNU's sparse files are is told in blocks of its own."""
        extended = block[156:157] == b"S" and block[482]
        while extended:
            more = self._full(BLOCK)
            if len(more) < BLOCK:
                raise Broken(EARLY)
            extended = more[504]

    def _full(self, size: int) -> bytes:
        """`size` bytes of the archive; fewer at its end."""
        parts = []
        while size and (piece := self._more(size)):
            parts.append(piece)
            size -= len(piece)
        return b"".join(parts)

    def _more(self, size: int) -> bytes:
        piece = self._stream.read(min(size, self._room)) if min(size, self._room) else b""
        self._room -= len(piece)
        return piece


def _entry(known: Header) -> Entry:
    name = known.name.decode("utf-8", "backslashreplace")
    plain = known.kind[0] not in _EMPTY and known.kind != b"g" and not known.sparse
    return Entry(name, known.size, plain, known.sparse)
