"""Traces cut up, as they come from the host and as they hardly ever do."""

from tests.unit.benches.conftest import REQUEST

from tamis.benches.visits import visits
from tamis.model.exchange import Exchange, Request, Tick
from tamis.model.outcome import Run
from tamis.model.trace import Crossing, Trace


def traced(fixture, *crossings):
    return visits(fixture, Run("t", "wasmtime", None, trace=Trace(crossings)))


def to_guest(name, *arguments, **rest):
    return Crossing("host->vm", name, arguments, **rest)


def test_what_runs_inside_of_another_is_taken_out_of_it(fixture_of):
    outer, inner = traced(
        fixture_of(),
        to_guest("proxy_on_request_headers", 2, 0, 1, step=0, fuel=100, bytes_out=9, allocations=2),
        Crossing("vm->host", "proxy_send", depth=1, step=0, bytes_out=9, bytes_in=7, allocations=2),
        to_guest("malloc", 5, depth=2, step=0, fuel=10),
        to_guest(
            "proxy_on_log", 2, depth=2, step=0, fuel=30, bytes_out=4, bytes_in=6, allocations=1
        ),
        Crossing("vm->host", "proxy_log", depth=3, step=0, bytes_out=4, bytes_in=6, allocations=1),
    )
    assert (outer.callback, outer.fuel) == ("proxy_on_request_headers", 70)
    assert [(c.name, c.bytes_out, c.bytes_in, c.allocations) for c in outer.calls] == [
        ("proxy_send", 5, 1, 1),
        ("malloc", 0, 0, 0),
    ]
    assert (inner.callback, inner.fuel) == ("proxy_on_log", 30)
    assert [(c.name, c.bytes_out, c.bytes_in, c.allocations) for c in inner.calls] == [
        ("proxy_log", 4, 6, 1)
    ]


def test_a_plugin_s_own_callbacks_belong_to_the_step_under_way(fixture_of):
    exchange = Exchange(Request(REQUEST))
    found = traced(
        fixture_of(exchange, Tick(1), exchange),
        to_guest("proxy_on_tick", 1, step=0),
        to_guest("proxy_on_request_headers", 2, 0, 1, step=0),
        to_guest("proxy_on_tick", 1, step=1),
        to_guest("proxy_on_http_call_response", 1, 0, 0, 0, 0, step=2),
        to_guest("proxy_on_http_call_response", 2, 0, 0, 0, 0, step=2),
        to_guest("proxy_on_request_headers", 3, 0, 1, step=2),
    )
    assert [each.step for each in found] == [0, 0, 1, 2, 0, 2]


def test_entry_points_have_no_context(fixture_of):
    (start, main) = traced(fixture_of(), to_guest("_initialize"), to_guest("main", 0, 0))
    assert (start.step, main.step) == (None, None)
