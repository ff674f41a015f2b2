"""profiles/wire.toml tells what this Envoy does around a filter: nothing more, nothing less."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from tests.envoy.conftest import HEAD, messages, outcome

from tamis.envoy import find
from tamis.model.exchange import Answer, Exchange, Fixture, Headers, Request
from tamis.model.outcome import Run
from tamis.profiles import wire

Play = Callable[..., Run]

STATUS = ((":status", "200"),)
#: Headers Envoy knows by name, by direction, and others that look as if it did.
REQUEST = [
    "accept",
    "accept-encoding",
    "access-control-request-headers",
    "access-control-request-method",
    "access-control-request-private-network",
    "authentication",
    "authorization",
    "cache-control",
    "cdn-loop",
    "connection",
    "content-encoding",
    "content-type",
    "grpc-accept-encoding",
    "grpc-timeout",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "origin",
    "pragma",
    "proxy-connection",
    "proxy-status",
    "referer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-client-trace-id",
    "x-envoy-attempt-count",
    "x-envoy-decorator-operation",
    "x-envoy-downstream-service-cluster",
    "x-envoy-downstream-service-node",
    "x-envoy-expected-rq-timeout-ms",
    "x-envoy-external-address",
    "x-envoy-force-trace",
    "x-envoy-hedge-on-per-try-timeout",
    "x-envoy-internal",
    "x-envoy-ip-tags",
    "x-envoy-is-timeout-retry",
    "x-envoy-max-retries",
    "x-envoy-original-host",
    "x-envoy-original-path",
    "x-envoy-original-url",
    "x-envoy-retriable-header-names",
    "x-envoy-retriable-status-codes",
    "x-envoy-retry-grpc-on",
    "x-envoy-retry-on",
    "x-envoy-upstream-alt-stat-name",
    "x-envoy-upstream-rq-per-try-timeout-ms",
    "x-envoy-upstream-rq-timeout-ms",
    "x-envoy-upstream-stream-duration-ms",
    "x-forwarded-client-cert",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-request-id",
]
RESPONSE = [
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-allow-private-network",
    "access-control-expose-headers",
    "access-control-max-age",
    "age",
    "cache-control",
    "connection",
    "content-encoding",
    "content-type",
    "date",
    "etag",
    "expires",
    "grpc-message",
    "grpc-status",
    "keep-alive",
    "last-modified",
    "location",
    "proxy-connection",
    "proxy-status",
    "server",
    "transfer-encoding",
    "upgrade",
    "vary",
    "via",
    "x-envoy-attempt-count",
    "x-envoy-decorator-operation",
    "x-envoy-degraded",
    "x-envoy-immediate-health-check-fail",
    "x-envoy-ratelimited",
    "x-envoy-upstream-canary",
    "x-envoy-upstream-healthchecked-cluster",
    "x-envoy-upstream-service-time",
    "x-request-id",
]
OTHERS = [
    "accept-language",
    "allow",
    "b3",
    "content-language",
    "cookie",
    "date",
    "dnt",
    "forwarded",
    "grpc-encoding",
    "if-match",
    "link",
    "max-forwards",
    "range",
    "server",
    "set-cookie",
    "traceparent",
    "tracestate",
    "trailer",
    "vary",
    "warning",
    "www-authenticate",
    "x-b3-traceid",
    "x-envoy-is-timeout-retry",
    "x-envoy-original-dst-host",
    "x-envoy-peer-metadata",
    "x-frame-options",
    "x-ot-span-context",
    "x-real-ip",
]
#: Sent over HTTP/2 these end the connection: only a filter can put them in.
HOP = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}
#: Two of them are refused, or mean more than a header.
SINGLE = {"te", "expect"}
#: Before 1.40 the router obeys this one, in milliseconds.
VALUES = {"x-envoy-upstream-stream-duration-ms": "60000"}
ALSO = {":authority", ":method", ":path", ":protocol", ":scheme", ":status", "content-length"}


@cache
def rules() -> wire.Wire:
    """Of the version that is asked."""
    return wire.load(int(find().version.split(".")[1]))


def names(direction: wire.Direction) -> list[str]:
    return sorted({*(REQUEST if direction == "request" else RESPONSE), *OTHERS})


def test_the_lists_hold_nothing_else() -> None:
    for direction in ("request", "response"):
        lists = (rules().dropped, rules().removed, rules().joined)
        known = set().union(*(each[direction] for each in lists))
        assert known <= {*names(direction), *SINGLE, *ALSO}


def met(run: Run, direction: wire.Direction) -> Headers:
    """The headers as the guest logged them."""
    (message,) = messages(run, start=f"{direction}_headers")
    pairs = (line.partition("=") for line in message.split("\n")[1:])
    return tuple((name, value) for name, _, value in pairs)


@pytest.mark.parametrize("twice", [False, True])
def test_what_the_filter_meets(play: Play, twice: bool) -> None:
    def sent(direction: wire.Direction) -> Headers:
        once = tuple((name, VALUES.get(name, "1")) for name in names(direction) if name not in HOP)
        return (*once, *((name, "2") for name, _ in once)) if twice else once

    request, answer = (*HEAD, *sent("request")), (*STATUS, *sent("response"))
    run = play(Exchange(Request(request), Answer(answer)))
    assert met(run, "request") == rules().arriving(request, "request")
    assert met(run, "response") == rules().arriving(answer, "response")


@pytest.mark.parametrize(
    "request_headers",
    [
        (*HEAD, ("host", "b")),
        (HEAD[0], HEAD[1], HEAD[3], ("host", "b")),
        (*HEAD, ("X-Upper", "1"), ("x-upper", "2")),
        (*HEAD, ("accept", ""), ("accept", "a"), ("accept", ""), ("accept", "b")),
        (*HEAD, ("cookie", "a=1"), ("x-a", "  1  "), ("cookie", "b=2"), ("x-b", "")),
        (*HEAD, ("x-forwarded-proto", "https"), ("x-a", "1")),
        (*HEAD, ("te", "trailers"), ("expect", "100-continue")),
    ],
)
@pytest.mark.parametrize("protocol", ["http/2", "http/1.1"])
def test_the_rules_of_arrival(play: Play, request_headers: Headers, protocol: str) -> None:
    http1 = protocol == "http/1.1"
    if http1 and any(name == "host" for name, _ in request_headers):
        return  # there :authority travels as host
    run = play(Exchange(Request(request_headers)), protocol=protocol)
    assert met(run, "request") == rules().arriving(request_headers, "request", http1=http1)


def added(direction: wire.Direction) -> list[tuple[str, str]]:
    inherent = {each.header for each in (*rules().before, *rules().after)} | SINGLE
    return [(name, "1") for name in names(direction) if name not in inherent]


@pytest.mark.parametrize("direction", ["request", "response"])
def test_what_leaves_behind_the_filter(play: Play, direction: wire.Direction) -> None:
    pairs = added(direction)
    text = "\n".join(f"{name}={value}" for name, value in pairs)
    (seen,) = outcome(play(config=f"A {text}")).exchanges
    message = seen.request if direction == "request" else seen.response
    assert message
    before = rules().arriving(HEAD if direction == "request" else STATUS, direction)
    after = [each.header for each in rules().after if each.direction == direction]
    left = message.headers[: len(message.headers) - len(after)]
    assert left == rules().leaving((*before, *pairs), direction)
    assert [name for name, _ in message.headers[len(left) :]] == after


@pytest.mark.parametrize("direction", ["request", "response"])
def test_a_filter_adds_to_a_joined_header(play: Play, direction: wire.Direction) -> None:
    pairs = [(name, "1") for name, _ in added(direction)]
    text = "\n".join(f"{name}={value}" for name, value in pairs + [(n, "2") for n, _ in pairs])
    (seen,) = outcome(play(config=f"A {text}")).exchanges
    message = seen.request if direction == "request" else seen.response
    assert message
    for name, _ in pairs:
        if name in rules().removed[direction]:
            continue
        values = tuple((key, value) for key, value in message.headers if key == name)
        if name in rules().joined[direction]:
            assert values == ((name, "1,2"),)
        else:
            assert values == rules().written(((name, "1"), (name, "2")))


def test_what_is_there_is_not_added(play: Play) -> None:
    answer = Answer((*STATUS, ("date", "today")))
    (seen,) = outcome(play(Exchange(Request(HEAD), answer))).exchanges
    assert seen.response
    assert seen.response.headers == answer.headers


def test_a_chunk_travels_in_frames_of_max_frame(play: Play) -> None:
    run = play(Exchange(Request(HEAD, (b"x" * (rules().max_frame + 1),))))
    assert messages(run, start="request_body") == [
        f"request_body {rules().max_frame} end=0",
        "request_body 1 end=1",
    ]


def test_vm_ids_repeat_and_differ() -> None:
    one, same = (Fixture("a", Path(at, "f.yaml"), ()) for at in ("here", "there"))
    other = Fixture("b", Path("f.yaml"), ())
    assert wire.vm_id(one) == wire.vm_id(same) != wire.vm_id(other)
