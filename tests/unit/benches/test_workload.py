"""Which exchanges are sent to an Envoy that is measured, and how."""

from dataclasses import replace
from pathlib import Path

import pytest

from tamis.benches.timing.workload import choose
from tamis.envoy.measuring.lanes import SELECTOR
from tamis.errors import BadInput
from tamis.model.exchange import (
    Answer,
    CalloutMatch,
    CalloutReply,
    CalloutRule,
    Exchange,
    Fixture,
    Request,
    Tick,
)
from tamis.model.expectation import BodyExpectation
from tamis.model.measured import LeftOut
from tamis.model.plugin import Beside, Plugin

HEAD = ((":method", "GET"), (":scheme", "https"), (":authority", "a.example"), (":path", "/p?q"))
GET = Exchange(Request((*HEAD, ("x-a", "1"), ("x-a", "2"))))
OK = (":status", "200")


def fixture(*steps, **rest) -> Fixture:
    return Fixture("f", Path("f.yaml"), steps or (GET,), **rest)


def rule(cluster="auth", **reply) -> CalloutRule:
    return CalloutRule(CalloutMatch(cluster), CalloutReply(**reply))


def asked(*headers, head=HEAD, **rest) -> Exchange:
    return Exchange(Request((*head, *headers), **rest))


def answered(*headers, **rest) -> Exchange:
    return replace(GET, answer=Answer(headers or (OK,), **rest))


def left_out(*fixtures) -> tuple[str, ...]:
    """The reasons, where a plain exchange is sent beside."""
    return tuple(each.why for each in choose((fixture(), *fixtures), b"").left_out)


UNFIT = {
    "beside": (fixture(beside=(Beside("b"),)), "plugins beside it"),
    "data": (fixture(shared_data={"a": b"b"}), "data that others left"),
    "limits": (fixture(default_limits=True), "Envoy's own limits"),
    "turns": (fixture(callouts=(replace(rule(), times=1),)), "answered by turns"),
    "timeout": (fixture(callouts=(rule(timeout=True),)), "its callouts fail"),
    "reset": (fixture(callouts=(rule(reset=True),)), "its callouts fail"),
    "no cluster": (fixture(callouts=(rule(no_cluster=True),)), "its callouts fail"),
    "gRPC": (fixture(callouts=(rule(grpc_status=0),)), "gRPC"),
    "messages": (fixture(callouts=(rule(messages=(b"a",)),)), "gRPC"),
    "body": (
        fixture(callouts=(CalloutRule(CalloutMatch("a", body=BodyExpectation()), CalloutReply()),)),
        "told apart by their body",
    ),
    "abort": (fixture(replace(GET, abort="request")), "breaks it off"),
    "upstream": (fixture(answered(reset=True)), "breaks it off"),
    "trailers": (fixture(answered(trailers=(("a", "b"),))), "its answer has trailers"),
    "connect": (fixture(asked(head=((":method", "CONNECT"),))), "another form"),
    "star": (fixture(asked(head=((":method", "OPTIONS"), (":path", "*")))), "another form"),
    "hop": (fixture(asked(("connection", "close"))), "cannot carry its headers"),
    "expect": (fixture(asked(("expect", "100-continue"))), "cannot carry its headers"),
    "break": (fixture(answered(OK, ("a", "b\r\nc"))), "cannot carry its headers"),
    "nul": (fixture(asked(("a", "b\0"))), "cannot carry its headers"),
    "trimmed": (fixture(asked(("a", " b"))), "cannot carry its headers"),
    "nameless": (fixture(asked(("", "b"))), "cannot carry its headers"),
    "colon": (fixture(asked(("a:b", "b"))), "cannot carry its headers"),
    "spaced": (fixture(asked(("a b", "b"))), "cannot carry its headers"),
    "path": (fixture(asked(head=((":path", "/a b"),))), "cannot carry its headers"),
    "twice": (fixture(asked((":path", "/"))), "cannot carry its headers"),
    "trailer": (fixture(asked(body=(b"a",), trailers=(("te", "x"),))), "cannot carry its headers"),
    "early": (fixture(answered((":status", "103"))), "does not answer so"),
    "word": (fixture(answered((":status", "ok"))), "does not answer so"),
    "length": (fixture(asked(("content-length", "4"), body=(b"abc",))), "content-length is wrong"),
    "head": (fixture(asked(("a", "b" * 50_000))), "larger than what Envoy takes"),
    "large": (fixture(asked(body=(b"a" * 600_000,))), "larger than what Envoy takes"),
    "reply": (fixture(answered(body=(b"a" * 600_000,))), "larger than what Envoy takes"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_cannot_be_sent_is_left_out_and_why_is_told(name):
    bad, words = UNFIT[name]
    (why,) = left_out(bad)
    assert words in why
    with pytest.raises(BadInput, match=r"none of the fixtures can be sent to Envoy: .* \(1\)"):
        choose((bad,), b"")


def test_exchanges_that_overlap_are_left_out_both():
    assert left_out(fixture(GET, replace(GET, overlap=True))) == ("it overlaps with others",)
    assert choose((fixture(GET, replace(GET, overlap=True), GET),), b"").left_out == (
        LeftOut("it overlaps with others", 2),
    )


def test_steps_without_a_request_are_none():
    load = choose((fixture(Tick(1), GET),), b"")
    assert (len(load.exchanges), load.left_out) == (1, ())
    with pytest.raises(BadInput, match="to Envoy: there is none"):
        choose((fixture(Tick(1)),), b"")


def test_the_filters_own_configuration_comes_first_else_the_most_frequent():
    every = (
        fixture(config=b"own"),
        fixture(GET, GET, config=b"other"),
        fixture(GET, GET, GET, config=b"most"),
    )
    own = choose(every, b"own")
    assert (own.config, len(own.exchanges)) == (b"own", 1)
    assert own.left_out == (LeftOut("its fixture has another configuration", 5),)
    most = choose(every, b"none of them")
    assert (most.config, len(most.exchanges)) == (b"most", 3)
    # What cannot be sent has no say.
    unfit = (fixture(GET, GET, config=b"own", default_limits=True), fixture(config=b"other"))
    assert choose(unfit, b"own").config == b"other"


def test_another_setting_of_the_plugin_is_another_configuration():
    other = fixture(plugin=Plugin(root_id="other"))
    load = choose((fixture(GET, GET), other), b"")
    assert (load.plugin.root_id, load.plugin.vm_id) == ("", "tamis")
    assert load.left_out == (LeftOut("its fixture has another configuration", 1),)


def test_callouts_of_all_are_answered_by_one_origin():
    one, two = rule(), rule("users", body=(b"x",))
    load = choose(
        (
            fixture(callouts=(one, two)),
            fixture(callouts=(one,)),
            fixture(callouts=(rule(body=(b"y",)),)),
        ),
        b"",
    )
    assert load.services == {"auth": (one,), "users": (two,)}
    assert load.left_out == (LeftOut("another fixture answers its callouts otherwise", 1),)
    assert load.fixture.callouts == (one, two)


def test_there_is_an_end_to_it():
    load = choose((fixture(*[GET] * 70),), b"")
    assert (len(load.exchanges), load.left_out) == (64, (LeftOut("64 are enough", 6),))


def test_each_names_its_answer_and_numbers_close_ranks():
    first, second, third = (asked(("x-n", str(at)), (SELECTOR, "9")) for at in range(3))
    load = choose((fixture(first, second, third),), b"").without({1: "it is slow"})
    told = [(dict(each.request.headers)["x-n"], dict(each.request.headers)[SELECTOR])
            for each in load.exchanges]  # fmt: skip
    assert told == [("0", "0"), ("2", "1")]
    assert all(request.count(SELECTOR.encode()) == 1 for request in load.requests)
    assert load.left_out == (LeftOut("it is slow", 1),)
    assert load.without({0: "it is slow"}).left_out == (LeftOut("it is slow", 2),)


def test_a_request_as_it_is_sent():
    (sent,) = choose((fixture(),), b"").requests
    assert sent == (
        b"GET /p?q HTTP/1.1\r\nhost: a.example\r\nx-a: 1\r\nx-a: 2\r\nx-tamis-exchange: 0\r\n\r\n"
    )
    (bare,) = choose((fixture(Exchange(Request(()))),), b"").requests
    assert bare.startswith(b"GET / HTTP/1.1\r\nhost: tamis\r\n")
    (raw,) = choose((fixture(asked(("a", "\udcff"))),), b"").requests
    assert b"a: \xff\r\n" in raw


def test_a_body_has_its_length():
    load = choose((fixture(asked(("content-length", "5"), body=(b"one", b"", b"tw"))),), b"")
    (sent,) = load.requests
    assert sent.count(b"content-length: 5\r\n") == 1
    assert sent.endswith(b"\r\n\r\nonetw")
    assert load.bodies
    # HTTP/1.1 tells the end of a body by a call of its own.
    assert load.exchanges[0].request.body == (b"onetw", b"")
    assert not choose((fixture(),), b"").bodies


@pytest.mark.parametrize(
    ("body", "end"),
    [
        ((b"one", b"two"), b"\r\n\r\n6\r\nonetwo\r\n0\r\nx-t: 1\r\n\r\n"),
        ((), b"\r\n\r\n0\r\nx-t: 1\r\n\r\n"),
    ],
)
def test_trailers_come_behind_chunks(body, end):
    load = choose((fixture(asked(body=body, trailers=(("x-t", "1"),))),), b"")
    (sent,) = load.requests
    assert b"transfer-encoding: chunked\r\n" in sent
    assert b"content-length" not in sent
    assert sent.endswith(end)
    assert load.exchanges[0].request.body == (b"".join(body),)
    (counted,) = load.fixture.exchanges
    assert "transfer-encoding" not in dict(counted.request.headers)
    assert counted.request.trailers == (("x-t", "1"),)


def test_the_host_core_meets_the_same():
    load = choose((fixture(answered(OK, body=(b"a", b"b")), config=b"c"),), b"c")
    found = load.fixture
    assert (found.config, found.steps, found.plugin.vm_id) == (b"c", load.exchanges, "tamis")
    assert dict(found.exchanges[0].request.headers)[":scheme"] == "http"
    assert found.exchanges[0].answer.body == (b"ab",)
