"""HTTP callouts in a real Envoy: answered in the order of virtual time, seen as they were sent."""

from collections.abc import Callable

import pytest
from tests.envoy.conftest import HEAD, PLAIN, outcome, told

from tamis.model.exchange import (
    Answer,
    CalloutMatch,
    CalloutReply,
    CalloutRule,
    Exchange,
    Headers,
    Request,
)
from tamis.model.expectation import BodyExpectation
from tamis.model.outcome import Callout, LocalReply, Pause, Run

Act = Callable[..., Run]
MS = 1_000_000
TIME = "x-envoy-upstream-service-time"


def rule(path: str | None = None, times: int | None = None, **reply: object) -> CalloutRule:
    headers = {} if path is None else {":path": path}
    return CalloutRule(CalloutMatch("authz", headers), CalloutReply(**reply), times)


def seen(path: str, body: bytes, timeout: int) -> Headers:
    head = ((":method", "POST"), (":path", path), (":authority", "auth"), (":scheme", "http"))
    added = (("content-length", str(len(body))), ("x-envoy-internal", "true"))
    limit = (("x-envoy-expected-rq-timeout-ms", str(timeout)),) if timeout else ()
    return (*head, ("x-a", "1"), *added, *limit)


def answers(run: Run) -> list[str]:
    """Lines of the answer callback, without what is real time."""
    return [line.rpartition(f" {TIME}=")[0] or line for line in told(run, "A")]


def test_a_paused_stream_goes_on_when_its_callout_is_answered(act: Act) -> None:
    program = "R h authz /check hello 500\nR z 1\nA a 6\nA b 4\nA a 7\nA f 0\nA c 0"
    reply = {"headers": ((":status", "201"), ("x-b", "2")), "body": (b"h", b"i")}
    found = act(program, callouts=(rule(**reply, trailers=(("x-t", "1"),)),))
    assert answers(found) == [
        "A 1 3 1002",
        "A a 6 0 :status=201 x-b=2",
        "A b 4 0 hi",
        "A a 7 0 x-t=1",
        "A f 0 0",
        "A c 0 0",
    ]
    (stream,) = outcome(found).exchanges
    assert stream.pauses == (Pause("request_headers", 1),)
    assert stream.request
    assert stream.response
    call = Callout("authz", seen("/check", b"hello", 500), b"hello")
    assert outcome(found).callouts == (call,)


def test_an_answer_may_be_a_local_reply(act: Act) -> None:
    program = "R h authz /check hello 500\nR z 1\nA f 0\nA r 403"
    for stream in outcome(act(program, PLAIN, PLAIN, callouts=(rule(),))).exchanges:
        assert stream.request is None
        assert stream.local_reply == LocalReply(403, "why")


@pytest.mark.parametrize(
    ("reply", "line"),
    [
        ({"timeout": True}, ":status=504 content-length=24 content-type=text/plain"),
        ({"after": 300 * MS}, ":status=504 content-length=24 content-type=text/plain"),
        (
            {"headers": (), "reset": True},
            ":status=503 content-length=85 content-type=text/plain",
        ),
        ({"reset": True, "body": (b"x",)}, ""),
    ],
)
def test_what_fails(act: Act, reply: dict[str, object], line: str) -> None:
    found = act("R h authz /c hello 100\nA a 6", callouts=(rule(**reply),))
    assert answers(found)[1:] == [f"A a 6 0 {line}".rstrip()]


def test_a_call_without_a_timeout_stays_open(act: Act) -> None:
    found = act("R h authz /c hello 0\nA a 6", PLAIN, PLAIN, callouts=(rule(timeout=True),))
    assert answers(found) == []
    assert len(outcome(found).callouts) == 2


def test_answers_come_in_the_order_of_virtual_time(act: Act) -> None:
    program = "R h authz /slow x 900\nR h authz /fast x 900\nR h authz /now x 900\nA a 6"
    rules = (
        rule("/slow", after=500 * MS, headers=((":status", "201"),)),
        rule("/fast", after=10 * MS, headers=((":status", "202"),)),
        rule(headers=((":status", "203"),)),
    )
    found = act(program, callouts=rules)
    assert answers(found)[1::2] == [f"A a 6 0 :status={status}" for status in (203, 202, 201)]
    paths = [dict(call.headers)[":path"] for call in outcome(found).callouts]
    assert paths == ["/slow", "/fast", "/now"]


def test_a_callout_made_before_the_request_left_is_answered_before_it(act: Act) -> None:
    found = act("R h authz /c x 900", callouts=(rule(),))
    assert [line[0] for line in told(found)] == ["R", "R", "A", "h"]
    late = Exchange(Request(HEAD), Answer(after=10 * MS))
    found = act("R h authz /c x 900", late, callouts=(rule(after=11 * MS),))
    assert [line[0] for line in told(found)] == ["R", "R", "h", "A"]


def test_rules_answer_as_often_as_they_say(act: Act) -> None:
    rules = (rule(times=1), rule(times=1, headers=((":status", "201"),)), rule(reset=True))
    found = act("R h authz /c x 900\nA a 6", PLAIN, PLAIN, callouts=rules)
    assert answers(found)[1::2] == ["A a 6 0 :status=200", "A a 6 0 :status=201"]


def test_rules_match_headers_and_bodies(act: Act) -> None:
    def matching(status: int = 500, **how: object) -> CalloutRule:
        match = CalloutMatch("authz", **how)
        return CalloutRule(match, CalloutReply(headers=((":status", str(status)),)))

    never = (
        matching(headers={"x-a": "2"}),
        matching(body=BodyExpectation(equals=b"hell")),
        matching(body=BodyExpectation(contains=b"xx")),
        matching(body=BodyExpectation(matches="^h$")),
    )
    for body in ({"equals": b"hello"}, {"contains": b"ell"}, {"matches": "^h.*o$"}):
        last = matching(201, headers={"x-a": "1"}, body=BodyExpectation(**body))
        found = act("R h authz /c hello 900\nA a 6", callouts=(*never, last))
        assert answers(found)[1:] == ["A a 6 0 :status=201"]


def test_what_no_rule_answers_is_reset_and_told(act: Act) -> None:
    found = act("R h authz /c hello 900\nA a 6", callouts=(rule("/other"),))
    assert answers(found)[1].startswith("A a 6 0 :status=503")
    assert outcome(found).unanswered == outcome(found).callouts
    assert outcome(found).unanswered[0].body == b"hello"


def test_a_cluster_that_does_not_exist(act: Act) -> None:
    found = act("R h nope /c hello 900", callouts=(rule(no_cluster=True),))
    assert found.skipped == ()
    assert outcome(found).callouts == ()
    assert "R h nope /c hello 900 2 0" in [line.message for line in outcome(found).logs]


def test_calls_of_the_start_are_answered_when_time_begins(act: Act) -> None:
    rules = (rule(times=1), rule(headers=((":status", "500"),)))
    found = act("c h authz /c x 900\nA a 6", callouts=rules)
    assert answers(found) == ["A 1 2 0", "A a 6 0 :status=200"]
    assert len(outcome(found).callouts) == 1


def test_a_callout_to_where_requests_go(act: Act) -> None:
    to_upstream = CalloutRule(CalloutMatch("upstream"), CalloutReply(((":status", "201"),)))
    found = act("R h upstream /c hello 900\nA a 6", callouts=(to_upstream,))
    assert answers(found)[1:] == ["A a 6 0 :status=201"]
    (stream,) = outcome(found).exchanges
    assert stream.request
    assert (":path", "/p") in stream.request.headers
    assert [call.cluster for call in outcome(found).callouts] == ["upstream"]
