"""Each callback is charged its own, and all of them together are what the host counted."""

import threading

import pytest
from tests.unit.benches.conftest import REQUEST

from tamis import host
from tamis.benches.counts import count, counted
from tamis.benches.visits import visits
from tamis.errors import BadInput
from tamis.model.cost import REST, FunctionCost
from tamis.model.exchange import Answer, Exchange, Request, Tick
from tamis.model.outcome import total
from tamis.model.plugin import Beside, Plugin

GET, LOG, REPLY = "proxy_get_header_map_value", "proxy_log", "proxy_send_local_response"
BUSY = {
    "on_context_create": [],
    "on_configure": [(LOG, 2, b"configured")],
    "on_request_headers": [(GET, 0, b"x-a"), (GET, 0, b"x-b"), (LOG, 2, b"seen")],
    "on_request_body": [("proxy_get_buffer_bytes", 0, 0, 100)],
    "on_response_headers": [("proxy_add_header_map_value", 2, b"x-n", b"v")],
    "on_log": [(LOG, 2, b"logged")],
    "on_delete": [],
}


def test_a_callback_has_what_it_led_to(guest, costs):
    (fixture,) = costs(guest(**BUSY)).fixtures
    start, exchange, end = fixture.steps
    assert [(each.kind, each.step) for each in fixture.steps] == [
        ("start", None),
        ("exchange", 0),
        ("end", None),
    ]
    by_name = {each.callback: each for each in exchange.callbacks}
    headers = by_name["proxy_on_request_headers"]
    assert headers.runs == 1
    assert headers.allocations == 2
    assert headers.functions == (
        FunctionCost("malloc", 2),
        FunctionCost(GET, 2, bytes_in=2, bytes_out=6),
        FunctionCost(LOG, 1, bytes_out=4),
    )
    body = by_name["proxy_on_request_body"]
    assert (body.runs, body.counts.bytes_in, body.counts.crossings) == (2, 200, 6)
    assert headers.fuel > body.fuel / 2 > 0
    assert [each.callback for each in start.callbacks] == [
        "proxy_on_context_create",
        "proxy_on_configure",
    ]
    assert [each.callback for each in end.callbacks] == ["proxy_on_delete"]


def assert_whole(ran):
    """Nothing is lost, nothing twice."""
    for fixture, one in zip(counted(ran).fixtures, ran, strict=True):
        charged, known = total(step.counts for step in fixture.steps), one.outcome.counts
        assert charged.calls == dict(sorted(known.calls.items()))
        assert (charged.bytes_in, charged.bytes_out) == (known.bytes_in, known.bytes_out)
        assert (charged.allocations, charged.fuel) == (known.allocations, known.fuel)
        assert fixture.memory == known.memory_high_water > 0


def test_all_callbacks_together_are_what_the_host_counted(guest, ran, fixture_of):
    exchange = Exchange(Request(REQUEST, (b"abc",)), Answer(body=(b"d",)))
    assert_whole(ran(guest(**BUSY), fixture_of(), fixture_of(exchange, Tick(10**9), exchange)))


def test_callbacks_that_run_inside_of_another_count_for_themselves(guest, ran, fixture_of):
    module = guest(
        on_request_headers=[(REPLY, 403, b"", b"no", b"", -1), (LOG, 2, b"a")],
        on_response_headers=[(LOG, 2, b"bcd")],
    )
    runs = ran(module, fixture_of(Exchange(Request(REQUEST))))
    assert_whole(runs)
    out = {each.callback: each.counts.bytes_out for each in counted(runs).exchanges[0].callbacks}
    assert out == {"proxy_on_request_headers": 3, "proxy_on_response_headers": 3}


def test_streams_that_overlap_are_charged_their_own(guest, costs, fixture_of):
    module = guest(on_request_headers=[], on_response_headers=[(LOG, 2, b"x")], on_log=[])
    slow = Exchange(Request(REQUEST), Answer(after=20_000_000))
    fast = Exchange(Request(REQUEST), Answer(after=10_000_000), overlap=True)
    (fixture,) = costs(module, fixture_of(slow, fast)).fixtures
    first, second = fixture.exchanges
    assert first == second.__class__("exchange", 0, second.callbacks)
    assert [each.callback for each in first.callbacks] == [
        "proxy_on_request_headers",
        "proxy_on_response_headers",
        "proxy_on_log",
    ]


def test_ticks_are_no_exchanges(guest, costs, fixture_of):
    module = guest(
        on_configure=[("proxy_set_tick_period_milliseconds", 100)], on_tick=[], on_log=[]
    )
    (fixture,) = costs(module, fixture_of(Tick(10**9), Exchange(Request(REQUEST)))).fixtures
    assert [each.kind for each in fixture.steps] == ["start", "tick", "exchange", "end"]
    assert fixture.steps[1].callbacks[0].runs == 10
    assert [each.callback for each in fixture.exchanges[0].callbacks] == ["proxy_on_log"]


def test_another_plugin_in_a_vm_of_its_own_is_not_the_filter_s(guest, ran, fixture_of):
    beside = Beside(Plugin(name="other", vm_id="elsewhere"))
    runs = ran(guest(**BUSY), fixture_of(beside=(beside,)))
    assert_whole(runs)
    alone = ran(guest(**BUSY), fixture_of())
    assert counted(runs).callbacks == counted(alone).callbacks


def test_a_plugin_that_refuses_to_start_meets_no_exchange(costs, fixture_of):
    import wasmtime

    wat = """(module (func (export "proxy_abi_version_0_2_1")) (memory (export "memory") 1)
      (func (export "malloc") (param i32) (result i32) i32.const 4096)
      (func (export "proxy_on_configure") (param i32 i32) (result i32) i32.const 0))"""
    found = costs(bytes(wasmtime.wat2wasm(wat)), fixture_of())
    assert found.exchanges == ()
    assert "configure" in found.broken[0].start


@pytest.mark.parametrize(
    ("chunk", "call"),
    [
        (b"x", ("proxy_set_buffer_bytes", 0, 0, 1, b"y" * 4096)),
        (b"x" * 4096, ("proxy_get_buffer_bytes", 0, 0, 4096)),
    ],
)
def test_what_a_trace_cannot_hold_is_counted_all_the_same(chunk, call, guest, ran, fixture_of):
    body = (chunk,) * 9000
    module = guest(on_request_body=[call])
    runs = ran(module, fixture_of(Exchange(Request(REQUEST, body))))
    assert_whole(runs)
    cost = counted(runs)
    assert cost.fixtures[0].more > 0
    *_, rest = cost.exchanges[0].callbacks
    assert rest.callback == REST
    assert cost.counts.calls["proxy_on_request_body"] == 9000


def test_a_module_that_does_not_load(fixture_of):
    with pytest.raises(BadInput, match="the module does not load: "):
        list(count(b"\0asm\1\0\0\0", [fixture_of()]))


def test_a_visit_knows_its_step_and_its_answer(guest, fixture_of):
    fixture = fixture_of()
    run = host.run(guest(on_done=[], on_log=[]), fixture, trace=True)
    found = visits(fixture, run)
    assert [(each.callback, each.step, each.result) for each in found] == [
        ("proxy_on_log", 0, None),
        ("proxy_on_done", 0, 1),
        ("proxy_on_done", None, 1),
    ]


def test_counts_are_the_same_again_and_while_the_machine_is_busy(guest, costs, fixture_of):
    fixtures = [fixture_of(), fixture_of(Exchange(Request(REQUEST, (b"x" * 70_000,))), name="u")]
    module = guest(**BUSY)
    calm = costs(module, *fixtures)
    stop = threading.Event()

    def burn():
        while not stop.is_set():
            host.replay(module, fixtures[0], 200)

    threads = [threading.Thread(target=burn) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        assert [costs(module, *fixtures) for _ in range(3)] == [calm] * 3
    finally:
        stop.set()
        for thread in threads:
            thread.join()
