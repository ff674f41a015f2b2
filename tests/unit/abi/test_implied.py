"""What follows from the properties a fixture names."""

import struct

import pytest

from tamis.abi.implied import complete, secure
from tamis.abi.properties import encode, pairs

Given = dict[tuple[str, ...], bytes]

NS = ("metadata", "filter_metadata", "ns")


def given(**properties: object) -> Given:
    paths = {tuple(key.split("__")): value for key, value in properties.items()}
    return {path: encode(path, value) for path, value in paths.items()}


@pytest.mark.parametrize("end", ["source", "destination", "upstream"])
def test_an_address_has_a_port(end: str) -> None:
    found = complete({(end, "address"): b"[::1]:80"})
    assert found[end, "port"] == struct.pack("<q", 80)
    assert (end, "port") not in complete({(end, "address"): b"/a/socket"})
    kept = {(end, "address"): b"1.1.1.1:80", (end, "port"): b"mine"}
    assert complete(kept) == kept


def test_a_plain_connection_stays_one() -> None:
    plain = given(connection__mtls=False, connection__requested_server_name="")
    assert not secure(plain)
    assert complete(plain) == plain


def test_tls_has_a_version_and_a_server_with_a_name() -> None:
    found = complete(given(connection__requested_server_name="a"))
    assert found["connection", "tls_version"] == b"TLSv1.3"
    assert found["connection", "mtls"] == b"\0"
    assert found["connection", "subject_local_certificate"] == b"CN=tamis"
    assert found["connection", "subject_peer_certificate"] == b""
    named = complete(given(connection__dns_san_local_certificate="a"))
    assert named["connection", "subject_local_certificate"] == b""


def test_tls_to_the_upstream_has_the_same() -> None:
    found = complete(given(upstream__tls_version="TLSv1.2"))
    assert found["upstream", "tls_version"] == b"TLSv1.2"
    assert found["upstream", "subject_local_certificate"] == b""
    assert found["upstream", "subject_peer_certificate"] == b"CN=tamis"
    assert not secure(found)
    named = complete(given(upstream__uri_san_peer_certificate="u:"))
    assert named["upstream", "subject_peer_certificate"] == b""
    assert named["upstream", "tls_version"] == b"TLSv1.3"


@pytest.mark.parametrize("what", ["subject", "dns_san", "uri_san"])
def test_a_peer_with_a_certificate_is_mutual_tls(what: str) -> None:
    found = complete({("connection", f"{what}_peer_certificate"): b"CN=a"})
    assert found["connection", "mtls"] == b"\1"


def test_a_map_has_parts_and_parts_have_maps() -> None:
    whole = encode(NS, {"a": {"b": "c"}})
    for start in ({NS: whole}, {(*NS, "a", "b"): b"c"}):
        found = complete(start)
        assert found[*NS, "a", "b"] == b"c"
        assert found[*NS, "a"] == pairs([(b"b", b"c")])
        assert found[NS] == whole
        assert found[NS[:2]] == pairs([(b"ns", whole)])


def test_a_list_has_no_parts() -> None:
    found = complete({(*NS, "k"): encode(NS, ["a", "b"])})
    assert (*NS, "k", "a") not in found


def test_other_maps_have_no_parts() -> None:
    headers = {("request", "headers"): pairs([(b"a", b"b")])}
    assert complete(headers) == headers
