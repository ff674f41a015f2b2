"""gzip as layers have it: written by us, read as Go reads it."""

import gzip as python_gzip
import hashlib
import io
import struct
import zlib

import pytest

from tamis.oci.packing.broken import Broken
from tamis.oci.packing.gunzip import Gunzip
from tamis.oci.packing.gzip import compressed

_NOISE = hashlib.shake_128(b"tamis").digest(80_000)


def made(content: bytes, cut: int = 1 << 20) -> bytes:
    parts = (content[at : at + cut] for at in range(0, len(content), cut))
    return b"".join(compressed(parts))


def read(data: bytes, size: int = 1 << 16) -> tuple[bytes, str]:
    """All that can be read, and why no more can."""
    parts = []
    try:
        reader = Gunzip(io.BytesIO(data))
        while piece := reader.read(size):
            assert len(piece) <= size
            parts.append(piece)
    except Broken as broken:
        return b"".join(parts), broken.words
    return b"".join(parts), ""


def test_header_says_nothing_about_the_machine() -> None:
    assert made(b"x")[:10] == bytes.fromhex("1f8b08000000000000ff")


@pytest.mark.parametrize("cut", [1, 1000, 1 << 20])
def test_same_bytes_however_it_is_cut(cut: int) -> None:
    assert made(_NOISE[:3000] * 3, cut) == made(_NOISE[:3000] * 3)


def test_python_reads_it() -> None:
    assert python_gzip.decompress(made(_NOISE)) == _NOISE


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_reads_what_others_wrote(size: int) -> None:
    content = _NOISE[:5000] + b"text " * 5000
    assert read(python_gzip.compress(content), size) == (content, "")


def test_reads_members_as_one() -> None:
    """More than one piece is fed at a time, and members end anywhere in it."""
    parts = [_NOISE[n : n + n * 37 % 900] for n in range(200)]
    stream = b"".join(map(made, parts)) * 9
    assert len(stream) > 3 * 65536
    assert read(stream) == (b"".join(parts) * 9, "")


def _with(flags: int, fields: bytes) -> bytes:
    plain = made(b"hello")
    return plain[:3] + bytes([flags]) + plain[4:10] + fields + plain[10:]


_HEAD = _with(2, b"")[:10]


@pytest.mark.parametrize(
    "data",
    [
        _with(8, b"name\0"),
        _with(16, b"comment\0"),
        _with(4, b"\3\0abc"),
        _with(4 | 8 | 16, b"\1\0a" + b"n\0c\0"),
        _with(2, struct.pack("<H", zlib.crc32(_HEAD) & 0xFFFF)),
    ],
)
def test_reads_headers_with_more_in_them(data: bytes) -> None:
    assert read(data) == (b"hello", "")


_GOOD = made(b"x" * 90)
_STORED = python_gzip.compress(_NOISE, 0, mtime=0)


@pytest.mark.parametrize(
    ("data", "content", "words"),
    [
        (b"", b"", "EOF"),
        (b"\x1f", b"", "unexpected EOF"),
        (b"not gzip at all", b"", "gzip: invalid header"),
        (_with(2, b"\0\0"), b"", "gzip: invalid header"),
        (_with(8, b"n" * 600 + b"\0"), b"", "gzip: invalid header"),
        (_GOOD[:-9], b"x", "unexpected EOF"),
        (_GOOD[:-1], b"x" * 90, "unexpected EOF"),
        (_GOOD[:-8] + bytes(8), b"x" * 90, "gzip: invalid checksum"),
        (_GOOD[:-1] + b"\1", b"x" * 90, "gzip: invalid checksum"),
        (_GOOD + b"something behind", b"x" * 90, "gzip: invalid header"),
        (_GOOD[:10] + b"\xff" + _GOOD[11:], b"", "flate: corrupt input before offset 1"),
        (_STORED[:40_000], _NOISE[: 40_000 - 15], "unexpected EOF"),
    ],
)  # fmt: skip
def test_gives_what_is_good_and_tells_the_rest(data: bytes, content: bytes, words: str) -> None:
    assert read(data) == (content, words)


def test_what_is_before_a_damage_is_given() -> None:
    """The second block's length is wrong; the first one is whole."""
    second = (
        10 + 5 + 0xFFFF
        if _STORED[11:13] == b"\xff\xff"
        else 10 + 5 + _STORED[11] + 256 * _STORED[12]
    )
    length = second - 15
    damaged = _STORED[: second + 1] + b"\0" + _STORED[second + 2 :]
    assert read(damaged) == (
        _NOISE[:length],
        f"flate: corrupt input before offset {second - 10 + 5}",
    )
