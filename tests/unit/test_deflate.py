"""Our own DEFLATE: every decoder reads it, and its bytes never change."""

import hashlib
import subprocess
import sys
import threading
import zlib

import pytest

from tamis.deflate import Encoder, deflate
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
#: The pinned bytes: if these fail, digests of artifacts that users pinned have changed. They are
#: those of the first encoder, which was plain Python.
GOLDEN = "6aecd56295fb949f427b86a5c43e80f3ea03952914285b8200f3f216583546bf"
#: By size, around those that decide how hard it looks for matches, and what it holds at a time.
GOLDEN_OF_SIZES = {
    262_143: "f5acad935be86f1a2028844cb5241a6a031424510f881a0f017d90f287616ea0",
    262_144: "bdd71d002b802d21c47f8c70064f0dec073c1aca1b67ef8553277f064366d94d",
    262_145: "8d9f3dc3593a6a20be61b73e0051e8224fca8a6e1b661441124c26c22ca27f39",
    4_194_304: "cb2215c7f6b030640281f51c0eb13e07d1f61d08173a2001add30d1957d4910f",
    4_194_305: "5e5007417b0bdcffb636bae1732228f55c3da38e55a0cd3bec3b95d9b715a58b",
    4_259_840: "7b4da7d39dec7673a980fc7536935acb1e210ad0f21e741299c6131119cb0c0c",
    4_259_841: "d66c01bdf5f93405450f97fc16b7d23bace9213df2a723fd5c0488299ba6bf41",
    12_000_000: "5f2aa0b694d151dc4b6203ec343977e639fdc701bc1af21f05ee0b173caf577c",
}


def _of_size(size: int) -> bytes:
    """Words, noise and runs: any cut of it differs from any other."""
    drawn = hashlib.shake_128(b"sieve").digest(max(size // 3, 256))
    parts = [
        _WORDS[byte] if byte < 200 else drawn[at : at + byte - 190]
        if byte < 255 else bytes([drawn[at - 1]]) * 300
        for at, byte in enumerate(drawn)
    ]  # fmt: skip
    return b"".join(parts)[:size]


def _in_pieces(data: bytes, size: int) -> bytes:
    encoder = Encoder()
    parts = [encoder.update(data[at : at + size]) for at in range(0, len(data), size)]
    return b"".join([*parts, encoder.finish()])


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


def test_golden_digest() -> None:
    every = b"".join(b"".join(gzip.compressed([SAMPLES[name]])) for name in sorted(SAMPLES))
    assert hashlib.sha256(every).hexdigest() == GOLDEN


@pytest.mark.parametrize("size", GOLDEN_OF_SIZES)
def test_golden_digests_of_sizes(size: int) -> None:
    data = _of_size(size)
    assert len(data) == size
    packed = deflate(data)
    assert hashlib.sha256(packed).hexdigest() == GOLDEN_OF_SIZES[size]
    assert zlib.decompress(packed, -15) == data


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("size", [1, 7, 32768])
def test_the_same_however_it_is_cut(name: str, size: int) -> None:
    assert _in_pieces(SAMPLES[name], size) == deflate(SAMPLES[name])


@pytest.mark.parametrize("size", [999, 65536, 5 << 20])
def test_the_same_however_it_is_cut_where_much_has_passed(size: int) -> None:
    data = _of_size(10_000_000)
    assert _in_pieces(data, size) == deflate(data)


def test_large_input_is_compressed() -> None:
    data = _TEXT * (1 + (17 << 20) // len(_TEXT))
    packed = deflate(data)
    assert len(packed) < len(data) // 2
    assert zlib.decompress(packed, -15) == data


def test_anything_that_has_bytes_in_one_piece() -> None:
    for data in (b"abcd" * 9, bytearray(b"abcd" * 9), memoryview(b"-abcd" + b"abcd" * 8)[1:]):
        encoder = Encoder()
        assert encoder.update(data) + encoder.finish() == deflate(b"abcd" * 9)
    encoder = Encoder()
    with pytest.raises(BufferError):
        encoder.update(memoryview(b"a-b-c-")[::2])
    for data in ("abcd", None, 4):
        with pytest.raises(TypeError):
            encoder.update(data)
    assert encoder.finish() == deflate(b"")  # what was refused left nothing


def test_a_finished_stream_takes_no_more() -> None:
    encoder = Encoder()
    assert encoder.finish() == deflate(b"")
    with pytest.raises(RuntimeError, match="finished"):
        encoder.update(b"x")
    with pytest.raises(RuntimeError, match="finished"):
        encoder.finish()


def test_others_run_meanwhile_but_not_in_the_same_encoder() -> None:
    """It works without the GIL: a second thread gets in while the first compresses."""
    data = _of_size(8_000_000)
    encoder = Encoder()
    refused: list[str] = []

    def update(piece: bytes) -> None:
        try:
            encoder.update(piece)
        except RuntimeError as error:
            refused.append(str(error))

    for _ in range(100):
        worker = threading.Thread(target=update, args=(data,))
        worker.start()
        while worker.is_alive() and not refused:
            update(b"")
        worker.join()
        if refused:
            break
    assert set(refused) == {"an encoder does one thing at a time"}
    encoder.finish()


@pytest.mark.skipif(sys.platform != "linux", reason="getrusage counts in other units elsewhere")
def test_memory_does_not_grow_with_the_input() -> None:
    code = """
import resource
from tamis.deflate import Encoder
piece, encoder = bytes(range(256)) * 1024, Encoder()
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
for _ in range(256):
    encoder.update(piece)
encoder.finish()
print(peak() - before)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(told.stdout) < 8 << 10  # KiB; 64 MiB passed


def test_it_needs_no_engine() -> None:
    code = "import sys, tamis.deflate as d; d.deflate(b'x'); print('wasmtime' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"
