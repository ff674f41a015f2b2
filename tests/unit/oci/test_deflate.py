"""Our own gzip: every decoder reads it, and its bytes never change."""

import hashlib
import zlib

import pytest

from tamis.deflate import STORED_BEYOND, deflate
from tamis.oci.packing import gzip

_NOISE = hashlib.shake_128(b"tamis").digest(80_000)
_WORDS = [_NOISE[at : at + 2 + _NOISE[at] % 10] for at in range(200)]
_TEXT = b"".join(_WORDS[byte % 200] for byte in _NOISE[:40_000])

SAMPLES = {
    "nothing": b"",
    "one byte": b"x",
    "two of a kind": b"aa",
    "shorter than a match": b"abc",
    "overlapping match": b"ab" * 500,
    "longest match": b"z" * 70_000,
    "every byte": bytes(range(256)) * 4,
    "noise": _NOISE,
    "text over several blocks": _TEXT,
    "match at the edge of the window": b"needle!!" + bytes(32768 - 8) + b"needle!!",
    "match beyond the window": b"needle!!" + bytes(32768 - 7) + b"needle!!",
    "lower effort": _TEXT[:100_000] * 3,
    "skewed frequencies": b"".join(bytes([n]) * (1 << n) for n in range(17)),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_zlib_reads_it(name: str) -> None:
    data = SAMPLES[name]
    decoder = zlib.decompressobj(-15)
    assert decoder.decompress(deflate(data)) == data
    assert decoder.eof
    assert decoder.unused_data == b""


def test_it_compresses() -> None:
    assert len(deflate(_TEXT)) < 1.1 * len(zlib.compress(_TEXT, 6))
    assert len(deflate(b"z" * 70_000)) < 100


def test_noise_hardly_grows() -> None:
    assert len(deflate(SAMPLES["noise"])) < 80_000 * 1.01


def test_large_input_travels_in_stored_blocks() -> None:
    data = bytes(STORED_BEYOND + 1)
    packed = deflate(data)
    assert len(packed) > len(data)
    assert zlib.decompress(packed, -15) == data


def test_golden_digest() -> None:
    """The pinned bytes: if this fails, digests of artifacts that users pinned have changed."""
    every = b"".join(b"".join(gzip.compressed([SAMPLES[name]])) for name in sorted(SAMPLES))
    assert hashlib.sha256(every).hexdigest() == GOLDEN


GOLDEN = "6aecd56295fb949f427b86a5c43e80f3ea03952914285b8200f3f216583546bf"
