"""What our DEFLATE encoder writes zlib reads, and it is the same however the input was cut."""

import random
import zlib

import pytest
from tests.fuzz.mutation import Rounds

from tamis.deflate import Encoder, deflate

pytestmark = pytest.mark.judge

#: Bytes of the input, around where the encoder changes what it does, and where nothing happens.
_SIZES = (300, 32_768, 65_536, 1 << 18, 1 << 18, 1 << 20, (1 << 20) + 65_536)


def made(chance: random.Random) -> bytes:
    """Noise, runs, few letters, and what was there before at any distance."""
    out = bytearray()
    size = chance.choice(_SIZES) + chance.randint(-300, 300)
    most = chance.choice((40, 600, 70_000))
    while len(out) < size:
        length = chance.randrange(1, most)
        match chance.randrange(4):
            case 0:
                out += chance.randbytes(length)
            case 1:
                out += bytes([chance.randrange(256)]) * length
            case 2:
                out += chance.randbytes(length).translate(bytes(b % 5 + 97 for b in range(256)))
            case _:
                at = max(0, len(out) - chance.choice((300, 32_768, 33_500)) + chance.randrange(600))
                out += out[at : at + length]
    return bytes(out[:size])


def test_zlib_reads_it_however_it_was_cut(rounds: Rounds) -> None:
    for chance in rounds("deflate", 400):
        data = made(chance)
        encoder, parts, at = Encoder(), [], 0
        most = max(len(data) // chance.choice((2, 9, 300)), 2)
        while at < len(data):
            piece = data[at : at + chance.randrange(most)]
            parts.append(encoder.update(piece))
            at += len(piece)
        stream = b"".join([*parts, encoder.finish()])
        assert stream == deflate(data)
        decoder = zlib.decompressobj(-15)
        assert decoder.decompress(stream) == data
        assert decoder.eof
        assert not decoder.unused_data
