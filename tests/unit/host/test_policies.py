"""What becomes of traffic once a guest has broken: closed, open, reload."""

import pytest
from tests.unit.host.talking_guest import CALLOUT, talking, told

from tamis.model.choices import FAILURE_POLICIES
from tamis.model.exchange import (
    DEFAULT_NOW,
    Answer,
    CalloutMatch,
    CalloutReply,
    CalloutRule,
    Connection,
    ConnectionEvent,
    Exchange,
    Request,
    Tick,
)
from tamis.model.outcome import LocalReply
from tamis.model.plugin import Beside, Plugin

HEADERS = ((":method", "POST"), (":path", "/a"), (":scheme", "http"), (":authority", "h"))
OK = ((":status", "200"),)
PLAIN = Exchange(Request(HEADERS, (b"ab",)), Answer(OK, (b"xyz",)))
FAILED = LocalReply(503, "wasm_fail_stream")
MILLISECOND, SECOND = 1_000_000, 1_000_000_000
ZERO, ONE = "(i32.const 0)", "(i32.const 1)"
TRAP = "unreachable"
#: Only in the first stream.
TRAP_IN_FIRST = "(if (i32.eq (local.get 0) (i32.const 2)) (then unreachable))"
CALLBACKS = ("on_context_create", "on_request_headers", "on_request_body", "on_response_headers")


def _plugin(policy: str) -> dict:
    return {"plugin": Plugin(failure_policy=policy)}


def _fates(outcome) -> list[object]:
    """Of each exchange: the status of its response, or who reset it."""
    return [
        int(dict(each.response.headers)[":status"]) if each.response else each.reset
        for each in outcome.exchanges
    ]


@pytest.fixture
def speaking(guest):
    """Makes an HTTP filter that talks."""

    def make(**acts: str) -> bytes:
        every = dict.fromkeys(("on_request_headers", "on_request_body"), ZERO)
        every |= dict.fromkeys(("on_response_headers", "on_response_body"), ZERO)
        return talking(guest, http=True, **(every | acts))

    return make


@pytest.mark.parametrize("policy", FAILURE_POLICIES)
@pytest.mark.parametrize("callback", CALLBACKS)
def test_the_stream_that_broke_fails(speaking, outcome_of, callback, policy):
    act = f"(if (local.get 1) (then {TRAP}))" if callback == "on_context_create" else TRAP
    outcome = outcome_of(speaking(**{callback: act}), PLAIN, PLAIN, fixture=_plugin(policy))
    assert outcome.trap.callback == f"proxy_{callback}"
    first, second = outcome.exchanges
    assert first.local_reply == FAILED
    assert first.response.headers == ((":status", "503"),)
    if policy == "open":
        assert second.request.body == b"ab"
        assert (second.response.body, second.local_reply) == (b"xyz", None)
    else:
        assert (second.request, second.local_reply) == (None, FAILED)
    # Nothing runs any more, whatever the policy.
    assert "lxk" not in told(outcome.logs)
    assert {line.step for line in outcome.logs} == {None, 0}


@pytest.mark.parametrize("policy", FAILURE_POLICIES)
def test_a_response_on_its_way_is_cut(speaking, outcome_of, policy):
    module = speaking(on_response_body=TRAP)
    outcome = outcome_of(module, PLAIN, PLAIN, fixture=_plugin(policy))
    first, second = outcome.exchanges
    assert (first.reset, first.response.body, first.response.complete) == ("filter", b"", False)
    assert second.local_reply == (None if policy == "open" else FAILED)


@pytest.mark.parametrize("callback", ["on_log", "on_done", "on_delete"])
@pytest.mark.parametrize("policy", ["closed", "open"])
def test_a_stream_that_is_over_does_not_fail(speaking, outcome_of, callback, policy):
    act = f"{TRAP_IN_FIRST} {ONE if callback == 'on_done' else ''}"
    outcome = outcome_of(speaking(**{callback: act}), PLAIN, PLAIN, fixture=_plugin(policy))
    assert _fates(outcome) == [200, 200 if policy == "open" else 503]
    assert told(outcome.logs).endswith(
        {"on_log": "l", "on_done": "lx", "on_delete": "lxk"}[callback]
    )


@pytest.mark.parametrize("policy", FAILURE_POLICIES)
def test_streams_in_flight_fail_at_their_next_callback(speaking, outcome_of, policy):
    later = Exchange(PLAIN.request, Answer(OK, (b"xyz",), after=5), overlap=True)
    module = speaking(on_response_headers=f"{TRAP_IN_FIRST} {ZERO}")
    outcome = outcome_of(module, PLAIN, later, fixture=_plugin(policy))
    assert _fates(outcome) == [503, 503]
    assert outcome.exchanges[1].request.body == b"ab"
    assert told(outcome.logs[2:]) == "chbchbH"


def test_a_stream_that_is_past_its_callbacks_ends_well(speaking, outcome_of):
    """The guest that broke has no say any more: it does not even hear that the stream ended."""
    hold = "(if (i32.eq (local.get 0) (i32.const 3)) (then unreachable))"
    module = speaking(on_log=hold)
    first = Exchange(PLAIN.request, Answer(OK, after=5))
    later = Exchange(PLAIN.request, Answer(OK, after=1), overlap=True)
    outcome = outcome_of(module, first, later)
    assert _fates(outcome) == [503, 200]


def test_a_held_stream_hears_nothing_any_more(speaking, outcome_of):
    rule = CalloutRule(CalloutMatch("a"), CalloutReply(after=5))
    module = speaking(
        uses="http_call",
        on_request_headers=CALLOUT + ONE,
        on_http_call_response=TRAP,
    )
    outcome = outcome_of(module, PLAIN, fixture={"callouts": (rule,)})
    assert told(outcome.logs[2:]) == "chr"
    assert _fates(outcome) == [None]
    assert outcome.exchanges[0].local_reply is None
    assert outcome.trap.callback == "proxy_on_http_call_response"


@pytest.mark.parametrize("policy", FAILURE_POLICIES)
def test_a_timer_breaks_what_waits_for_its_answer(speaking, outcome_of, policy):
    start = f"(drop (call $timer (i32.const 10))) {ONE}"
    module = speaking(uses="timer", on_configure=start, on_tick=TRAP)
    slow = Exchange(PLAIN.request, Answer(OK, after=20 * MILLISECOND))
    outcome = outcome_of(module, slow, PLAIN, fixture=_plugin(policy))
    assert _fates(outcome) == [503, 200 if policy == "open" else 503]
    assert told(outcome.logs[2:]) == "chbt"


# -- reload --------------------------------------------------------------------------------------


def test_a_new_vm_takes_over_after_the_backoff(speaking, outcome_of):
    module = speaking(on_request_headers=f"{TRAP_IN_FIRST} {ZERO}")
    again = speaking(on_request_headers=TRAP)
    steps = (PLAIN, Tick(SECOND), PLAIN, Tick(SECOND // 2), PLAIN, PLAIN)
    outcome = outcome_of(module, *steps, fixture=_plugin("reload"))
    # Context ids begin anew, and so does the trap of the first stream.
    assert _fates(outcome) == [503, 503, 503, 503]
    assert [line.step for line in outcome.logs if line.message in "VP"] == [None, None, 4, 4]
    outcome = outcome_of(again, *steps, fixture=_plugin("closed"))
    assert [line.step for line in outcome.logs if line.message in "VP"] == [None, None]


def test_the_backoff_counts_from_when_the_vm_was_loaded(speaking, outcome_of):
    late = "(if (i32.eq (local.get 0) (i32.const 3)) (then unreachable))"
    module = speaking(on_request_headers=f"{late} {ZERO}")
    steps = (PLAIN, Tick(2 * SECOND), PLAIN, PLAIN, PLAIN, PLAIN)
    outcome = outcome_of(module, *steps, fixture=_plugin("reload"))
    # The second stream breaks the guest; the third gets a new one at once, and the fourth breaks
    # that: too soon for another.
    assert _fates(outcome) == [200, 503, 200, 503, 503]
    assert told(outcome.logs).count("VP") == 2
    assert outcome.counts.calls["proxy_on_vm_start"] == 2
    assert outcome.counts.calls["proxy_on_request_headers"] == 4


def test_shared_data_outlive_the_vm(speaking, outcome_of):
    at = "(i32.const 1024) (i32.const 1)"
    known = f"(i32.eqz (call $shared {at} (i32.const 16) (i32.const 20) (i32.const 24)))"
    act = f"""
      (if {known} (then (return {ZERO})))
      (drop (call $share {at} {at} (i32.const 0)))
      {TRAP}
    """
    module = speaking(uses="share shared", on_request_headers=act)
    outcome = outcome_of(module, PLAIN, Tick(2 * SECOND), PLAIN, fixture=_plugin("reload"))
    assert _fates(outcome) == [503, 200]
    assert outcome.shared_data == {"c": b"c"}


def test_a_vm_that_does_not_start_anew(speaking, outcome_of):
    young = f"(i64.lt_u (i64.load (i32.const 48)) (i64.const {DEFAULT_NOW + SECOND}))"
    start = "(drop (call $time (i32.const 48))) (drop (call $timer (i32.const 10)))"
    module = speaking(uses="time timer", on_configure=f"{start} {young}", on_request_headers=TRAP)
    steps = (PLAIN, Tick(2 * SECOND), PLAIN, PLAIN, Tick(2 * SECOND), PLAIN, Tick(SECOND))
    outcome = outcome_of(module, *steps, fixture=_plugin("reload"))
    assert _fates(outcome) == [503] * 4
    assert outcome.trap.callback == "proxy_on_request_headers"
    tried = [line.step for line in outcome.logs if line.message == "P"]
    assert tried == [None, 2, 5]  # the backoff begins anew with each try
    assert "t" not in told(outcome.logs)


# -- several plugins -----------------------------------------------------------------------------


def _beside(name: str = "service", vm_id: str | None = None) -> tuple[Beside, ...]:
    return (Beside(Plugin(name=name, vm_id=vm_id), b"!"),)


#: A timer for the plugin beside the filter alone: its configuration is not empty.
TIMER = f"(if (local.get 1) (then (drop (call $timer (i32.const 10))))) {ONE}"


def test_plugins_of_one_vm_fall_together(speaking, outcome_of):
    module = speaking(uses="timer", on_configure=TIMER, on_request_headers=TRAP)
    steps = (Tick(15 * MILLISECOND), PLAIN, Tick(50 * MILLISECOND), PLAIN)
    outcome = outcome_of(module, *steps, fixture={"beside": _beside()})
    assert told(outcome.logs) == "VPVPtch"
    assert _fates(outcome) == [503, 503]


def test_plugins_of_another_vm_go_on(speaking, outcome_of):
    module = speaking(uses="timer", on_configure=TIMER, on_request_headers=TRAP)
    steps = (PLAIN, Tick(25 * MILLISECOND))
    outcome = outcome_of(module, *steps, fixture={"beside": _beside(vm_id="other")})
    assert told(outcome.logs) == "VPVPchtt"
    assert [line.plugin for line in outcome.logs if line.message == "t"] == ["service"] * 2


@pytest.mark.parametrize("vm_id", [None, "other"])
def test_the_plugin_beside_breaks(speaking, outcome_of, vm_id):
    module = speaking(uses="timer", on_configure=TIMER, on_tick=TRAP)
    steps = (PLAIN, Tick(15 * MILLISECOND), PLAIN)
    outcome = outcome_of(module, *steps, fixture={"beside": _beside(vm_id=vm_id)})
    assert _fates(outcome) == [200, 200 if vm_id else 503]
    assert outcome.trap.callback == "proxy_on_tick"


def test_a_new_vm_holds_the_filter_alone(speaking, outcome_of):
    module = speaking(
        uses="timer",
        on_configure=TIMER,
        on_request_headers=f"(if (i32.eq (local.get 0) (i32.const 3)) (then {TRAP})) {ZERO}",
    )
    steps = (PLAIN, Tick(2 * SECOND), PLAIN, Tick(SECOND))
    fixture = {"beside": _beside(), **_plugin("reload")}
    outcome = outcome_of(module, *steps, fixture=fixture)
    # The filter's plugin is context 1 now, its first stream 2; nobody ticks any more.
    assert _fates(outcome) == [503, 200]
    assert told(outcome.logs) == "VPVPch" + "VPchbHBlxk"


# -- network filters -----------------------------------------------------------------------------


@pytest.mark.parametrize("policy", FAILURE_POLICIES)
@pytest.mark.parametrize("callback", ["on_new_connection", "on_downstream_data"])
def test_connections(guest, outcome_of, callback, policy):
    connection = Connection((ConnectionEvent("downstream", "data", b"a"),))
    module = talking(guest, **{callback: TRAP})
    steps = (connection, connection, Tick(2 * SECOND), connection)
    outcome = outcome_of(module, *steps, fixture=_plugin(policy))
    first, second, third = outcome.connections
    assert (first.upstream, first.closed) == (b"", "filter")
    passes = (b"a", None) if policy == "open" else (b"", "filter")
    assert (second.upstream, second.closed) == passes
    assert (third.upstream, third.closed) == passes
    assert told(outcome.logs).count("VP") == (2 if policy == "reload" else 1)
