"""The native loop gives what single runs give."""

import os
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tamis import _core, host
from tamis.errors import BadInput
from tamis.host.loading import compiled
from tamis.host.script import build
from tamis.model.exchange import CalloutMatch, CalloutReply, CalloutRule, Exchange, Request
from tamis.model.expectation import Expectation
from tamis.model.plugin import Limits
from tamis.model.replayed import Broken, merge

GET = Exchange(Request(((":method", "GET"),)))


@pytest.fixture
def busy(guest):
    """Reads, adds and logs."""
    headers = (
        "(drop (call $pairs (i32.const 0) (i32.const 16) (i32.const 20)))"
        "(drop (call $add (i32.const 0) (i32.const 1024) (i32.const 3) (i32.const 1024)"
        " (i32.const 3)))"
        "(drop (call $log (i32.const 2) (i32.const 1024) (i32.const 3))) i32.const 0"
    )
    return guest(uses="pairs add log", data="x-y", on_request_headers=headers)


def test_its_hash_is_that_of_a_run(busy, fixture_of, exchange):
    fixture = fixture_of(exchange, GET)
    module = compiled(busy, "1.40", fuel=True, stack=Limits().stack)
    raw = _core.run(module, build(fixture, Limits(), envoy_minor=40))
    replay = host.replay(busy, fixture, 1000)
    assert replay.exchanges == 2000
    assert replay.hash == raw["hash"] * 1000 % 2**64
    assert replay.counts.calls["proxy_log"] == 2000
    assert replay.seconds > 0
    assert replay.ok


def test_another_outcome_has_another_hash(busy, guest, fixture_of, exchange):
    hashes = {host.replay(m, fixture_of(exchange), 3).hash for m in (busy, guest())}
    assert len(hashes) == 2


def test_fuel_is_counted_on_demand_and_repeats(busy, fixture_of, exchange):
    fixture = fixture_of(exchange)
    figures = [host.replay(busy, fixture, n, fuel=True).counts.fuel for n in (10, 10, 20)]
    assert figures == [figures[0], figures[0], 2 * figures[0]]
    assert host.replay(busy, fixture, 1).counts.fuel is None


def test_the_start_is_not_in_the_counts(guest, fixture_of):
    module = guest(on_configure="i32.const 1", on_log="")
    assert host.replay(module, fixture_of(), 5).counts.calls == {"proxy_on_log": 5}


def test_threads_have_vms_of_their_own_and_their_sums_merge(busy, fixture_of, exchange):
    fixture = fixture_of(exchange)
    whole = host.replay(busy, fixture, 8000, fuel=True)
    with ThreadPoolExecutor(4) as pool:
        parts = pool.map(lambda _: host.replay(busy, fixture, 2000, fuel=True), range(4))
        merged = merge(parts)
    assert (merged.exchanges, merged.hash) == (whole.exchanges, whole.hash)
    assert merged.counts == whole.counts
    assert merged.vms == 4


def test_several_fixtures_at_once(busy, guest, fixture_of, exchange):
    units = [(fixture_of(exchange), 3), (fixture_of(GET, GET), 2)]
    merged = host.replay_all(busy, units)
    assert (merged.exchanges, merged.vms) == (7, 2)
    assert merged.hash == sum(host.replay(busy, *unit).hash for unit in units) % 2**64


def test_what_goes_in_and_what_comes_out_can_be_pickled(busy, fixture_of, exchange):
    units = [(fixture_of(exchange, beside=(), properties={("a",): b"b"}), 1)]
    assert pickle.loads(pickle.dumps(units)) == units
    result = host.replay_all(busy, units)
    assert pickle.loads(pickle.dumps(result)) == result


def test_it_stops_when_the_guest_breaks(guest, fixture_of):
    module = guest(
        extra="(global $n (mut i32) (i32.const 3))",
        on_log="(global.set $n (i32.sub (global.get $n) (i32.const 1)))"
        "(if (i32.eqz (global.get $n)) (then unreachable))",
    )
    replay = host.replay(module, fixture_of(), 1000)
    assert replay.exchanges == 3
    (broken,) = replay.broken
    assert (broken.fixture, broken.start, broken.trap.kind) == ("t", "ok", "unreachable")
    expected = host.replay(module, fixture_of(expect=Expectation(trap="unreachable")), 1000)
    assert expected.ok


def test_it_stops_when_it_is_told(busy, fixture_of):
    stop = host.Stop()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(host.replay, busy, fixture_of(), 10**12, stop=stop)
        threading.Event().wait(0.1)
        told = time.perf_counter()
        stop.set()
        assert running.result().exchanges > 0
    assert time.perf_counter() - told < 1


def test_a_refused_start_and_a_refused_module(guest, fixture_of):
    module = guest(on_configure="i32.const 0")
    replay = host.replay(module, fixture_of(), 10)
    assert (replay.exchanges, replay.broken) == (0, (Broken("t", start="on_configure"),))
    assert host.replay(module, fixture_of(expect=Expectation(start="refused")), 10).ok
    with pytest.raises(BadInput, match="does not load: Missing or unknown"):
        host.replay(b"garbage", fixture_of(), 10)


@pytest.fixture
def caller(guest):
    """Calls the cluster `c` with the path /a."""
    pairs = b"".join(n.to_bytes(4, "little") for n in (3, 7, 4, 5, 2, 10, 1))
    pairs += b":method\0POST\0:path\0/a\0:authority\0h\0"
    data = "c" + "".join(f"\\{byte:02x}" for byte in pairs)
    call = (
        f"(drop (call $http_call (i32.const 1024) (i32.const 1) (i32.const 1025)"
        f" (i32.const {len(pairs)}) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)"
        " (i32.const 1000) (i32.const 8))) i32.const 0"
    )
    return guest(uses="http_call", data=data, on_request_headers=call)


def test_each_pass_is_answered_anew(caller, fixture_of):
    rule = CalloutRule(CalloutMatch("c"), CalloutReply(), times=1)
    replay = host.replay(caller, fixture_of(callouts=(rule,)), 3)
    assert (replay.ok, replay.exchanges) == (True, 3)


def test_a_callout_that_nobody_answers_is_told(caller, fixture_of):
    rule = CalloutRule(CalloutMatch("c", {":path": "/b"}), CalloutReply())
    replay = host.replay(caller, fixture_of(callouts=(rule,)), 3)
    assert replay.broken == (Broken("t", unanswered=3),)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="counts pages in /proc")
def test_memory_does_not_grow(busy, fixture_of, exchange):
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    fixture = fixture_of(exchange)
    host.replay(busy, fixture, 1000)
    before = resident()
    host.replay(busy, fixture, 100_000)
    assert resident() - before < 1 << 20


def test_a_forked_process_makes_engines_of_its_own(busy, fixture_of, exchange):
    """Those of its parent have a clock whose thread it does not have."""
    fixture = fixture_of(exchange)
    for _ in range(50):
        host.run(busy, fixture)
    child = os.fork()
    if child == 0:
        os._exit(0 if host.run(busy, fixture).outcome.start == "ok" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
