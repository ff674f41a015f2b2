"""What is measured in a real Envoy: shapes and notes, never a time."""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import wasmtime

from tamis.benches.timing import footprint as room
from tamis.benches.timing import timed as timing
from tamis.benches.timing.contenders import Contender
from tamis.benches.timing.footprint import footprint
from tamis.benches.timing.ring import Ring
from tamis.benches.timing.timed import Setting, timed
from tamis.envoy import Binary
from tamis.envoy.measuring.arena import Arena
from tamis.envoy.measuring.lanes import lua
from tamis.errors import BadInput, Fault
from tamis.fixtures.workload import choose
from tamis.model.exchange import Answer, Exchange, Fixture, Request
from tamis.model.measured import LeftOut

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(sys.platform != "linux", reason="what Envoy takes is in /proc"),
]

#: Some 25 us of work that no compiler can leave out, for each request.
BURN = """
    (local $left i32) (local $hash i32)
    (local.set $left (i32.const 20000))
    (loop $again
      (local.set $hash (i32.add (i32.mul (local.get $hash) (i32.const 16777619)) (local.get $left)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $again (local.get $left)))
    (i32.store (i32.const 64) (local.get $hash))
    i32.const 0"""
#: Requests with more than 6 headers, which the second parameter tells, are held for ever.
PAUSE = "(i32.gt_u (local.get 1) (i32.const 6))"
MODULE = """(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) i32.const 4096)
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) {body}))"""
QUICK = Setting(envoys=2, rounds=4, seconds=0.1, whole=False)
HEAD = ((":method", "GET"), (":path", "/"))


def wasm(body: str) -> Contender:
    return Contender("wasm", wasmtime.wat2wasm(MODULE.replace("{body}", body)))


def script(text: str) -> Contender:
    return Contender("lua", typed=(lua(text),))


def exchange(*headers: tuple[str, str], **rest: object) -> Exchange:
    return Exchange(Request((*HEAD, *headers), **rest), Answer(((":status", "201"),), (b"ok",)))


@pytest.fixture(autouse=True)
def _once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no reason to measure again."""
    monkeypatch.setattr(room, "_TIMES", 1)
    monkeypatch.setattr(timing, "_AGAIN", 0)


@pytest.fixture
def ring(binary: Binary) -> Callable[..., Ring]:
    """ring(contender, ..., exchanges=...), without chains."""

    def make(*contenders: Contender, exchanges: tuple[Exchange, ...] = (exchange(),)) -> Ring:
        load = choose((Fixture("f", Path("f.yaml"), exchanges),), b"")
        return Ring(binary, contenders, load, chain=False)

    return make


def test_work_is_seen(ring) -> None:
    tried, notes = replace(ring(wasm(BURN), script("")), chain=True).tried()
    assert notes == ()
    lanes = ("nothing", "wasm", "wasm x8", "lua", "lua x8")
    assert tried.statuses == {lane: [201] for lane in lanes}
    said: list[str] = []
    found = timed(tried, QUICK, said.append)
    burning = found.variant("wasm")
    assert burning
    assert burning.added_us.low > 1
    assert burning.further_us
    assert burning.further_us.low > 1
    assert (found.envoys, found.chain, found.exchanges) == (2, 8, 1)
    assert [each.name for each in found.latencies] == ["nothing", "wasm", "lua"]
    assert [percent for percent, _ in found.latencies[0].points] == [50, 99, 99.9]
    assert found.notes == ()
    assert said[0] == "slices, in Envoy 1 of 2"


def test_bodies_and_trailers_travel(ring) -> None:
    every = (
        exchange(body=(b"one", b"two")),
        exchange(body=(b"three",), trailers=(("x-t", "1"),)),
        exchange(trailers=(("x-t", "1"),)),
        exchange(),
    )
    tried, notes = ring(script(""), exchanges=every).tried()
    assert (notes, tried.load.left_out) == ((), ())
    assert tried.statuses == {"nothing": [201] * 4, "lua": [201] * 4}


def test_other_work_is_noted(ring) -> None:
    denies = script(
        "function envoy_on_request(h)\n"
        '  if h:headers():get("x-a") then h:respond({[":status"] = "403"}, "no") end\n'
        "end"
    )
    every = (exchange(), exchange(("x-a", "1")))
    tried, notes = ring(wasm("i32.const 0"), denies, exchanges=every).tried()
    assert notes == (
        "lua answers 1 of the exchanges with another status than wasm: it does other work",
    )
    assert tried.statuses["lua"] == [201, 403]


def test_a_chain_that_does_other_work_is_noted(ring) -> None:
    once = script(
        "function envoy_on_request(h)\n"
        '  if h:headers():get("x-a") then h:respond({[":status"] = "403"}, "no") end\n'
        '  h:headers():add("x-a", "1")\n'
        "end"
    )
    _, notes = replace(ring(once), chain=True).tried()
    assert notes == (
        "lua x8 answers 1 of the exchanges with another status than lua: it does other work",
    )


def test_a_limit_that_load_alone_meets_is_noted(ring) -> None:
    limits = script(
        "local seen = 0\n"
        "function envoy_on_request(h)\n"
        "  seen = seen + 1\n"
        '  if seen > 50 then h:respond({[":status"] = "429"}, "slowly") end\n'
        "end"
    )
    tried, notes = ring(limits).tried()
    assert notes == ()
    for seconds, requests in ((0, 800), (0.1, 900)):
        setting = Setting(envoys=1, rounds=2, seconds=seconds, whole=False)
        (note,) = timed(tried, setting, lambda _: None).notes
        assert note.startswith(f"under load lua answers {requests} of {requests} requests with ")
        assert "(429)" in note


def test_what_never_answers_is_left_out(ring) -> None:
    held = exchange(*((f"x-{at}", "1") for at in range(6)))
    tried, _ = ring(wasm(PAUSE), exchanges=(exchange(), held)).tried()
    assert tried.load.left_out == (LeftOut("it is not answered with wasm", 1),)
    assert tried.statuses == {"nothing": [201], "wasm": [201]}
    with pytest.raises(BadInput, match=r"Envoy: it is not answered with wasm \(1\)"):
        ring(wasm(PAUSE), exchanges=(held,)).tried()


def test_what_closes_its_connection_is_left_out(ring) -> None:
    """As Envoy does with a request that is answered before all of it is there."""
    denies = script('function envoy_on_request(h) h:respond({[":status"] = "403"}, "no") end')
    tried, _ = ring(denies, exchanges=(exchange(), exchange(body=(b"x" * 400_000,)))).tried()
    assert tried.load.left_out == (LeftOut("its connection is closed with lua", 1),)


def test_envoys_own_words_tell_what_it_refuses(ring) -> None:
    bad = script("function (")
    good = ring(wasm("i32.const 0"), bad)
    assert good.refusal(good.contenders[0]) is None
    why = good.refusal(bad)
    assert why
    assert "script load error" in why


def test_the_shim_is_there_for_twins_alone(ring) -> None:
    """One that Envoy does not take spoils nothing else, and its memory is no other lane's."""
    twin = Contender("native", b"no library", "twin")
    both = replace(ring(wasm("i32.const 0"), twin), shim=b"no library")
    assert both.refusal(both.contenders[0]) is None
    assert both.refusal(twin)
    assert both.of([twin]).shim == b"no library"
    assert both.of(both.contenders[:1]).shim == both.of([]).shim == b""
    memory, _ = footprint(both.of(both.contenders[:1]))
    assert [each.name for each in memory] == ["wasm"]


def test_memory_and_starts_have_bounds(ring) -> None:
    left: list[int] = []
    memory, starts = footprint(ring(wasm("i32.const 0"), script("")), left.append)
    assert left == list(range(6, 0, -1))
    machine, other = memory
    assert (machine.name, other.name) == ("wasm", "lua")
    assert machine.vm
    assert machine.worker
    assert machine.filter.low == machine.filter.high
    assert (other.vm, other.worker) == (None, None)
    assert [each.name for each in starts] == ["nothing", "wasm", "lua"]
    assert all(each.ms.low > 0 for each in starts)


def test_an_envoy_that_ends_is_a_fault(ring) -> None:
    with ring(script("")).arena() as arena:
        missing = arena.unanswered("lua", 1, 3)
        assert missing.what == "lua: 1 of 3 requests were not answered"
        assert "tamis test --host envoy" in missing.advice()
        os.kill(arena._process.pid, signal.SIGKILL)
        with pytest.raises(Fault, match="Envoy ended with SIGKILL when lua was asked: "):
            arena.unanswered("lua", 1, 3)
        with pytest.raises(Fault, match="Envoy ended with SIGKILL: ") as error:
            arena.worker()
        assert str(arena.folder.root) in error.value.advice()
    shutil.rmtree(arena.folder.root)


def test_ctrl_c_leaves_no_envoy_behind(ring, monkeypatch) -> None:
    running: list[Path] = []

    def interrupted(arena: Arena, *_: object, **__: object) -> None:
        running.append(Path(f"/proc/{arena._process.pid}"))
        assert running[0].exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(timing, "slices", interrupted)
    with pytest.raises(KeyboardInterrupt):
        timed(ring(script("")), QUICK, lambda _: None)
    assert len(running) == 1
    assert not running[0].exists()
