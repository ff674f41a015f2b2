"""gRPC callouts in a real Envoy: unary calls and streams."""

from collections.abc import Callable

import pytest
from tests.envoy.conftest import outcome, told

from tamis.model.exchange import CalloutMatch, CalloutReply, CalloutRule
from tamis.model.outcome import Callout, Run

Act = Callable[..., Run]

UNARY = "R g authz svc meth hello 400"
STREAM = "R G authz svc meth\nR s hello 0"
LISTEN = "\ni a 4\nm b 5\nj a 5\nC o"
RESET = "upstream connect error or disconnect/reset before headers. reset reason: remote reset"
DETAILS = "{upstream_reset_before_response_started{remote_reset}}"


def rule(**reply: object) -> tuple[CalloutRule, ...]:
    metadata = {"headers": (("x-i", "1"),), "trailers": (("x-t", "2"),)}
    match = CalloutMatch("authz", {":path": "/svc/meth"})
    return (CalloutRule(match, CalloutReply(**{**metadata, **reply})),)


@pytest.mark.parametrize(
    ("reply", "lines"),
    [
        ({"messages": (b"one",), "grpc_status": 0}, ["m 1 5 3", "m b 5 0 one"]),
        (
            {"messages": (), "grpc_status": 7, "grpc_message": "no way"},
            ["C 1 5 7", "C o 0 7 0 no way{via_upstream}"],
        ),
        ({"messages": (), "grpc_status": 0}, ["C 1 5 13", "C o 0 13 0 "]),
        (
            {"timeout": True},
            ["C 1 5 14", "C o 0 14 0 upstream request timeout{response_timeout}"],
        ),
        ({"reset": True}, ["C 1 5 14", f"C o 0 14 0 {RESET}{DETAILS}"]),
    ],
)
def test_a_unary_call(act: Act, reply: dict[str, object], lines: list[str]) -> None:
    found = act(UNARY + LISTEN, callouts=rule(**reply))
    assert told(found, "imjC") == lines
    (call,) = outcome(found).callouts
    assert (call.kind, call.messages, call.body) == ("grpc_call", (b"hello",), b"")
    assert call.headers == (
        (":method", "POST"),
        (":path", "/svc/meth"),
        (":authority", "authz"),
        (":scheme", "http"),
        ("te", "trailers"),
        ("grpc-timeout", "400m"),
        ("content-type", "application/grpc"),
        ("x-m", "1"),
        ("x-envoy-internal", "true"),
        ("x-envoy-expected-rq-timeout-ms", "400"),
    )


def test_a_stream_to_its_end(act: Act) -> None:
    found = act(STREAM + LISTEN, callouts=rule(messages=(b"one", b"two"), grpc_status=0))
    assert told(found, "imjC") == [
        "i 1 6 3",
        "i a 4 0 :status=200 content-type=application/grpc x-i=1",
        "m 1 6 3",
        "m b 5 0 one",
        "m 1 6 3",
        "m b 5 0 two",
        "j 1 6 2",
        "j a 5 0 grpc-status=0 x-t=2",
        "C 1 6 0",
        "C o 0 0 0 via_upstream",
    ]
    (call,) = outcome(found).callouts
    assert (call.kind, call.messages) == ("grpc_stream", (b"hello",))


def test_a_stream_stays_open_until_the_filter_has_closed_its_side(act: Act) -> None:
    more = "\nh s bye 1"
    found = act(STREAM + more + LISTEN, callouts=rule(messages=(b"one",)))
    assert [line[0] for line in told(found, "imjCh")] == [*"iimmhhjjCC"]
    assert outcome(found).callouts[0].messages == (b"hello", b"bye")
    found = act(STREAM + LISTEN, callouts=rule(messages=(b"one",)))
    assert [line[0] for line in told(found, "imjC")] == [*"iimm"]


@pytest.mark.parametrize(
    ("messages", "last"),
    [
        ((), f"C o 0 14 0 {RESET}{DETAILS}"),
        ((b"x",), "C o 0 13 0 upstream_reset_after_response_started{remote_reset}"),
    ],
)
def test_a_stream_is_reset(act: Act, messages: tuple[bytes, ...], last: str) -> None:
    found = act(STREAM + LISTEN, callouts=rule(messages=messages, reset=True))
    assert told(found, "C")[-1] == last


def test_a_cancelled_stream_is_heard_of_no_more(act: Act) -> None:
    found = act(STREAM + "\nm y" + LISTEN, callouts=rule(messages=(b"a", b"b"), grpc_status=0))
    assert [line[0] for line in told(found, "imjC")] == [*"iimmm"]
    found = act("R G authz svc meth\nR y" + LISTEN, callouts=rule(messages=(b"a",)))
    assert told(found, "imjC") == []
    assert outcome(found).callouts[0].messages == ()


def test_a_serialized_service_names_its_cluster(act: Act) -> None:
    found = act(
        "R Z authz svc meth hello 400" + LISTEN, callouts=rule(messages=(b"one",), grpc_status=0)
    )
    assert told(found, "m") == ["m 1 5 3", "m b 5 0 one"]
    (call,) = outcome(found).callouts
    assert isinstance(call, Callout)
    assert (call.cluster, call.kind) == ("authz", "grpc_call")
