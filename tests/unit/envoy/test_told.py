"""Which properties Envoy is told, how, and why not the others; no Envoy runs here."""

import json
import sys
from dataclasses import astuple
from pathlib import Path

import pytest

from tamis.abi.properties import encode, pairs
from tamis.abi.table import raw
from tamis.envoy.judging import addresses, observe, told, values
from tamis.envoy.judging.addresses import Address
from tamis.envoy.judging.tls import Names, Tls
from tamis.envoy.judging.told import Told, Untold, tell
from tamis.envoy.trace import Callback, HostCall, Trace
from tamis.errors import Missing
from tamis.model.choices import Layer
from tamis.model.exchange import Exchange, Fixture, Request
from tamis.model.outcome import NotComparable
from tamis.model.plugin import Plugin

NEWEST = 40
HEAD = ((":method", "GET"), (":path", "/p?q=1#f"), (":authority", "a"), ("x-a", "1"), ("X-A", "2"))


def ask(
    layer: Layer = "http", minor: int = NEWEST, steps: int = 1, **properties: object
) -> tuple[Told, dict[str, str]]:
    """Keywords name properties, `__` for a dot."""
    paths = {tuple(key.split("__")): value for key, value in properties.items()}
    given = {path: encode(path, value) for path, value in paths.items()}
    exchanges = steps * (Exchange(Request(HEAD)),)
    plugin = Plugin("p", "root")
    fixture = Fixture("f", Path("x.yaml"), exchanges, properties=given, plugin=plugin)
    found, untold = tell(fixture, layer, minor)
    return found, {each.name: each.why for each in untold}


def well_known() -> list[tuple[str, ...]]:
    """Every path that Envoy has; of a family, some member."""
    found: list[tuple[str, ...]] = []
    for root, entry in raw()["well_known_properties"].items():
        if root in ("_removed", "wasm.<name> / <name>"):
            continue
        fields = (
            [(root,)] if "type" in entry else [(root, name) for name in entry if name[0] != "_"]
        )
        kinds = [entry] if "type" in entry else [entry[path[1]] for path in fields]
        found += [
            path
            for path, kind in zip(fields, kinds, strict=True)
            if not kind["available"].startswith("NEVER")
        ]
    return found


@pytest.mark.parametrize("path", well_known(), ids=".".join)
def test_the_table_has_every_property_of_the_abi(path: tuple[str, ...]) -> None:
    kind, how, rest = told._entry(path)
    assert (kind, rest) != ("untold", path), f"only the last resort fits: {how}"


def test_every_means_is_there() -> None:
    assert set(told._table()["means"].values()) == set(told._MEANS)


def test_fields_of_an_object_are_merged() -> None:
    found, untold = ask(
        xds__node__id="me",
        xds__node__metadata__a="x",
        xds__node__metadata__b={"c": 0.5},
        xds__listener_direction=1,
    )
    assert untold == {}
    assert found.objects() == {
        "node": {"id": "me", "metadata": {"a": "x", "b": {"c": 0.5}}},
        "listener": {"traffic_direction": "INBOUND"},
    }


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("request__path", "/other", "from the request, whose :path says another"),
        ("request__query", "q=2", "whose :path says another"),
        ("request__headers__x-a", "1", "whose x-a says another"),
        ("request__id", "i", "whose x-request-id says another"),
        ("request__protocol", "HTTP/1.1", "say it as `protocol`"),
        ("plugin_name", "q", "say it under `plugin`"),
        ("request__time", 5, "clock"),
        ("request__size", 5, "from the request"),
        ("response__code", 404, "from the response"),
        ("connection__id", 4, "counts its connections"),
        ("connection__peer_certificate", "x", "private key"),
        ("connection__tls_version", "TLSv1.1", "TLSv1.2 and TLSv1.3"),
        ("connection__requested_server_name", "10.0.0.1", "host name"),
        ("connection__requested_server_name", "a..b", "host name"),
        ("connection__subject_peer_certificate", "client", "no certificate can carry"),
        ("connection__subject_peer_certificate", "CN=a, O=b", "no certificate can carry"),
        ("connection__uri_san_peer_certificate", "spiffe://ä", "no certificate can carry"),
        ("source__address", "10.0.0.1", "Envoy writes an address as"),
        ("source__address", "10.0.0.1:0080", "Envoy writes this address as 10.0.0.1:80"),
        ("source__address", "[0::1]:80", "Envoy writes this address as [::1]:80"),
        ("source__address", "10.0.0.1:65536", "a port is at most 65535"),
        ("source__address", "example.com:80", "Envoy writes an address as"),
        ("source__port", 65_536, "a port is at most 65535"),
        ("source__port", -1, "a port is at most 65535"),
        ("upstream__num_endpoints", 0, "1 to 1000"),
        ("upstream__peer_certificate", "x", "private key"),
        ("upstream__something", "x", "no property of that name"),
        ("upstream__local_address", "1.1.1.1:1", "the system chooses"),
        ("xds__listener_direction", 3, "0, 1 or 2"),
        ("xds__cluster_name", "", "a cluster has a name"),
        ("xds__node__id", "\udcff", "UTF-8"),
        ("xds__node__metadata", "text", "a map"),
        ("xds__route_metadata__filter_metadata__ns", "text", "a map"),
        ("metadata__filter_metadata", "text", "a map"),
        ("xds__node__metadata__a", b"\xff\xfe", "text, numbers"),
        ("xds__cluster_metadata", b"\n\0", "name its parts"),
        ("xds__node__user_agent_name", "x", "writes this part of its node itself"),
        ("filter_state__a__b", "x", "only filters make it"),
        ("upstream_filter_state__a", "x", "only filters of the upstream"),
        ("something", "x", "no property of that name"),
    ],
)
def test_why_a_property_is_not_told(name: str, value: object, words: str) -> None:
    _, untold = ask(**{name: value})
    assert words in untold[name.replace("__", ".")]


def test_what_envoy_computes_is_told_already() -> None:
    found, untold = ask(
        request__path="/p?q=1#f",
        request__url_path="/p",
        request__query="q=1",
        request__host="a",
        **{"request__headers__x-a": "1,2"},
        request__protocol="HTTP/2",
        plugin_name="p",
        plugin_root_id="root",
    )
    assert (found, untold) == (Told(), {})


def test_ports_go_with_their_address() -> None:
    found, untold = ask(source__address="10.0.0.1:80", source__port=80, destination__port=9)
    assert (untold, found.source) == ({}, Address("10.0.0.1", 80))
    assert addresses.header(found.source, found.destination) == (
        b"PROXY TCP4 10.0.0.1 127.0.0.1 80 9\r\n"
    )
    _, untold = ask(source__address="10.0.0.1:80", source__port=81)
    assert untold == {"source.port": "its address has the port 80"}


def test_ends_are_of_one_family() -> None:
    found, untold = ask(source__address="10.0.0.1:80", destination__address="[::1]:80")
    assert set(untold) == {"source.address", "destination.address"}
    assert not found.source
    assert addresses.header(Address(), Address("::1", 80)) == b"PROXY TCP6 ::1 ::1 0 80\r\n"
    assert addresses.header(Address(), Address()) == b""


def test_older_envoys_have_fewer_means() -> None:
    _, untold = ask(minor=36, upstream__address="10.0.0.1:80")
    assert untold == {"upstream.address": "Envoy 1.36 has no means for it"}
    assert ask(minor=37, upstream__address="10.0.0.1:80")[1] == {}


def test_connections_have_no_route() -> None:
    _, untold = ask("network", xds__route_name="r", xds__filter_chain_name="c")
    assert set(untold) == {"xds.route_name"}


def test_tls_is_only_where_something_of_it_is_named() -> None:
    plain = {"connection__mtls": False, "connection__requested_server_name": ""}
    assert ask(**plain)[0].tls is None
    assert ask(connection__tls_version="TLSv1.2")[0].tls == Tls("TLSv1.2")
    mutual, untold = ask(connection__mtls=True)
    assert mutual.tls == Tls(peer=Names())
    assert untold["connection.peer_certificate"] == "the certificate is made anew for each run"
    named = ask(
        connection__dns_san_peer_certificate="a.b", connection__uri_san_local_certificate="u:"
    )
    assert named[0].tls == Tls(local=Names(uri="u:"), peer=Names(dns="a.b"))


def test_tls_to_the_upstream_is_another() -> None:
    found, untold = ask(upstream__tls_version="TLSv1.2")
    assert found.tls is None
    assert found.upstream_tls == Tls("TLSv1.2", local=None, peer=Names("CN=tamis"), serving=False)
    assert set(untold) == {"upstream.sha256_peer_certificate_digest", "upstream.peer_certificate"}
    found, _ = ask(upstream__dns_san_local_certificate="a", upstream__uri_san_peer_certificate="u:")
    assert found.upstream_tls == Tls(local=Names(dns="a"), peer=Names(uri="u:"), serving=False)
    found, untold = ask(upstream__tls_version="TLSv1", connection__tls_version="TLSv1.2")
    assert (found.upstream_tls, found.tls) == (None, Tls("TLSv1.2"))
    assert "TLSv1.2 and TLSv1.3" in untold["upstream.tls_version"]


def test_tls_that_contradicts_itself_is_not_told_at_all() -> None:
    found, untold = ask(
        connection__mtls=False, connection__subject_peer_certificate="CN=a", xds__node__id="n"
    )
    assert found.tls is None
    assert set(untold) == {"connection.mtls", "connection.subject_peer_certificate"}


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    monkeypatch.delitem(sys.modules, "tamis.envoy.judging.certificates", raising=False)
    monkeypatch.delattr("tamis.envoy.judging.certificates", raising=False)
    assert ask(source__address="10.0.0.1:80")[1] == {}
    with pytest.raises(Missing, match="'crypto'") as caught:
        ask(connection__mtls=True)
    assert "tamis[crypto]" in caught.value.advice()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "text",
        "12345678",
        0.1,
        5,
        True,
        False,
        {},
        {"a": "x"},
        ["a", 1],
        [True],
        {"a": {"b": [1]}},
    ],
)
def test_a_structure_reads_the_same_bytes(value: object) -> None:
    sent = encode(("metadata", "filter_metadata", "ns", "k"), value)
    assert json.loads(json.dumps(values.structure(sent))) == value


def test_what_only_looks_like_pairs_is_text() -> None:
    for raw_bytes in (b"\1\0\0\0", b"\1\0\0\0\1\0\0\0\1\0\0\0ab", pairs([(b"a", b"b")]) + b"!"):
        assert values.structure(raw_bytes) == raw_bytes.decode()


@pytest.mark.parametrize(
    ("call", "blind", "matters"),
    [
        (("proxy_get_property", 12), False, True),
        (("proxy_get_property", 13), False, True),  # its NUL
        (("proxy_get_property", 14), False, False),
        (("proxy_get_header_map_value", 12), False, False),
        (("proxy_call_foreign_function", 9), False, True),
        (("proxy_get_header_map_value", 9), True, True),
    ],
)
def test_it_matters_to_who_may_have_read_it(
    call: tuple[str, int], blind: bool, matters: bool
) -> None:
    name, size = call
    trace = Trace(1)
    callback = Callback("proxy_on_request_headers", (2,), 1, 0)
    callback.calls.append(HostCall(name, (1024, size, 8, 12), 2, 1))
    trace.callbacks.append(callback)
    found = observe.untold(trace, [Untold(("request", "path"), "so")], blind=blind)
    why = "Envoy cannot be told the property request.path: so"
    assert found == ([NotComparable("", why)] if matters else [])


def test_names_come_in_the_order_certificates_take_them() -> None:
    assert astuple(Names("s", "d", "u")) == ("s", "d", "u")
