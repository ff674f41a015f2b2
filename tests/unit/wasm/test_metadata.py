"""The payload of the section that `build` writes: packed where that is smaller, bounded, strict."""

import hashlib
import json
import tracemalloc
import zlib

import pytest

from tamis.errors import BadInput
from tamis.wasm.metadata import pack, unpack

SCHEMA = json.dumps({f"key {n}": {"type": "string", "description": "é" * n} for n in range(40)})
SMALL = '{"name":"f","version":"1"}'


def test_what_packs_well_is_packed_and_comes_back():
    packed = pack(SCHEMA)
    assert len(packed) < len(SCHEMA.encode()) / 4
    assert unpack(packed, "here") == SCHEMA.encode()
    assert zlib.decompress(packed) == SCHEMA.encode(), "any zlib reads it"


def test_what_does_not_stays_plain():
    assert pack(SMALL) == SMALL.encode()
    assert unpack(SMALL.encode(), "here") == SMALL.encode()


def test_the_bytes_never_change():
    """Modules' digests hang on them."""
    assert hashlib.sha256(pack(SCHEMA)).hexdigest() == GOLDEN


GOLDEN = "9f1b7c418461755c6ded02e01224dc94449080008657ca68ca2de110a9698af1"


def test_what_was_written_plain_is_read():
    assert unpack(SCHEMA.encode(), "here") == SCHEMA.encode()
    assert unpack(b"", "here") == b""


def test_longer_text_than_is_ever_unpacked_stays_plain():
    most = "{" + " " * ((1 << 20) - 2) + "}"
    assert unpack(pack(most), "here") == most.encode()
    assert len(pack(most)) < 5000
    assert pack(most + " ") == (most + " ").encode()


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"x", "does not end where its packed text does"),
        (pack(SCHEMA)[:-1], "does not end where its packed text does"),
        (pack(SCHEMA)[:40], "does not end where its packed text does"),
        (pack(SCHEMA) + b"{", "does not end where its packed text does"),
        (b"x" + pack(SCHEMA)[1:2] + b"\xff" * 9, "cannot be unpacked: Error -3"),
        (pack(SCHEMA)[:-4] + b"0000", "cannot be unpacked: Error -3 .* incorrect data check"),
        (zlib.compress(bytes((1 << 20) + 1)), "unpacks to more than 1 MiB"),
    ],
)
def test_damage_is_told(payload, why):
    with pytest.raises(BadInput, match=f"^here {why}"):
        unpack(payload, "here")


def test_a_bomb_is_not_unpacked():
    bomb = zlib.compress(bytes(1 << 26))
    tracemalloc.start()
    with pytest.raises(BadInput, match="more than 1 MiB"):
        unpack(bomb, "here")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20
