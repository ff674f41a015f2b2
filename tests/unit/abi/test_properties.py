"""Property values in Envoy's wire types, and what is refused."""

import struct
from datetime import UTC, datetime

import pytest

from tamis.abi import properties
from tamis.errors import BadInput

GOOD = {
    "source.address": ("10.0.0.1:80", b"10.0.0.1:80"),
    "source.port": (80, struct.pack("<q", 80)),
    "connection.id": (7, struct.pack("<Q", 7)),
    "connection.mtls": (True, b"\1"),
    "request.time": ("1970-01-01T00:00:01Z", struct.pack("<q", 10**9)),
    "request.duration": ("1.5ms", struct.pack("<q", 1_500_000)),
    "request.headers": ({"a": "1"}, properties.pairs([(b"a", b"1")])),
    "request.headers.a": ("1", b"1"),
    "xds.listener_direction": (1, struct.pack("<q", 1)),
    "xds.node.id": ("n", b"n"),
    "metadata.filter_metadata.ns.n": (3, struct.pack("<d", 3.0)),
    "xds.cluster_metadata.filter_metadata.ns": (
        {"a": ["x", True]},
        properties.pairs([(b"a", properties.pairs([(b"x", b""), (b"\1", b"")]))]),
    ),
    "anything": ({"uint": 5}, struct.pack("<Q", 5)),
    "some.thing": ({"bytes": "aGk="}, b"hi"),
    "filter_state.k": ("v", b"v"),
}


@pytest.mark.parametrize("path", GOOD)
def test_encodes(path):
    value, expected = GOOD[path]
    assert properties.encode(path.split("."), value) == expected


def test_times_are_taken_as_yaml_reads_them():
    moment = datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC)
    assert properties.encode(("request", "time"), moment) == struct.pack("<q", 2 * 10**9)
    assert properties.encode(("request", "time"), 5) == struct.pack("<q", 5)


BAD = {
    "listener_direction": (1, "does not exist in Envoy", "Use xds.listener_direction."),
    "node.id": ("x", "does not exist in Envoy", "Use xds.node.id."),
    "upstream.local_port": (1, "does not exist in Envoy", "no filter can read it"),
    "request": ("x", "has no value of its own", "such as request.path"),
    "": ("x", "no empty segments", "request.path"),
    "foo": (5, "the type of 5 is not known", "{uint: 5}"),
    "source.port": ("80", "must be a 64-bit integer, not '80'", "Give a 64-bit integer"),
    "connection.id": (-1, "must be an unsigned 64-bit integer", "Give"),
    "connection.mtls": ("yes", "must be true or false", "Give"),
    "request.path": (5, "must be text", "Give text"),
    "request.duration": ("5 parsecs", "must be a duration", "Give"),
    "request.time": ("noon", "must be a time such as", "Give"),
    "request.headers": ("x", "must be a map", "Give"),
    "any.bytes": ({"bytes": "!"}, "must be base64", "Give"),
}


@pytest.mark.parametrize("path", BAD)
def test_refuses(path):
    value, what, advice = BAD[path]
    with pytest.raises(BadInput) as caught:
        properties.encode(path.split("."), value)
    assert what in str(caught.value)
    assert advice in caught.value.advice()
