"""The native loop gives what single runs give."""

import os
from pathlib import Path

import pytest

from tamis import _core, host
from tamis.errors import BadInput
from tamis.host.loading import compiled
from tamis.host.plugin import Limits, Plugin
from tamis.host.script import build
from tamis.model.exchange import Exchange, Request


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
    fixture = fixture_of(exchange, Exchange(Request(((":method", "GET"),))))
    module = compiled(busy, "1.40", fuel=True, stack=Limits().stack)
    raw = _core.run(module, build(fixture, Plugin(), Limits()))
    replay = host.replay(busy, fixture, 1000)
    assert replay.exchanges == 2000
    assert replay.hash == raw["hash"] * 1000 % 2**64
    assert replay.counts.calls["proxy_log"] == 2000
    assert replay.seconds > 0


def test_another_outcome_has_another_hash(busy, guest, fixture_of, exchange):
    hashes = {host.replay(m, fixture_of(exchange), 3).hash for m in (busy, guest())}
    assert len(hashes) == 2


def test_fuel_is_counted_on_demand_and_repeats(busy, fixture_of, exchange):
    fixture = fixture_of(exchange)
    figures = [host.replay(busy, fixture, n, fuel=True).counts.fuel for n in (10, 10, 20)]
    assert figures[0] == figures[1] < figures[2]
    assert host.replay(busy, fixture, 1).counts.fuel is None


def test_it_stops_when_the_guest_breaks(guest, fixture_of):
    module = guest(
        extra="(global $n (mut i32) (i32.const 3))",
        on_log="(global.set $n (i32.sub (global.get $n) (i32.const 1)))"
        "(if (i32.eqz (global.get $n)) (then unreachable))",
    )
    replay = host.replay(module, fixture_of(), 1000)
    assert replay.exchanges == 3
    assert replay.trap.kind == "unreachable"


def test_a_refused_start_and_a_refused_module(guest, fixture_of):
    replay = host.replay(guest(on_configure="i32.const 0"), fixture_of(), 10)
    assert (replay.start, replay.exchanges) == ("on_configure", 0)
    with pytest.raises(BadInput, match="does not load: Missing or unknown"):
        host.replay(b"garbage", fixture_of(), 10)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="counts pages in /proc")
def test_memory_does_not_grow(busy, fixture_of, exchange):
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    fixture = fixture_of(exchange)
    host.replay(busy, fixture, 1000)
    before = resident()
    host.replay(busy, fixture, 100_000)
    assert resident() - before < 1 << 20
