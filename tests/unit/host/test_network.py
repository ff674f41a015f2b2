"""Connections through a network filter, as Envoy and its tcp_proxy make them."""

from pathlib import Path

import pytest
from tests.unit.host.talking_guest import CALLOUT, talking, told

from tamis import host
from tamis.model.exchange import (
    CalloutMatch,
    CalloutReply,
    CalloutRule,
    Connection,
    ConnectionEvent,
    Fixture,
    Tick,
)
from tamis.model.outcome import Pause
from tamis.model.plugin import Limits

ONE, ZERO = "(i32.const 1)", "(i32.const 0)"


def _events(text: str) -> Connection:
    """ ">a <b >end <close": what the client (>) and the upstream (<) do."""
    events = []
    for word in text.split():
        peer = "downstream" if word[0] == ">" else "upstream"
        what = word[1:] if word[1:] in ("end", "close") else "data"
        events.append(ConnectionEvent(peer, what, word[1:].encode() if what == "data" else b""))
    return Connection(tuple(events))


@pytest.fixture
def through(guest, outcome_of):
    """Runs connections through a talking guest: what it told, and the outcome."""

    def run(*connections: str, fixture: dict | None = None, options: dict | None = None, **acts):
        steps = [_events(each) if isinstance(each, str) else each for each in connections]
        module = talking(guest, **acts)
        outcome = outcome_of(module, *steps, fixture=fixture, **(options or {}))
        assert told(outcome.logs[:2]) == "VP"
        return told(outcome.logs[2:]), outcome

    return run


def _calls(**acts: str) -> dict[str, str]:
    return {"uses": "resume close effective http_call timer", **acts}


@pytest.mark.parametrize(
    ("events", "says", "upstream", "downstream", "closed"),
    [
        (">a <b", "cnd(a)u(b)d(.)u(.)U0D1xlk", b"a", b"b", None),
        (">a <b >end <c <end", "cnd(a)u(b)d(.)u(c)u(.)U0D1xlk", b"a", b"bc", None),
        (">a <end >b >end", "cnd(a)u(.)U0d(b)d(.)D2xlk", b"ab", b"", None),
        (">a >close <b", "cnd(a)d(.)u(b)u(.)U0D1xlk", b"a", b"", "downstream"),
        (">close <b <c <d", "cnd(.)u(b)u(c)D2xlk", b"", b"", "downstream"),
        ("<b <close >a >b >c", "cnu(b)u(.)U0d(a)d(b)D1xlk", b"", b"b", "upstream"),
        (">end >close <end", "cnd(.)u(.)U0D1xlk", b"", b"", "downstream"),
        (">end >end >b <close <x", "cnd(.)u(.)U0D1xlk", b"", b"", "upstream"),
    ],
)
def test_a_filter_that_lets_everything_through(through, events, says, upstream, downstream, closed):
    words, outcome = through(events)
    assert words == says
    (only,) = outcome.connections
    assert (only.upstream, only.downstream, only.closed) == (upstream, downstream, closed)
    assert only.pauses == ()


def test_connections_are_numbered_like_streams(through):
    words, outcome = through(">a", ">b")
    assert words == "cnd(a)d(.)u(.)U0D1xlk" + "cnd(b)d(.)u(.)U0D1xlk"
    assert [line.step for line in outcome.logs[2:]] == [0] * 15 + [1] * 15 + [None] * 2
    assert [each.upstream for each in outcome.connections] == [b"a", b"b"]


def test_held_data_add_up(through):
    hold = "(i32.lt_u (i32.sub (local.get 1) (i32.const 1)) (i32.const 2))"
    acts = {"on_downstream_data": hold, "on_upstream_data": hold}
    words, outcome = through(">a >b >c <x <y <z >d >end", **acts)
    assert words == "cnd(a)d(ab)d(abc)u(x)u(xy)u(xyz)d(d)d(d.)u(.)U0D1xlk"
    (only,) = outcome.connections
    assert (only.upstream, only.downstream) == (b"abc", b"xyz")
    assert [pause.callback for pause in only.pauses].count("downstream_data") == 4


@pytest.mark.parametrize(
    ("events", "says"),
    [
        (">a >end <b <end", "cnd(a)d(a.)u(b)u(.)U0D1xlk"),  # the client ends first
        ("<end >a >end", "cnu(.)U0d(a)d(a.)D2xlk"),  # and last
    ],
)
def test_held_data_of_the_client_are_lost(through, events, says):
    words, outcome = through(events, on_downstream_data=ONE)
    assert words == says
    assert outcome.connections[0].upstream == b""


def test_held_data_of_the_upstream_are_lost(through):
    words, outcome = through("<a <end >b", on_upstream_data=ONE)
    assert words == "cnu(a)u(a.)U0d(b)d(.)D1xlk"
    assert outcome.connections[0].downstream == b""
    assert outcome.connections[0].pauses == (Pause("upstream_data", 1), Pause("upstream_data", 1))


def test_two_held_ends_never_close(through):
    words, outcome = through(">a <b", ">a", on_downstream_data=ONE, on_upstream_data=ONE)
    assert words == "cnd(a)u(b)d(a.)u(b.)U0" + "cnd(a)d(a.)u(.)U0"
    # Nor does the filter: its streams keep it.
    assert told(outcome.logs, end=True) == "VP" + words
    assert outcome.connections[0].closed is None


def test_resuming_sends_on_what_is_held_unseen(through):
    resume = f"(drop (call $resume (i32.const 2))) {ONE}"
    words, outcome = through(">a >end <b", **_calls(on_downstream_data=resume))
    assert words == "cnd(a)d(.)u(b)u(.)U0D1xlk"
    assert outcome.connections[0].upstream == b"a"
    assert len(outcome.connections[0].pauses) == 2


def test_the_other_direction_cannot_be_resumed(through):
    refused = "(i32.eq (call $resume (i32.const 3)) (i32.const 12))"
    resume = f"(if {refused} (then (call $say (i32.const 17))))"
    words, outcome = through("<b", **_calls(on_upstream_data=resume + ONE))
    assert words.startswith("cnu(b)0d")
    assert outcome.connections[0].downstream == b""


def test_data_are_replaced_dropped_and_added_to(through):
    def sent(start: int, size: int, text: int) -> bytes:
        act = (
            f"(if (local.get 1) (then (drop (call $set_body (i32.const 2) (i32.const {start})"
            f" (i32.const {size}) (i32.const 1041) (i32.const {text}))))) {ZERO}"
        )
        (only,) = through(">abc", uses="set_body", on_downstream_data=act)[1].connections
        return only.upstream

    assert sent(0, 99, 2) == b"01"
    assert sent(0, 0, 1) == b"0abc"
    assert sent(99, 0, 1) == b"abc0"
    assert sent(0, 99, 0) == b""
    assert sent(1, 1, 1) == b"abc"  # refused


def test_held_data_stay_in_reach_of_other_callbacks(through):
    show = "(call $show (i32.const 2) (i32.const 0))"
    acts = {"on_downstream_data": ONE, "on_upstream_data": show + ZERO, "on_done": show + ONE}
    words, _ = through(">a <b", **acts)
    assert words == "cnd(a)u(b)(a)d(a.)u(.)(a)U0D1x(a)lk"


@pytest.mark.parametrize("kind", [2, 3])
@pytest.mark.parametrize("answer", [ZERO, ONE])
def test_the_filter_closes(through, kind, answer):
    close = f"(drop (call $close (i32.const {kind}))) {answer}"
    words, outcome = through(">a >b", **_calls(on_downstream_data=close))
    assert words == "cnd(a)D1xlk"
    assert (outcome.connections[0].upstream, outcome.connections[0].closed) == (b"", "filter")
    words, outcome = through("<a <b", **_calls(on_upstream_data=close))
    assert words == "cnu(a)D1xlk"
    assert (outcome.connections[0].downstream, outcome.connections[0].closed) == (b"", "filter")


def test_the_filter_closes_what_has_ended(through):
    close = "(drop (call $close (i32.const 2)))"
    words, outcome = through("<end >a", **_calls(on_upstream_connection_close=close))
    assert words == "cnu(.)U0D1xlk"
    assert outcome.connections[0].closed == "filter"
    words, outcome = through(">end <end", **_calls(on_upstream_connection_close=close))
    assert words == "cnd(.)u(.)U0D1xlk"
    assert outcome.connections[0].closed is None  # nothing was left to close
    words, outcome = through(">a", **_calls(on_downstream_connection_close=close))
    assert words == "cnd(a)d(.)u(.)U0D1xlk"
    assert outcome.connections[0].closed is None


@pytest.mark.parametrize("call", ["(call $close (i32.const 0))", "(call $resume (i32.const 1))"])
def test_what_is_for_http_does_nothing(through, call):
    words, outcome = through(">a", **_calls(on_downstream_data=f"(drop {call}) {ZERO}"))
    assert words == "cnd(a)d(.)u(.)U0D1xlk"
    assert outcome.connections[0].upstream == b"a"


def test_a_connection_that_is_closed_at_once(through):
    close = f"(drop (call $close (i32.const 2))) {ZERO}"
    words, outcome = through(">a <b", **_calls(on_new_connection=close))
    assert words == "cnD1xlk"
    assert outcome.connections[0].closed == "filter"


def test_a_new_connection_that_is_held_is_not_read(through):
    words, outcome = through(">a <b >close", on_new_connection=ONE)
    assert words == "cn"
    assert outcome.connections[0].pauses == (Pause("new_connection", 1),)
    assert outcome.connections[0].upstream == b""


def test_a_new_connection_that_is_let_on_at_once(through):
    resume = f"(drop (call $resume (i32.const 2))) {ONE}"
    words, _ = through(">a", **_calls(on_new_connection=resume))
    assert words == "cnd(a)d(.)u(.)U0D1xlk"


def _answered(after: int) -> dict:
    rule = CalloutRule(CalloutMatch("a"), CalloutReply(after=after))
    return {"callouts": (rule,)}


def test_a_new_connection_waits_for_a_callout(through):
    on = "(drop (call $effective (i32.const 2))) (drop (call $resume (i32.const 2)))"
    acts = _calls(on_new_connection=CALLOUT + ONE, on_http_call_response=on)
    words, outcome = through(">a", fixture=_answered(5), **acts)
    assert words == "cnrd(a)d(.)u(.)U0D1xlk"
    assert outcome.virtual_time == 5


def test_data_wait_for_a_callout(through):
    on = "(drop (call $effective (i32.const 2))) (drop (call $resume (i32.const 2)))"
    first = f"(if (i32.eqz (local.get 2)) (then {CALLOUT}))"
    acts = _calls(on_downstream_data=first + ONE, on_http_call_response=on)
    words, outcome = through(">a <b >end", fixture=_answered(5), **acts)
    assert words == "cnd(a)ru(b)d(.)u(.)U0D1xlk"
    assert outcome.connections[0].upstream == b"a"


def test_a_timer_closes_what_is_held(through):
    close = "(drop (call $effective (i32.const 2))) (drop (call $close (i32.const 2)))"
    start = f"(drop (call $timer (i32.const 10))) {ONE}"
    acts = _calls(on_configure=start, on_tick=close, on_new_connection=CALLOUT + ONE)
    words, outcome = through(">a", fixture=_answered(20_000_000), **acts)
    assert words == "cntD1xlkr"
    assert outcome.connections[0].closed == "filter"


def test_what_callbacks_are_not_exported(guest, outcome_of):
    outcome = outcome_of(guest(), _events(">a <b"))
    (only,) = outcome.connections
    assert (only.upstream, only.downstream) == (b"a", b"b")


def test_properties_of_a_connection(guest, outcome_of):
    names = {
        "request.protocol": (1, 1),
        "xds.route_name": (1, 1),
        "xds.cluster_name": (1, 0),
        "upstream.num_endpoints": (1, 0),
        "upstream.transport_failure_reason": (0, 0),
        "xds.upstream_host_metadata": (1, 3),
        "request.size": (0, 0),
        "connection": (3, 3),
    }
    for name, (new, data) in names.items():
        ask = (
            "(drop (call $log (i32.const 3) (i32.const 1024) (call $property (i32.const 1100)"
            f" (i32.const {len(name)}) (i32.const 16) (i32.const 20)))) (i32.const 0)"
        )
        path = name.replace(".", r"\00")
        module = guest(
            uses="log property",
            data="." * 76 + path,
            on_new_connection=ask,
            on_downstream_data=ask,
        )
        outcome = outcome_of(module, _events(">a"))
        seen = [len(line.message) for line in outcome.logs]
        assert (seen[0], seen[1]) == (new, data), name


def test_headers_that_a_connection_never_has(guest, outcome_of):
    ask = (
        "(drop (call $log (i32.const 3) (i32.const 1024) (call $get (i32.const 0) (i32.const 1024)"
        " (i32.const 1) (i32.const 16) (i32.const 20))))"
    )
    module = guest(uses="log get", data="....", on_downstream_data=ask + ZERO, on_log=ask)
    outcome = outcome_of(module, _events(">a"))
    assert [line.message for line in outcome.logs] == [".."] * 3  # BAD_ARGUMENT


def test_too_much_data_are_a_verdict(through):
    words, outcome = through(
        ">abc >def", ">a", options={"limits": Limits(body_bytes=4)}, on_downstream_data=ONE
    )
    assert outcome.trap.kind == "oom"
    assert words == "cnd(abc)"
    assert [each.closed for each in outcome.connections] == ["filter", "filter"]


def test_a_guest_that_keeps_itself_busy_is_a_verdict(through):
    acts = _calls(on_new_connection=CALLOUT + ONE, on_http_call_response=CALLOUT)
    _, outcome = through(">a", ">b", fixture=_answered(0), **acts)
    assert outcome.trap.kind == "oom"
    assert [each.upstream for each in outcome.connections] == [b"", b""]


def test_time_passes_between_connections(through):
    words, outcome = through(">a", Tick(1_000), ">b")
    assert outcome.virtual_time == 1_000
    assert words.count("xlk") == 2


@pytest.mark.parametrize("fault", ["lose-body-byte", "wrong-end-of-stream"])
def test_faults_show(guest, outcome_of, fault):
    module = talking(guest)
    good, bad = (outcome_of(module, _events(">ab"), fault=each) for each in (None, fault))
    assert (good.connections, good.logs) != (bad.connections, bad.logs)


def test_replay_repeats_connections(guest):
    fixture = Fixture("t", Path("t.yaml"), (_events(">a <b"), _events(">c")))
    replay = host.replay(talking(guest), fixture, 10)
    assert replay.exchanges == 20
    assert replay.hash == 10 * host.replay(talking(guest), fixture, 1).hash % 2**64
