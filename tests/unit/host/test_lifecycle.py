"""Contexts: which there are, in which order they hear of what, and how they end."""

import pytest
from tests.unit.host.talking_guest import CALLOUT, talking, told

from tamis.model.exchange import (
    Answer,
    CalloutMatch,
    CalloutReply,
    CalloutRule,
    Connection,
    Exchange,
    Request,
    Tick,
)
from tamis.model.plugin import Beside, Plugin

HEADERS = ((":method", "POST"), (":path", "/a"), (":scheme", "http"), (":authority", "h"))
OK = ((":status", "200"),)
PLAIN = Exchange(Request(HEADERS, (b"ab",)), Answer(OK, (b"xyz",)))
ZERO, ONE = "(i32.const 0)", "(i32.const 1)"
#: Says the context's id, a digit.
WHO = "(call $say (i32.add (i32.const 17) (local.get 0)))"
SERVICE = (Beside(Plugin(name="service"), b"!"),)


@pytest.fixture
def speaking(guest):
    """Makes an HTTP filter that talks."""

    def make(**acts: str) -> bytes:
        every = dict.fromkeys(("on_request_headers", "on_request_body"), ZERO)
        every |= dict.fromkeys(("on_response_headers", "on_response_body"), ZERO)
        return talking(guest, http=True, **(every | acts))

    return make


def test_an_exchange_is_logged_then_done(speaking, outcome_of):
    assert told(outcome_of(speaking(), PLAIN).logs) == "VPchbHBlxk"


def test_a_connection_is_done_then_logged(guest, outcome_of):
    assert told(outcome_of(talking(guest), Connection()).logs) == "VPcnd(.)u(.)U0D1xlk"


def test_a_stream_cannot_put_off_its_end(speaking, guest, outcome_of):
    not_yet = {"on_done": ZERO}
    assert told(outcome_of(speaking(**not_yet), PLAIN).logs) == "VPchbHBlxk"
    words = told(outcome_of(talking(guest, **not_yet), Connection()).logs)
    assert words == "VPcnd(.)u(.)U0D1xlk"


def test_ids_count_up_from_the_plugins(speaking, outcome_of):
    acts = {"on_vm_start": WHO + ONE, "on_configure": WHO + ONE, "on_log": WHO}
    logs = outcome_of(speaking(**acts), PLAIN, PLAIN).logs
    assert told(logs) == "V1P1" + "chbHBl2xk" + "chbHBl3xk"
    logs = outcome_of(speaking(**acts), PLAIN, fixture={"beside": SERVICE}).logs
    assert told(logs) == "V1P1" + "V2P2" + "chbHBl3xk"
    assert [line.plugin for line in logs[:8]] == ["service"] * 4 + [""] * 4


def test_each_vm_counts_for_itself(speaking, outcome_of):
    acts = {"on_vm_start": WHO + ONE, "on_log": WHO}
    other = (Beside(Plugin(name="service", vm_id="other")),)
    logs = outcome_of(speaking(**acts), PLAIN, fixture={"beside": other}).logs
    assert told(logs) == "V1P" + "V1P" + "chbHBl2xk"


@pytest.mark.parametrize("refusing", ["on_vm_start", "on_configure"])
def test_a_plugin_beside_that_refuses(speaking, outcome_of, refusing):
    result = outcome_of(speaking(**{refusing: ZERO}), PLAIN, fixture={"beside": SERVICE})
    assert (result.start, result.exchanges) == (refusing, ())
    assert told(result.logs) == ("V" if refusing == "on_vm_start" else "VP")


def test_the_steps_of_a_timer_and_a_callout(speaking, outcome_of):
    start = f"(drop (call $timer (i32.const 10))) {ONE}"
    module = speaking(uses="timer http_call", on_configure=start, on_tick=CALLOUT)
    rule = CalloutRule(CalloutMatch("a"), CalloutReply(after=1_000_000))
    logs = outcome_of(module, PLAIN, Tick(15_000_000), PLAIN, fixture={"callouts": (rule,)}).logs
    assert [(line.message, line.step) for line in logs if line.message in "tr"] == [
        ("t", 1),
        ("r", 1),
    ]


# -- the plugins are taken out -------------------------------------------------------------------


def test_plugins_end_in_the_order_of_their_start(speaking, outcome_of):
    acts = {"on_done": WHO + ONE, "on_delete": WHO}
    result = outcome_of(speaking(**acts), PLAIN, fixture={"beside": SERVICE})
    assert told(result.logs, end=True) == "VPVP" + "chbHBlx3k3" + "x1k1" + "x2k2"
    last = result.logs[-4:]
    assert {line.step for line in result.logs[-8:]} == {None}
    assert [line.plugin for line in last] == [""] * 4


def test_a_plugin_that_is_not_done_goes_with_its_vm(speaking, outcome_of):
    result = outcome_of(speaking(on_done=ZERO))
    assert told(result.logs, end=True).endswith("lxk" + "x")


def test_another_plugin_says_that_it_is_done(speaking, outcome_of):
    """The first says not yet; the second, at its own end, speaks for it."""
    first = "(i32.eq (local.get 0) (i32.const 1))"
    act = f"""
      (if {first} (then {WHO} (return {ZERO})))
      (drop (call $effective (i32.const 1)))
      (if (i32.eqz (call $done)) (then (call $say (i32.const 17))))
      {WHO} {ONE}
    """
    module = speaking(uses="effective done", on_done=act, on_delete=WHO)
    result = outcome_of(module, Tick(1), fixture={"beside": SERVICE})
    assert told(result.logs, end=True) == "VPVP" + "x1" + "x02k2k1"


def test_nobody_is_done_before_it_was_asked(speaking, outcome_of):
    act = f"(if (i32.eq (call $done) (i32.const 1)) (then (call $say (i32.const 17)))) {ZERO}"
    assert told(outcome_of(speaking(uses="done", on_request_headers=act), PLAIN).logs) == (
        "VPch0bHBlxk"
    )


def test_a_vm_that_broke_hears_nothing_of_its_end(speaking, outcome_of):
    result = outcome_of(speaking(on_log="unreachable"), PLAIN)
    assert told(result.logs, end=True) == "VPchbHBl"


def test_a_guest_may_break_at_its_end(speaking, outcome_of):
    act = f"(if (i32.eq (local.get 0) (i32.const 1)) (then unreachable)) {ONE}"
    result = outcome_of(speaking(on_done=act), PLAIN)
    assert result.trap.callback == "proxy_on_done"
    assert told(result.logs, end=True).endswith("lxkx")
