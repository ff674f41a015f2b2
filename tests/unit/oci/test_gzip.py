"""gzip around our own DEFLATE: every decoder reads it; what we read is checked and bounded."""

import gzip as python_gzip
import hashlib
import struct

import pytest

from tamis.errors import BadInput
from tamis.oci import gzip

_NOISE = hashlib.shake_128(b"tamis").digest(80_000)
_WORDS = [_NOISE[at : at + 2 + _NOISE[at] % 10] for at in range(200)]
_TEXT = b"".join(_WORDS[byte % 200] for byte in _NOISE[:40_000])


def test_header_says_nothing_about_the_machine() -> None:
    assert gzip.compress(b"x")[:10] == bytes.fromhex("1f8b08000000000000ff")


def test_python_reads_it() -> None:
    assert python_gzip.decompress(gzip.compress(_TEXT)) == _TEXT


def test_decompress_reads_what_others_wrote() -> None:
    assert gzip.decompress(python_gzip.compress(b"hello"), 5) == b"hello"


def test_decompress_reads_members_and_padding() -> None:
    two = python_gzip.compress(b"one") + python_gzip.compress(b"two") + bytes(512)
    assert gzip.decompress(two, 6) == b"onetwo"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "ends early"),
        (b"not gzip at all", "not valid gzip"),
        (gzip.compress(b"x" * 90)[:-9], "ends early"),
        (gzip.compress(b"x")[:-8] + struct.pack("<II", 1, 1), "not valid gzip"),
        (gzip.compress(bytes(1000)), "more than 0 MiB"),
        (gzip.compress(b"x" * 60) + gzip.compress(b"y" * 60), "more than 0 MiB"),
        (gzip.compress(b"x") + b"trailing", "not valid gzip"),
    ],
)
def test_decompress_refuses(data: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        gzip.decompress(data, 100)


def test_many_members_and_padding_read_as_one() -> None:
    """More than one piece is fed at a time, and members end anywhere in it."""
    parts = [_NOISE[n : n + n * 37 % 900] for n in range(200)]
    stream = b"".join(gzip.compress(part) + bytes(n % 3) for n, part in enumerate(parts)) * 9
    assert len(stream) > 3 * 65536
    whole = b"".join(parts) * 9
    assert gzip.decompress(stream, len(whole)) == whole
    with pytest.raises(BadInput, match="unpacks to more"):
        gzip.decompress(stream, len(whole) - 1)
    with pytest.raises(BadInput, match="ends early"):
        gzip.decompress(stream[:-12], len(whole))
