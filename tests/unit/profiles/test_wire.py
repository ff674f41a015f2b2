"""wire.toml by version; tests/envoy/test_wire.py holds it against the Envoys themselves."""

import pytest

from tamis.profiles import wire, without_wasm

MIXED = (("x-b", "1"), ("cookie", "a=1"), ("x-a", "2"), ("x-b", "3"), ("cookie", "b=2"))
STREAM_DURATION = "x-envoy-upstream-stream-duration-ms"


def test_the_newest_is_the_default():
    assert wire.load() == wire.load(40) == wire.load(99)


def test_names_stand_together_behind_the_codec_of_1_36():
    assert wire.load(37).written(MIXED) == MIXED
    together = (("x-b", "1"), ("x-b", "3"), ("cookie", "a=1; b=2"), ("x-a", "2"))
    assert wire.load(36).written(MIXED) == together
    assert wire.load(36).leaving(MIXED, "request") == together
    assert wire.load(36).leaving(MIXED, "response", http1=True) == MIXED


@pytest.mark.parametrize(("minor", "counted"), [(37, 3), (38, 5)])
def test_cookies_count_since_1_38(minor: int, counted: int):
    assert len(wire.load(minor).limited(MIXED)) == counted
    assert len(wire.load(minor).limited(MIXED, http1=True)) == 5


def test_a_header_is_dropped_since_1_40():
    sent = ((STREAM_DURATION, "1"), (STREAM_DURATION, "2"))
    proto = ("x-forwarded-proto", "http")
    assert wire.load(39).arriving(sent, "request") == ((STREAM_DURATION, "1,2"), proto)
    assert wire.load(40).arriving(sent, "request") == (proto,)


def test_wheels_without_wasm():
    assert without_wasm()["1.38.3"] == "Modified"
