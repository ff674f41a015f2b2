"""The trace: every crossing, with what it was told and what it gave."""

import pytest

from tamis import host
from tamis.model.exchange import Exchange, Request
from tamis.model.plugin import Beside, Plugin
from tamis.model.trace import Excerpt, Trace

GET = Exchange(Request(((":method", "GET"), (":path", "/a"), ("x-y", "b"))))


@pytest.fixture
def traced(fixture_of):
    """Runs a module over one exchange and gives its trace."""

    def trace(module: bytes, **options) -> Trace:
        run = host.run(module, fixture_of(GET), trace=True, **options)
        assert run.trace is not None
        return run.trace

    return trace


def _text(trace: Trace) -> list[str]:
    return ["  " * each.depth + str(each) for each in trace.crossings]


def test_calls_nest_and_tell_what_they_mean(guest, traced):
    module = guest(
        uses="pairs add get log",
        data="x-y",
        on_request_headers="(drop (call $get (i32.const 0) (i32.const 1024) (i32.const 3)"
        " (i32.const 16) (i32.const 20)))"
        "(drop (call $pairs (i32.const 0) (i32.const 16) (i32.const 20)))"
        "(drop (call $add (i32.const 9) (i32.const 1024) (i32.const 3) (i32.const -1)"
        " (i32.const 5)))"
        "(drop (call $log (i32.const 2) (i32.const 1024) (i32.const 2))) i32.const 0",
        on_delete="",
    )
    assert _text(traced(module, fuel=False)) == [
        "[host->vm] proxy_on_request_headers(2, 4, 1) -> 0",
        '  [vm->host] proxy_get_header_map_value(0, "x-y") -> OK "b"',
        "    [host->vm] malloc(1) -> 4096",
        (
            '  [vm->host] proxy_get_header_map_pairs(0) -> OK {":method": "GET", ":path": "/a", '
            '"x-y": "b", "x-forwarded-proto": "http"}'
        ),
        "    [host->vm] malloc(86) -> 4096",
        (
            '  [vm->host] proxy_add_header_map_value(9, "x-y", <5 bytes outside of memory>)'
            " -> BAD_ARGUMENT"
        ),
        '  [vm->host] proxy_log(2, "x-") -> OK',
        "[host->vm] proxy_on_delete(2)",
        "[host->vm] proxy_on_delete(1)",
    ]


def test_fuel_is_that_of_each_guest_function(guest, traced, outcome_of):
    spin = "(local $i i32)(loop (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i)"
    module = guest(
        on_request_headers=f"{spin} (i32.const 1))) (i32.const 100)))) i32.const 0", on_log=""
    )
    fuel = {each.name: each.fuel for each in traced(module).crossings}
    assert fuel["proxy_on_request_headers"] > 100 * fuel["proxy_on_log"] > 0
    assert sum(fuel.values()) == outcome_of(module, GET).counts.fuel


def test_wasi_gives_numbers_and_bytes(guest, traced, fixture_of):
    module = guest(
        uses="random time write",
        data="\\00\\04\\00\\00\\03\\00\\00\\00",
        on_request_headers="(drop (call $random (i32.const 64) (i32.const 2)))"
        "(drop (call $write (i32.const 1) (i32.const 1024) (i32.const 1) (i32.const 16)))"
        "(drop (call $write (i32.const 7) (i32.const 1024) (i32.const 1) (i32.const 16)))"
        "(drop (call $time (i32.const 16))) i32.const 0",
    )
    _, random, written, refused, time = traced(module).crossings
    assert (random.arguments, random.status) == ((2,), "SUCCESS")
    assert isinstance(random.values[0], Excerpt)
    assert random.values[0].size == 2
    assert str(written) == '[vm->host] fd_write(1, "\\0\\x04\\0") -> SUCCESS 3'
    assert (refused.status, refused.values) == ("BADF", ())
    assert time.values == (fixture_of().now,)


def test_what_traps_says_so(guest, traced):
    module = guest(
        uses="log",
        on_request_headers="(drop (call $log (i32.const 9) (i32.const 0) (i32.const 0)))"
        " unreachable",
    )
    assert [(each.status, each.trapped) for each in traced(module).crossings] == [
        ("", True),
        ("BAD_ARGUMENT", False),
    ]


def test_a_start_that_fails_is_traced_too(guest, fixture_of):
    run = host.run(guest(on_configure="i32.const 0"), fixture_of(), trace=True)
    assert [str(each) for each in run.trace.crossings] == [
        "[host->vm] proxy_on_configure(1, 0) -> 0 [fuel 2]"
    ]
    assert run.trace.crossings[0].step is None


def test_steps_and_vms_are_told_apart(guest, fixture_of):
    beside = (Beside(Plugin(name="other", vm_id="v")),)
    module = guest(on_configure="i32.const 1", on_log="")
    run = host.run(module, fixture_of(GET, GET, beside=beside), trace=True)
    assert [(each.name, each.vm, each.step) for each in run.trace.crossings] == [
        ("proxy_on_configure", 0, None),
        ("proxy_on_configure", 1, None),
        ("proxy_on_log", 1, 0),
        ("proxy_on_log", 1, 1),
    ]
    assert str(run.trace.crossings[1]).startswith("[host->vm 1] ")


def test_a_trace_is_bounded(guest, traced):
    """Long values are cut; beyond a size crossings are only counted."""
    loop = (
        "(local $i i32)(loop (drop (call $log (i32.const 9) (i32.const 0) (i32.const 9000)))"
        " (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))"
        " (i32.const 10000)))) i32.const 0"
    )
    trace = traced(guest(uses="log", on_request_headers=loop, on_log=""))
    value = trace.crossings[1].arguments[1]
    assert (len(value.data), value.size) == (4096, 9000)
    assert str(value).endswith('\\0"... (9000 bytes)')
    assert trace.more > 1000
    assert len(trace.crossings) + trace.more == 10_002
    assert trace.crossings[0].result == 0


def test_it_changes_nothing(guest, fixture_of, exchange):
    module = guest(
        uses="pairs log",
        on_request_headers="(drop (call $pairs (i32.const 0) (i32.const 16) (i32.const 20)))"
        " i32.const 0",
        on_log="(drop (call $log (i32.const 2) (i32.const 0) (i32.const 3)))",
    )
    plain, traced = (host.run(module, fixture_of(exchange), trace=on) for on in (False, True))
    assert plain.trace is None
    assert plain.outcome == traced.outcome


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"plain", '"plain"'),
        (b'a"b\\c', '"a\\"b\\\\c"'),
        (b"\r\n\t\0\x1b", '"\\r\\n\\t\\0\\x1b"'),
        ("\u00e9\u202e".encode(), '"\u00e9\\xe2\\x80\\xae"'),
        (b"\xff", '"\\xff"'),
    ],
)
def test_bytes_are_shown_as_text(raw, shown):
    assert str(Excerpt(raw, len(raw))) == shown
