"""Digests, and the proof that bytes have the one they should have."""

import hashlib
import re

from tamis.errors import Rejected
from tamis.oci.blobs import PIECE, Reader

__all__ = ["Verified", "digest_of", "is_digest", "verify"]

_DIGEST = re.compile(r"sha256:[a-f0-9]{64}\Z")


def digest_of(content: bytes) -> str:
    """`sha256:` and the hexadecimal digest."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def is_digest(text: str) -> bool:
    """Whether `text` is written as `digest_of` does it."""
    return bool(_DIGEST.match(text))


def verify(content: bytes, digest: str, where: str) -> bytes:
    """`content` itself if it has this digest. Raises Rejected, which names both."""
    _same(digest_of(content), digest, where)
    return content


class Verified:
    """`reader`, whose last read raises Rejected unless it gave `size` bytes with this digest."""

    def __init__(self, reader: Reader, digest: str, size: int, where: str) -> None:
        self._reader = reader
        self._digest = digest
        self._left = size
        self._where = where
        self._sum = hashlib.sha256()

    def read(self, size: int = PIECE, /) -> bytes:
        """The next bytes; b"" when there are no more and they were the right ones."""
        piece = self._reader.read(size)
        self._sum.update(piece)
        self._left -= len(piece)
        if self._left < 0 or (size and not piece and self._left):
            short = "fewer" if self._left > 0 else "more"
            raise Rejected(
                f"{self._where}: the content has {short} bytes than its descriptor says",
                advice="Do not use it: it was changed or damaged on its way or where it is kept.",
            )
        if not self._left:
            _same(f"sha256:{self._sum.hexdigest()}", self._digest, self._where)
        return piece


def _same(found: str, digest: str, where: str) -> None:
    if found != digest:
        raise Rejected(
            f"{where}: the content has digest {found}, not {digest}",
            advice="Do not use it: it was changed or damaged on its way or where it is kept.",
        )
