"""Guests that mean harm: each ends as a verdict, and this process lives on."""

import pytest

from tamis import host
from tamis.model.outcome import LocalReply
from tamis.model.plugin import Limits

FAR = "(i32.const 0xfffffff0)"
LIMITS = Limits(deadline_ms=50, memory=4 << 20)

TRAPS = {
    "unreachable": ("unreachable", "unreachable"),
    "load out of bounds": ("(i32.load (i32.const 0xfffffff0)) drop", "oob"),
    "endless loop": ("(loop br 0)", "deadline"),
    "endless recursion": ("(call $deep)", "stack"),
    "division by zero": ("(i32.div_s (i32.const 1) (i32.const 0)) drop", "other"),
    "endless memory": (
        "(loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable",
        "unreachable",
    ),
    "indirect call of nothing": ("(call_indirect (i32.const 5))", "other"),
}


@pytest.mark.parametrize(("body", "kind"), TRAPS.values(), ids=TRAPS.keys())
def test_traps(guest, outcome_of, body, kind):
    module = guest(
        extra="(table 10 funcref) (func $deep (call $deep))",
        on_request_headers=f"{body} i32.const 0",
        on_log="unreachable",
    )
    outcome = outcome_of(module, limits=LIMITS)
    assert outcome.trap is not None
    assert (outcome.trap.kind, outcome.trap.callback) == (kind, "proxy_on_request_headers")
    assert outcome.trap.text
    (only,) = outcome.exchanges
    assert only.request is None
    assert only.local_reply == LocalReply(503, "wasm_fail_stream")
    assert only.response.headers == ((":status", "503"),)


def test_a_broken_vm_stays_broken(guest, outcome_of, exchange):
    module = guest(on_response_headers="unreachable")
    outcome = outcome_of(module, exchange, exchange)
    first, second = outcome.exchanges
    assert first.request is not None
    assert second.request is None
    assert [e.local_reply.status for e in outcome.exchanges] == [503, 503]
    assert outcome.counts.calls["proxy_on_response_headers"] == 1


def test_a_trap_after_the_headers_left_cuts_the_response(guest, outcome_of, exchange):
    (only,) = outcome_of(guest(on_response_body="unreachable"), exchange).exchanges
    assert (only.reset, only.response.complete) == ("filter", False)


@pytest.mark.parametrize(
    ("callback", "start"),
    [
        ("on_context_create", "ok"),  # as Envoy has it: every stream fails
        ("on_vm_start", "on_vm_start"),
        ("on_configure", "on_configure"),
    ],
)
def test_a_trap_at_start(guest, outcome_of, callback, start):
    outcome = outcome_of(guest(**{callback: "unreachable"}))
    assert outcome.start == start
    assert outcome.trap.callback == f"proxy_{callback}"
    assert len(outcome.exchanges) == (1 if start == "ok" else 0)


def test_an_endless_start_ends(guest, outcome_of):
    outcome = outcome_of(guest(on_configure="(loop br 0) i32.const 1"), limits=LIMITS)
    assert (outcome.start, outcome.trap.kind) == ("on_configure", "deadline")


def test_an_endless_start_section_ends(guest, fixture_of):
    module = guest(extra="(func $s (loop br 0)) (start $s)")
    run = host.run(module, fixture_of(), limits=LIMITS)
    assert run.problems == ("Failed to create new Wasm instance",)


def test_a_start_section_that_calls_the_host(guest, fixture_of):
    call = "(drop (call $log (i32.const 0) (i32.const 0) (i32.const 0)))"
    run = host.run(guest(uses="log", extra=f"(func $s {call}) (start $s)"), fixture_of())
    assert run.problems == ("Failed to create new Wasm instance",)


@pytest.mark.parametrize(
    "call",
    [
        f"(call $log (i32.const 0) {FAR} {FAR})",
        f"(call $add (i32.const 0) {FAR} {FAR} {FAR} {FAR})",
        f"(call $get (i32.const 0) {FAR} {FAR} {FAR} {FAR})",
        f"(call $pairs (i32.const 0) {FAR} {FAR})",
        f"(call $reply {FAR} {FAR} {FAR} {FAR} {FAR} {FAR} {FAR} {FAR})",
        f"(call $set_body (i32.const 0) (i32.const 0) {FAR} {FAR} {FAR})",
        f"(call $time {FAR})",
        "(call $log (i32.const 0) (i32.const 65536) (i32.const 1))",
        "(call $log (i32.const 0) (i32.const 1) (i32.const -1))",
    ],
)
def test_pointers_out_of_range(guest, outcome_of, call):
    tell = f"(drop (call $log (i32.const 2) (i32.const 0) {call}))"
    module = guest(
        uses="log add get pairs reply set_body time", on_request_headers=f"{tell} i32.const 0"
    )
    outcome = outcome_of(module)
    assert outcome.trap is None
    assert [len(line.message) for line in outcome.logs] == [6]


@pytest.mark.parametrize("address", ["0", "0xfffffff0", "65535", "-1"])
def test_an_allocator_that_returns_garbage(guest, outcome_of, address):
    malloc = f'(func (export "malloc") (param i32) (result i32) i32.const {address})'
    look = "(call $pairs (i32.const 0) (i32.const 16) (i32.const 20))"
    tell = f"(drop (call $log (i32.const 2) (i32.const 0) {look})) i32.const 0"
    outcome = outcome_of(guest(uses="log pairs", malloc=malloc, on_request_headers=tell))
    assert [len(line.message) for line in outcome.logs] == [6]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("unreachable", "unreachable"),
        ("(drop (call $pairs (i32.const 0) (i32.const 16) (i32.const 20))) i32.const 64", "other"),
        ("(loop br 0) i32.const 64", "deadline"),
    ],
)
def test_an_allocator_that_breaks_or_calls_back(guest, outcome_of, body, kind):
    malloc = f'(func (export "malloc") (param i32) (result i32) {body})'
    look = "(drop (call $pairs (i32.const 0) (i32.const 16) (i32.const 20))) i32.const 0"
    module = guest(uses="pairs", malloc=malloc, on_request_headers=look)
    outcome = outcome_of(module, limits=LIMITS)
    assert (outcome.trap.kind, outcome.trap.callback) == (kind, "malloc")


@pytest.mark.parametrize(
    ("uses", "body"),
    [
        ("log", "(drop (call $log (i32.const 2) (i32.const 0) (i32.const 65536)))"),
        ("log", "(drop (call $log (i32.const 2) (i32.const 0) (i32.const 0)))"),
        (
            "add",
            "(drop (call $add (i32.const 0) (i32.const 0) (i32.const 9) (i32.const 9) (call $n)))",
        ),
    ],
)
def test_floods_are_bounded(guest, outcome_of, uses, body):
    size = "(func $n (result i32) i32.const 60000)"
    module = guest(uses=uses, extra=size, on_request_headers=f"(loop {body} br 0) i32.const 0")
    outcome = outcome_of(module, limits=Limits(log_bytes=1 << 20))
    assert outcome.trap.kind == "oom"
    assert outcome.trap.text.startswith("output limit: more than ")


def test_a_body_flood_is_bounded(guest, outcome_of, exchange):
    grow = (
        "(call $set_body (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 60000))"
    )
    module = guest(uses="set_body", on_response_body=f"(loop (drop {grow}) br 0) i32.const 0")
    outcome = outcome_of(module, exchange, limits=Limits(body_bytes=1 << 20))
    assert outcome.trap.text == "output limit: more than 1048576 bytes of body"


def test_a_huge_table(guest, fixture_of):
    run = host.run(guest(extra="(table 20000000 funcref)"), fixture_of())
    (problem,) = run.problems
    assert problem.startswith("Failed to load Wasm bytecode: table index 0 has a minimum element")


def test_no_memory_at_all(guest, outcome_of):
    tell = "(drop (call $log (i32.const 2) (i32.const 0) (i32.const 1)))"
    outcome = outcome_of(guest(uses="log", memory="", on_log=tell))
    assert (outcome.trap, outcome.logs) == (None, ())
