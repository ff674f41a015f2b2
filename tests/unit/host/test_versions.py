"""One guest as several versions of Envoy run it."""

from wasmtime import wat2wasm

from tamis import host
from tamis.model.exchange import Answer, Exchange, Request

REQUEST = ((":method", "GET"), (":path", "/"), (":scheme", "http"), (":authority", "h"))
MIXED = (("x-b", "1"), ("x-a", "2"), ("x-b", "3"))
TOGETHER = (("x-b", "1"), ("x-b", "3"), ("x-a", "2"))


def test_an_outcome_names_the_version(guest, fixture_of):
    names = [host.run(guest(), fixture_of(), envoy=each).host for each in ("1.38", "1.40")]
    assert names == [f"{host.label()} as envoy 1.38", host.label()]
    nothing = host.run(b"", fixture_of(), envoy="1.38")
    assert (nothing.outcome, nothing.host) == (None, names[0])


def test_main_void_is_an_entry_point_since_1_39(guest):
    entries = '(func (export "_initialize")) (func (export "__main_void") (result i32) unreachable)'
    module = guest(extra=entries)
    refusal = host.load(module, envoy="1.39")
    assert refusal is not None
    assert refusal.reason.startswith("Function: __main_void failed: ")
    assert host.load(module, envoy="1.38") is None


def test_headers_leave_together_from_1_36(guest, outcome_of):
    sent = Exchange(
        Request((*REQUEST, *MIXED), (b"x",), MIXED),
        Answer(((":status", "200"), *MIXED), (b"y",), MIXED),
    )
    for version, left in (("1.36", TOGETHER), ("1.37", MIXED)):
        (only,) = outcome_of(guest(), sent, envoy=version).exchanges
        assert only.request.headers[4:7] == only.request.trailers == left
        assert only.response.headers[1:] == only.response.trailers == left
    old = {"protocol": "http/1.1"}
    (only,) = outcome_of(guest(), sent, envoy="1.36", fixture=old).exchanges
    assert only.request.headers[4:7] == TOGETHER  # the upstream speaks HTTP/2
    assert only.response.headers[1:] == MIXED


def test_cookies_count_for_limits_since_1_38(guest, outcome_of):
    sent = Exchange(Request((*REQUEST, *(150 * (("cookie", "a=b"),)))))
    for version, reset in (("1.37", None), ("1.38", "downstream")):
        limits = {"default_limits": True}
        (only,) = outcome_of(guest(), sent, envoy=version, fixture=limits).exchanges
        assert only.reset == reset


def test_a_run_loads_by_the_rules_of_its_version(fixture_of):
    text = """(module
      (import "wasi_snapshot_preview1" "fd_pread"
        (func (param i32 i32 i32 i64 i32) (result i32)))
      (func (export "proxy_abi_version_0_2_1"))
      (memory (export "memory") 1)
      (func (export "malloc") (param i32) (result i32) i32.const 0))"""
    module = bytes(wat2wasm(text))
    assert host.run(module, fixture_of(), envoy="1.39").problems == ()
    (problem,) = host.run(module, fixture_of(), envoy="1.38").problems
    assert problem.endswith("missing import: wasi_snapshot_preview1.fd_pread")
