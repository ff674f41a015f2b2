"""Asking other services: every answer finds who asked, on its own stream, and nobody else."""

import pytest

from tamis.host import replay, run
from tamis.model.exchange import (
    CalloutMatch,
    CalloutReply,
    CalloutRule,
    Exchange,
    Fixture,
    Request,
    Tick,
)

from .conftest import GET, HERE, compiled

MS = 1_000_000


def rule(path: str, **reply) -> CalloutRule:
    return CalloutRule(CalloutMatch("svc", {":path": path}), CalloutReply(**reply))


def get(path: str) -> Exchange:
    return Exchange(Request((*GET[:-1], (":path", path))))


@pytest.fixture
def told():
    """told("services", rules, steps): the outcome, and the log's lines."""

    def told(name, rules, steps, config=b""):
        source = HERE / "filters" / f"{name}.cc"
        sent = Fixture("sdk", source, tuple(steps), config=config, callouts=tuple(rules))
        outcome = run(compiled(source), sent).outcome
        assert outcome.trap is None
        assert not outcome.unimplemented
        assert not outcome.unanswered
        return outcome, [line.message for line in outcome.logs]

    return told


def answered(outcome, index: int = 0) -> bool:
    return ("x-answered", "yes") in outcome.exchanges[index].request.headers


def test_each_answer_has_its_number(told):
    reply = {"headers": ((":status", "201"), ("x-r", "1")), "body": (b"yes",)}
    rules = [
        rule("/a", **reply, trailers=(("x-t", "2"),), after=30 * MS),
        rule("/b", headers=((":status", "404"),), after=10 * MS),
    ]
    outcome, lines = told("services", rules, [get("/two")])
    assert lines == ["second 404 -  -", "first 201 1 yes 2"]
    assert answered(outcome)
    first, second = outcome.callouts
    headers = dict(first.headers)
    assert (headers[":method"], headers[":path"]) == ("POST", "/a")
    assert (headers[":authority"], headers["x-extra"]) == ("svc.example", "1")
    assert first.body == b"question"
    assert dict(second.headers)[":authority"] == "svc"


def test_no_answer_is_a_status(told):
    rules = [rule("/a", timeout=True), rule("/b", headers=(), reset=True)]
    outcome, lines = told("services", rules, [get("/two")])
    assert [line[:10].strip() for line in lines] == ["second 503", "first 504"]
    assert answered(outcome)


def test_an_answer_that_is_cut_is_none(told):
    cut = {"headers": ((":status", "200"),), "body": (b"half",), "reset": True}
    _, lines = told("services", [rule("/a", **cut), rule("/b")], [get("/two")])
    assert sorted(lines) == ["first 0 -  -", "second 200 -  -"]


def test_what_is_refused_is_told_at_once(told):
    nowhere = CalloutRule(CalloutMatch("nowhere"), CalloutReply(no_cluster=True))
    outcome, lines = told("services", [rule("/a"), nowhere], [get("/refused")])
    assert lines == ["false false false false"]
    # What cannot be right is not even asked.
    assert outcome.counts.calls["proxy_http_call"] == 1
    assert "proxy_grpc_call" not in outcome.counts.calls


def test_a_grpc_call(told):
    rules = [rule("/s.S/Get", headers=(), messages=(b"out",), grpc_status=0)]
    outcome, lines = told("services", rules, [get("/grpc")])
    assert lines == ["message 3 out"]
    assert answered(outcome)
    (call,) = outcome.callouts
    assert (call.kind, call.messages) == ("grpc_call", (b"in",))
    assert dict(call.headers)["x-extra"] == "1"


def test_a_grpc_call_that_fails(told):
    rules = [rule("/s.S/Get", headers=(), grpc_status=5, grpc_message="none")]
    outcome, lines = told("services", rules, [get("/grpc")])
    assert lines == ["close 5 false none"]
    assert answered(outcome)


def test_a_grpc_stream(told):
    reply = {"headers": (("x-r", "1"),), "trailers": (("x-t", "2"),)}
    rules = [rule("/s.S/Talk", **reply, messages=(b"a", b"bc"), grpc_status=0)]
    outcome, lines = told("services", rules, [get("/stream")])
    assert lines == ["headers 1", "message 1 a", "message 2 bc", "trailers 2", "close 0 true via_"]
    assert answered(outcome)
    (call,) = outcome.callouts
    assert (call.kind, call.messages) == ("grpc_stream", (b"one", b"two"))


def test_an_exchange_can_be_cut(told):
    outcome, _ = told("services", [rule("/a")], [get("/reset")])
    (exchange,) = outcome.exchanges
    assert (exchange.request, exchange.response, exchange.reset) == (None, None, "filter")


def test_what_outlives_a_stream(told):
    rules = [rule("/tick", headers=((":status", "202"),)), rule("/and-forget")]
    steps = [get("/"), Tick(1_000 * MS), get("/")]
    outcome, lines = told("state", rules, steps, b"300")
    visits = [line for line in lines if "|" in line or "seen" in line]
    assert visits == [
        "seen 2", "| false true false false",
        "seen 4", "|| false false false false",
    ]  # fmt: skip
    assert lines.count("true false false") == 2
    # The second tick is the last, and its answer comes to the plugin; what streams forgot, to none.
    ticks = [line for line in lines if line.startswith(("tick", "queue", "plugin"))]
    assert ticks[:2] == ["tick 1", "queue letter empty"]
    assert sorted(ticks[2:]) == ["plugin was told 202", "queue letter empty", "tick 2"]
    assert "refused" not in lines
    # Adding nothing to a counter is not even asked.
    assert "proxy_increment_metric" not in {failed.call for failed in outcome.failed_calls}
    assert outcome.metrics == {"sdk.ticks": 2, "sdk.seen": 4}
    assert outcome.shared_data == {"count": b"||", "fresh": b"1"}
    assert outcome.queues == {"letters": ()}


@pytest.mark.parametrize("path", ["/two", "/grpc", "/stream"])
def test_memory_does_not_grow_with_answers(path):
    source = HERE / "filters" / "services.cc"
    rules = (
        rule("/a", body=(b"b" * 3000,), after=MS),
        rule("/b", timeout=True),
        rule("/s.S/Get", headers=(), messages=(b"out",), grpc_status=0),
        rule("/s.S/Talk", headers=(), messages=(b"a", b"b"), grpc_status=0),
    )
    sent = Fixture("sdk", source, (get(path),), callouts=rules)
    few, many = (replay(compiled(source), sent, passes) for passes in (10, 10_000))
    assert many.exchanges == 10_000
    assert many.counts.memory_high_water == few.counts.memory_high_water <= 2 * 65536
