"""How a plugin is configured, its neighbours, and what all leave behind in a real Envoy."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.envoy.conftest import HEAD, PLAIN, outcome, told
from wasmtime import wat2wasm

from tamis import compare, host
from tamis.envoy import Judge
from tamis.envoy.judging.questions import Questions
from tamis.model.choices import FailurePolicy
from tamis.model.exchange import Exchange, Fixture, Request, Tick
from tamis.model.expectation import Expectation
from tamis.model.outcome import Run
from tamis.model.plugin import Beside, Plugin

Act = Callable[..., Run]

PLUGIN = Plugin("world", "root")


def test_environment(act: Act) -> None:
    plugin = replace(PLUGIN, environment={"A": "b", "C": "d"})
    assert told(act("R n", plugin=plugin), "R")[1:] == ["R n 2"]


def test_capabilities(act: Act) -> None:
    allowed = ("proxy_log", "proxy_get_buffer_bytes", "proxy_on_configure")
    allowed += ("proxy_on_context_create",)
    plugin = replace(PLUGIN, capabilities=(*allowed, "proxy_on_request_headers"))
    assert told(act("R d k v\nh d k v", plugin=plugin))[1:] == ["R d k v 10"]


def test_stopping_at_headers_alone(act: Act) -> None:
    body = Exchange(Request(HEAD, (b"a", b"b")))
    whole = replace(PLUGIN, allow_on_headers_stop_iteration=True)
    assert told(act("R z 1", body, plugin=whole), "B") == ["B 2 1 0", "B 2 1 1"]
    assert told(act("R z 1", body), "B") == []


@pytest.mark.parametrize(
    ("policy", "statuses"),
    [("closed", ["503", "503"]), ("open", ["503", "200"]), ("reload", ["503", "503"])],
)
def test_failure_policies(act: Act, policy: FailurePolicy, statuses: list[str]) -> None:
    plugin = replace(PLUGIN, failure_policy=policy)
    found = act("R !", PLAIN, Tick(1_600_000_000), PLAIN, plugin=plugin)
    responses = [seen.response for seen in outcome(found).exchanges]
    assert [each.headers[0][1] for each in responses if each] == statuses
    starts = [line.step for line in outcome(found).logs if line.message.startswith("c ")]
    assert starts == ([None, 2] if policy == "reload" else [None])


def test_plugins_beside_share_the_vm(act: Act) -> None:
    beside = (
        Beside(Plugin("one", "root"), b"c d k v"),
        Beside(Plugin("two", ""), b"c e k"),
    )
    found = act("R e k", beside=beside)
    start = [(line.plugin, line.message) for line in outcome(found).logs if line.step is None]
    assert start == [
        ("one", "c 1 0 0"),
        ("one", "c d k v 0"),
        ("two", "c 2 0 0"),
        ("two", "c e k 0 v"),
        ("", "c 3 0 0"),
        *(("one", "o 1 0 0"), ("one", "x 1 0 0"), ("two", "o 2 0 0"), ("two", "x 2 0 0")),
        *(("", "o 3 0 0"), ("", "x 3 0 0")),
    ]
    lines = [line.message for line in outcome(found).logs if line.step == 0]
    assert lines[:2] == ["R 4 5 1", "R e k 0 v"]


def test_a_plugin_beside_of_the_same_name(act: Act) -> None:
    found = act("R n", beside=(Beside(PLUGIN, b"c n"),))
    lines = [(line.plugin, line.message) for line in outcome(found).logs]
    assert lines[:4] == [
        *(("world", "c 1 0 0"), ("world", "c n 0")),
        *(("", "c 2 0 0"), ("", "R 3 5 1")),
    ]


def test_plugins_beside_in_another_vm(act: Act) -> None:
    beside = (
        Beside(Plugin("one", "root", vm_id="other"), b"c t 200\nc d k v"),
        Beside(Plugin("two", "root", vm_config=b"other"), b"c t 300"),
    )
    found = act("R e k", Tick(350_000_000), PLAIN, beside=beside)
    lines = [(line.plugin, line.message) for line in outcome(found).logs]
    assert lines[:5] == [
        ("one", "c 1 0 0"),
        ("one", "c t 200 0"),
        ("one", "c d k v 0"),
        ("two", "c 1 0 0"),
        ("two", "c t 300 0"),
    ]
    assert lines[5] == ("", "c 1 0 0")
    assert lines[6:8] == [("one", "k 1 0 0"), ("two", "k 1 0 0")]
    assert ("", "R e k 1 ") in lines


def test_a_plugin_beside_that_refuses(act: Act) -> None:
    beside = (Beside(Plugin("one", "root"), b"c z 1"),)
    found = outcome(act("R e k", beside=beside))
    assert (found.start, found.exchanges) == ("on_configure", ())
    assert found.logs[0].plugin == "one"


def test_a_named_vm_is_new_every_time(act: Act) -> None:
    plugin = replace(PLUGIN, vm_id="named")
    ask = Questions(shared_data=("k",))
    for _ in range(2):
        found = act("R e k\nR d k v", plugin=plugin, ask=ask)
        assert told(found, "R")[1:] == ["R e k 1 ", "R d k v 0"]
        assert outcome(found).shared_data == {"k": b"v"}


def test_shared_data_and_queues(act: Act) -> None:
    ask = Questions(shared_data=("first", "k", "none"), queues=("q", "none"))
    program = "c Q q\nR e first\nR d k v\nR E one\nR E two"
    found = act(program, shared_data={"first": b"\0\xff"}, ask=ask)
    assert outcome(found).shared_data == {"first": b"\0\xff", "k": b"v"}
    assert outcome(found).queues == {"q": (b"one", b"two"), "none": ()}
    assert told(found, "q") == ["q 1 1 0", "q 1 1 0"]
    found = act(program + "\nq D", ask=ask)
    assert outcome(found).queues["q"] == ()
    assert told(found, "q") == ["q 1 1 0", "q D 0 one", "q 1 1 0", "q D 0 two"]


def test_what_the_fixture_names_is_asked_for(act: Act) -> None:
    expect = Expectation(shared_data={"k": b"v"}, queues={"q": ()}, filter_state={"wasm.a": b"1"})
    found = act("R d k v\nR p a 1\nc Q q", expect=expect)
    assert found.skipped == ()
    assert outcome(found).shared_data == {"k": b"v"}
    assert (outcome(found).queues, outcome(found).filter_state) == ({"q": ()}, {"wasm.a": b"1"})


def test_what_is_not_asked_for_is_not_comparable(act: Act) -> None:
    found = act("c Q q\nR d k v\nR E one\nR p a b")
    assert [part.path for part in found.skipped] == ["filter_state", "queues", "shared_data"]


def test_filter_state_of_the_last_stream(act: Act) -> None:
    ask = Questions(filter_state=("wasm.a", "wasm.b"))
    program = "R p a one\nh p a two\nR v a"
    found = act(program, PLAIN, PLAIN, ask=ask)
    assert outcome(found).filter_state == {"wasm.a": b"two"}
    assert told(found, "R")[2] == "R v a 0 one"


def test_other_vms_that_write_shared_data(act: Act) -> None:
    ask = Questions(shared_data=("k",))
    assert act("c d k v", ask=ask).skipped == ()
    for program in ("c e k\nc d k v", "c t 100\nk d k v"):
        found = act(program, Tick(150_000_000), ask=ask)
        assert [part.path for part in found.skipped] == [""]


def test_metrics_of_one_vm(act: Act) -> None:
    program = (
        "c m 0 requests\nc m 1 level\nc m 2 times\nc + 0 1\nc = 1 9\n"
        "R + 0 2\nR + 1 3\nR = 2 5\nR m 0 requests\nR + 3 4"
    )
    found = act(program)
    assert found.skipped == ()
    assert outcome(found).metrics == {"requests": 7, "level": 12}
    assert outcome(act("c m 0 requests")).metrics == {"requests": 0}


def test_metrics_that_cannot_be_told_apart(act: Act) -> None:
    found = act("c m 0 one\nc m 0 two\nc + 0 1\nR + 0 1\nR + 1 4")
    assert [part.path for part in found.skipped] == ["metrics"]
    found = act("c m 0 one\nc m 0 two\nc + 0 1\nR + 0 1\nR + 1 3")
    assert outcome(found).metrics == {"one": 2, "two": 3}


def test_a_metric_that_is_read(act: Act) -> None:
    assert act("c m 0 one\nR + 0 1\nR ? 0").skipped == ()
    found = act("c m 0 one\nc + 0 1\nR ? 0")
    assert [part.path for part in found.skipped] == [""]


def test_few_envoys_stay_up(judge: Judge, world: bytes) -> None:
    for number in range(6):
        ask = Questions(filter_state=(f"wasm.{number}",))
        fixture = Fixture("f", Path("x.yaml"), (PLAIN,))
        judge.run(fixture, world, ask=ask)
    assert len(judge.processes) <= 4


BROKEN = """(module (memory (export "memory") 1) (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 0))
  (func (export "proxy_on_context_create") (param i32 i32) unreachable) {more})"""
STARTS = '(func (export "proxy_on_vm_start") (param i32 i32) (result i32) (i32.const {}))'


@pytest.mark.parametrize(
    ("more", "start"),
    [("", "ok"), (STARTS.format(1), "ok"), (STARTS.format(0), "on_context_create")],
)
def test_a_plugin_that_breaks_as_it_is_made(judge: Judge, more: str, start: str) -> None:
    """Envoy notices by what on_vm_start says; where there is none, every stream fails."""
    module = bytes(wat2wasm(BROKEN.format(more=more)))
    fixture = Fixture("broken", Path("x.yaml"), (PLAIN,))
    ours, theirs = host.run(module, fixture), judge.run(fixture, module)
    assert outcome(ours).start == outcome(theirs).start == start
    assert compare.differences(fixture, ours, theirs) == ()
    replies = [each.local_reply for each in outcome(theirs).exchanges]
    assert [each.details for each in replies if each] == ["wasm_fail_stream"] * (start == "ok")


UNWILLING = """(module
  (import "env" "proxy_define_metric" (func $define (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1) (func (export "proxy_abi_version_0_2_1"))
  (data (i32.const 16) "m")
  (func (export "malloc") (param i32) (result i32) (i32.const 0))
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (call $define (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 0))))"""


def test_what_a_refused_plugin_made_is_nobodys(judge: Judge) -> None:
    module = bytes(wat2wasm(UNWILLING))
    fixture = Fixture("unwilling", Path("x.yaml"), (PLAIN,))
    ours, theirs = host.run(module, fixture), judge.run(fixture, module)
    assert outcome(ours).start == outcome(theirs).start == "on_configure"
    assert outcome(ours).metrics == {"m": 0}
    assert [each.path for each in theirs.skipped] == ["metrics"]
    assert compare.differences(fixture, ours, theirs) == ()
