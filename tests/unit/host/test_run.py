"""Outcomes of well-behaved guests."""

from dataclasses import replace

import pytest

from tamis import host
from tamis.model.exchange import Answer, Exchange, Request
from tamis.model.outcome import Callout, FailedCall, LocalReply, LogLine, Pause

PROTO = ("x-forwarded-proto", "http")


def test_a_guest_without_callbacks_lets_everything_pass(guest, outcome_of, exchange):
    outcome = outcome_of(guest(), exchange)
    (only,) = outcome.exchanges
    assert only.request.headers == (*exchange.request.headers, PROTO)
    assert (only.request.body, only.request.trailers) == (b"onetwo", (("t", "1"),))
    assert only.response.headers == exchange.answer.headers
    assert (only.response.body, only.response.trailers) == (b"three", (("u", "2"),))
    assert (only.local_reply, only.reset, only.pauses) == (None, None, ())
    assert outcome.start == "ok"
    assert outcome.trap is None


def test_each_frame_is_a_body_callback(guest, outcome_of, exchange):
    body = "(drop (call $log (i32.const 2) (i32.const 0) (local.get 1))) i32.const 0"
    outcome = outcome_of(guest(uses="log", on_request_body=body), exchange)
    assert [len(line.message) for line in outcome.logs] == [3, 3]
    assert {line.step for line in outcome.logs} == {0}


def test_long_chunks_arrive_in_frames_and_empty_ones_arrive(guest, outcome_of):
    body = "(drop (call $log (i32.const 2) (i32.const 0) (local.get 1))) i32.const 0"
    sent = Exchange(Request(((":method", "POST"),), (b"x" * 20000, b"", b"y")))
    outcome = outcome_of(guest(uses="log", on_request_body=body), sent)
    assert [len(line.message) for line in outcome.logs] == [16384, 3616, 0, 1]


def test_http1_orders_merges_and_drops_trailers(guest, outcome_of, exchange):
    body = "(drop (call $log (i32.const 2) (i32.const 0) (local.get 1))) i32.const 0"
    module = guest(uses="log", on_request_body=body)
    outcome = outcome_of(module, exchange, fixture={"protocol": "http/1.1"})
    (only,) = outcome.exchanges
    assert [name for name, _ in only.request.headers][:4] == [
        ":authority",
        ":path",
        ":method",
        ":scheme",
    ]
    assert [len(line.message) for line in outcome.logs] == [6, 0]
    assert only.request.trailers == ()


def test_headers_are_added_and_joined_as_envoy_does(guest, outcome_of):
    add = "(drop (call $add (i32.const 0) (i32.const {0}) (i32.const {1}) (i32.const 1030)"
    add += " (i32.const 2)))"
    body = add.format(1024, 6) + add.format(1032, 3) + "i32.const 0"
    module = guest(uses="add", data="acceptv1X-A", on_request_headers=body)
    sent = Exchange(Request(((":method", "GET"), ("accept", "v0"), ("x-a", "v0"))))
    headers = outcome_of(module, sent).exchanges[0].request.headers
    assert headers == (
        (":method", "GET"),
        ("accept", "v0,v1"),
        ("x-a", "v0"),
        PROTO,
        ("x-a", "v1"),
    )


def test_a_local_reply(guest, outcome_of):
    reply = (
        "(drop (call $reply (i32.const 403) (i32.const 1024) (i32.const 3)"
        " (i32.const 1027) (i32.const 2) (i32.const 0) (i32.const 0) (i32.const -1)))"
        "i32.const 0"
    )
    module = guest(uses="reply", data="a bno", on_request_headers=reply)
    (only,) = outcome_of(module).exchanges
    assert only.request is None
    assert only.local_reply == LocalReply(403, "a_b")
    assert only.response.headers == (
        (":status", "403"),
        ("content-length", "2"),
        ("content-type", "text/plain"),
    )
    assert only.response.body == b"no"


def test_a_pause_that_never_ends(guest, outcome_of):
    module = guest(
        uses="log",
        on_request_headers="i32.const 1",
        on_delete=("(drop (call $log (i32.const 3) (i32.const 0) (i32.const 0)))"),
    )
    outcome = outcome_of(module)
    (only,) = outcome.exchanges
    assert (only.request, only.response, only.reset) == (None, None, None)
    assert only.pauses == (Pause("request_headers", 1),)
    # The stream's end, and when the filter is taken out its own.
    assert outcome.logs == (LogLine("warn", "", 0), LogLine("warn", ""))


@pytest.mark.parametrize("callback", ["on_vm_start", "on_configure"])
def test_a_refused_start_runs_no_exchange(guest, outcome_of, callback):
    outcome = outcome_of(guest(**{callback: "i32.const 0"}))
    assert (outcome.start, outcome.exchanges, outcome.trap) == (callback, (), None)


def test_time_is_virtual(guest, outcome_of):
    tell = (
        "(drop (call $time (i32.const 2048)))"
        "(drop (call $log (i32.const 2) (i32.const 2048) (i32.const 8)))"
    )
    module = guest(uses="time log", on_log=tell)
    slow = Exchange(Request(((":method", "GET"),)), Answer(after=5))
    outcome = outcome_of(module, slow, slow, fixture={"now": 0x4142434445464748})
    assert [line.message for line in outcome.logs] == ["MGFEDCBA", "RGFEDCBA"]
    assert outcome.virtual_time == 10


def test_randomness_comes_from_the_seed(guest, outcome_of):
    tell = (
        "(drop (call $random (i32.const 2048) (i32.const 8)))"
        "(drop (call $log (i32.const 2) (i32.const 2048) (i32.const 8)))"
    )
    module = guest(uses="random log", on_log=tell)
    seen = [outcome_of(module, fixture={"seed": seed}).logs[0].message for seed in (1, 1, 2)]
    assert seen[0] == seen[1] != seen[2]


def test_a_callout_no_rule_answers_is_reported(guest, outcome_of):
    zeros = "(i32.const 0)" * 10
    module = guest(uses="http_call", on_log=f"(drop (call $http_call {zeros}))")
    outcome = outcome_of(module)
    assert (outcome.unanswered, outcome.callouts) == ((Callout(""),), ())


def test_proc_exit_returns(guest, outcome_of):
    module = guest(
        uses="exit log",
        on_log=(
            "(call $exit (i32.const 3))(drop (call $log (i32.const 2) (i32.const 0) (i32.const 0)))"
        ),
    )
    assert len(outcome_of(module).logs) == 1


def test_counts(guest, outcome_of):
    module = guest(
        uses="pairs",
        on_request_headers="(drop (call $pairs (i32.const 0) (i32.const 16) (i32.const 20)))"
        "i32.const 0",
    )
    counts = outcome_of(module, fuel=True).counts
    assert counts.calls == {
        "malloc": 1,
        "proxy_on_request_headers": 1,
        "proxy_get_header_map_pairs": 1,
    }
    assert counts.crossings == 3
    assert (counts.allocations, counts.memory_high_water) == (1, 65536)
    assert counts.bytes_in > 60
    assert counts.fuel
    assert outcome_of(module, fuel=False).counts.fuel is None


def test_fuel_repeats_exactly(guest, outcome_of, exchange):
    module = guest(uses="log", on_request_body="i32.const 1", on_log="nop")
    figures = {outcome_of(module, exchange).counts.fuel for _ in range(5)}
    assert len(figures) == 1


def test_abi_0_1_0_has_no_end_of_stream_and_no_not_found(guest, outcome_of):
    types = {"proxy_on_request_headers": "(param i32 i32) (result i32)"}
    look = (
        "(drop (call $log (i32.const 2) (i32.const 0) (call $get (i32.const 0) (i32.const 0)"
        " (i32.const 0) (i32.const 16) (i32.const 20)))) i32.const 0"
    )
    old = guest(abi="0_1_0", types=types, uses="log get", on_request_headers=look)
    new = guest(uses="log get", on_request_headers=look)
    assert [len(outcome_of(m).logs[0].message) for m in (old, new)] == [0, 1]


def test_default_limits(guest, outcome_of):
    large = Exchange(Request(((":method", "GET"), ("x", "v" * 62000))))
    fixture = {"default_limits": True, "protocol": "http/1.1"}
    (only,) = outcome_of(guest(on_log="unreachable"), large, fixture=fixture).exchanges
    assert only.local_reply == LocalReply(431, "http1.headers_too_large")
    (only,) = outcome_of(guest(), large, fixture={"default_limits": True}).exchanges
    assert (only.response, only.reset) == (None, "downstream")
    (only,) = outcome_of(guest(), large).exchanges
    assert only.response


def test_a_refused_module_gives_a_run_without_outcome(fixture_of):
    run = host.run(b"garbage", fixture_of())
    assert run.outcome is None
    assert run.problems == ("Missing or unknown Proxy-Wasm ABI version",)
    assert run.host.startswith("wasmtime ")


@pytest.mark.parametrize("fault", host.FAULTS)
def test_each_fault_shows(guest, outcome_of, exchange, fault):
    reply = "(drop (call $reply (i32.const 403) (i32.const 0) (i32.const 0) (i32.const 0)"
    reply += " (i32.const 0) (i32.const 0) (i32.const 0) (i32.const -1))) i32.const 0"
    tell = "(drop (call $log (i32.const 2) (i32.const 0) (local.get 2))) i32.const 0"
    on_request = reply if fault.startswith("skip") else tell
    module = guest(uses="log reply", on_request_headers=on_request, on_response_headers=tell)
    good = outcome_of(module, exchange)
    bad = outcome_of(module, exchange, fault=fault)
    assert replace(good, counts=bad.counts) != bad


def test_failed_calls_are_errors_and_no_answers(guest, outcome_of):
    module = guest(
        uses="get add",
        data="x-y",
        on_request_headers="(drop (call $get (i32.const 0) (i32.const 1024) (i32.const 3)"
        " (i32.const 16) (i32.const 20)))"
        "(drop (call $add (i32.const 9) (i32.const 1024) (i32.const 3) (i32.const 0)"
        " (i32.const 0)))"
        "(drop (call $add (i32.const 9) (i32.const 1024) (i32.const 3) (i32.const 0)"
        " (i32.const 0)))"
        "(drop (call $add (i32.const 0) (i32.const -1) (i32.const 3) (i32.const 0)"
        " (i32.const 0))) i32.const 0",
    )
    assert outcome_of(module).failed_calls == (
        FailedCall("proxy_add_header_map_value", "BAD_ARGUMENT", 2),
        FailedCall("proxy_add_header_map_value", "INVALID_MEMORY_ACCESS", 1),
    )


def test_what_overlaps_an_exchange_that_is_over_leaves_it_alone(guest, outcome_of, exchange):
    reply = (
        "(if (i32.eq (local.get 0) (i32.const 2)) (then (drop (call $reply (i32.const 403)"
        " (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)"
        " (i32.const -1))))) i32.const 0"
    )
    module = guest(uses="reply", on_request_headers=reply)
    first, second = outcome_of(module, exchange, replace(exchange, overlap=True)).exchanges
    assert (first.local_reply, first.request) == (LocalReply(403, ""), None)
    assert second.local_reply is None
    assert second.request
