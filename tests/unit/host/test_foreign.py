"""Foreign functions end to end: who has them, what they give, what ends a run."""

import sys
import zlib

import pytest
from tests.unit.host.foreign_guest import answers, module, run

from tamis.errors import Missing

NOT_FOUND, BAD_ARGUMENT, SERIALIZATION_FAILURE = 1, 2, 3


def text(field: int, value: bytes) -> bytes:
    return bytes([field << 3 | 2, len(value)]) + value


def one(name: str, arguments: bytes) -> tuple[int, bytes]:
    (answer,) = answers(module(request=[(name, arguments)]))
    return answer


def test_an_unknown_name():
    assert one("nosuch", b"x") == (NOT_FOUND, b"")


@pytest.mark.parametrize(
    ("data", "compressed"),
    # Bytes of a real Envoy 1.40.
    [
        (
            b"hello hello hello hello hello " * 20,
            "789ccb48cdc9c957c81825474320959a290100edd2dc51",
        ),
        (b"", "789c030000000001"),
    ],
)
def test_compress_gives_the_bytes_of_envoys_zlib(data, compressed):
    assert one("compress", data) == (0, bytes.fromhex(compressed))


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (zlib.compress(b"abc"), (0, b"abc")),
        (zlib.compress(b""), (0, b"")),
        (zlib.compress(b"abc") + b"trailing", (0, b"abc")),
        (zlib.compress(b"abc" * 50)[:-3], (SERIALIZATION_FAILURE, b"")),
        (b"junk", (SERIALIZATION_FAILURE, b"")),
        (b"", (SERIALIZATION_FAILURE, b"")),
    ],
)
def test_uncompress(data, answer):
    assert one("uncompress", data) == answer


def test_a_stream_that_grows_without_end_is_a_verdict():
    bomb = zlib.compress(bytes(300 << 20))
    outcome = run(module(request=[("uncompress", bomb)])).outcome
    assert outcome.trap.kind == "oom"
    assert "more than 268435456 bytes" in outcome.trap.text


def test_declared_properties_and_filter_state():
    guest = module(
        configure=[
            ("declare_property", text(1, b"once") + b"\x10\x01"),
            ("declare_property", text(1, b"once")),
            ("set_envoy_filter_state", text(1, b"envoy.string") + text(2, b"v")),
        ],
        request=[
            ("=once", b"1"),
            ("=once", b"2"),
            ("?once", b""),
            ("set_envoy_filter_state", text(1, b"envoy.string") + text(2, b"v")),
            ("set_envoy_filter_state", text(1, b"nosuch") + text(2, b"v")),
            ("set_envoy_filter_state", text(1, b"envoy.network.ip") + text(2, b"v")),
            ("?filter_state|envoy.string", b""),
            ("clear_route_cache", b""),
        ],
    )
    assert answers(guest) == [
        (0, b""),
        (BAD_ARGUMENT, b""),
        (NOT_FOUND, b""),
        (0, b""),
        (BAD_ARGUMENT, b""),
        (0, b"1"),
        (0, b""),
        (NOT_FOUND, b""),
        (BAD_ARGUMENT, b""),
        (0, b"v"),
        (0, b""),
    ]
    outcome = run(guest).outcome
    assert outcome.filter_state == {"wasm.once": b"1", "envoy.string": b"v"}


@pytest.mark.parametrize(
    ("function", "module_name", "extra"),
    [
        ("compress", "zlib_ng", "zlib"),
        ("sign", "cryptography", "crypto"),
        ("verify_signature", "cryptography", "crypto"),
        ("expr_create", "cel_expr_python", "cel"),
    ],
)
def test_a_missing_extra_ends_the_run(function, module_name, extra, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == module_name]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module_name, None)  # importing it now fails
    arguments = text(2, b"key") if "e" in function else b""
    with pytest.raises(Missing) as caught:
        run(module(configure=[(function, arguments)]))
    assert caught.value.what == f"the foreign function '{function}' needs the extra '{extra}'"
    assert f"tamis[{extra}]" in caught.value.advice()


def test_a_result_the_guest_has_no_room_for():
    """Its memory is 4 MiB, and its allocator never says no."""
    (answer,) = answers(module(request=[("uncompress", zlib.compress(bytes(8 << 20)))]))
    assert answer == (6, b"")
