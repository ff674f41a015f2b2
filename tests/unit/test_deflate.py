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
    "more than is held": _TEXT[:100_000] * 12,
    "skewed frequencies": b"".join(bytes([n]) * (1 << n) for n in range(17)),
}
#: The pinned bytes: if these fail, digests of artifacts that users pinned have changed.
GOLDEN = "40dd93f4a2d5656ced825d72fe73355d57d5331054bc2cf98ca691bced10c261"
#: By size, around what the encoder holds at a time.
GOLDEN_OF_SIZES = {
    1_048_313: "f7174aed21865983d24df52a43a78925b084f5374cd30062c8b2baa14ef95a01",
    1_048_314: "88f4f007c7949ecdcabe76d624baf01f320ce6e188d90be0b773000ee720f936",
    1_048_315: "540e31ab04cfc89e9bc9b17ad72ea620dc21c94bc4fc2b9d3eaedc8fdcc47f23",
    1_048_575: "8186c55902cb6a0ca7baeab9daeeb976849248b24d3a3fc87500850312c2e329",
    1_048_576: "7c54fcaece373c2e364b12751637464220ffe9e2bd87ef3407a0d6d8427b73be",
    1_048_577: "a8cb9a840f0cea3cbf0fc9cb83c7cc49ae6c38dea7ca27057d88a537b595432e",
    4_194_304: "ce9068389db598062e8ff5aa6fd6ef1d329dc5a402cb14b8436f9b88d593aa3f",
    12_000_000: "f82a67df4e82dc48aee9f0456cc78094737bd355d7f039ff962ea3e6857317c2",
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
