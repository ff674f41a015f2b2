"""Two hosts, one fixture: what is a difference, and what is not."""

from dataclasses import replace
from pathlib import Path

import pytest

from tamis import compare
from tamis.model.exchange import Answer, Exchange, Fixture, Request
from tamis.model.outcome import (
    Callout,
    ConnectionOutcome,
    Counts,
    ExchangeOutcome,
    FailedCall,
    LocalReply,
    LogLine,
    Message,
    NotComparable,
    Outcome,
    Pause,
    Run,
    Trap,
)

SENT = ((":method", "POST"), (":path", "/"), ("x-a", "1"), ("x-a", "2"), ("x-b", "3"))
EXCHANGE = Exchange(Request(SENT, (b"hello",), (("x-t", "t"),)), Answer(body=(b"world",)))
FIXTURE = Fixture("f", Path("f.yaml"), (EXCHANGE,))
OUTCOME = Outcome(
    exchanges=(
        ExchangeOutcome(
            request=Message(SENT, b"hello", (("x-t", "t"),)),
            response=Message(((":status", "200"), ("x-r", "1")), b"world"),
        ),
    ),
    logs=(LogLine("info", "one", 0), LogLine("warn", "two", 0)),
    metrics={"hits": 1},
)
DATE = {("date", "response")}


def run(outcome, host="wasmtime 50.0.1", skipped=()):
    return Run("f", host, outcome, skipped=tuple(NotComparable(path, "why") for path in skipped))


def differences(one, other, fixture=FIXTURE, skipped=(), added=()):
    left, right = run(one), run(other, "envoy 1.40.0", skipped)
    found = compare.differences(fixture, left, right, added=added)
    assert all(list(item.values) == [left.host, right.host] for item in found)
    return [(item.path, *item.values.values()) for item in found]


def exchange(**changes):
    return replace(OUTCOME, exchanges=(replace(OUTCOME.exchanges[0], **changes),))


def request(**changes):
    return exchange(request=replace(OUTCOME.exchanges[0].request, **changes))


def response(**changes):
    return exchange(response=replace(OUTCOME.exchanges[0].response, **changes))


def test_the_same_is_the_same():
    assert differences(OUTCOME, OUTCOME) == []


REFUSED = exchange(
    request=None,
    local_reply=LocalReply(403, "denied"),
    response=Message(((":status", "403"), ("x-filter", "seen")), b"no"),
)
BARE = exchange(
    request=None,
    local_reply=LocalReply(403, "denied"),
    response=Message(((":status", "403"),), b"no"),
)


@pytest.mark.parametrize(
    ("name", "right", "fault", "expected"),
    [
        (
            "a duplicate dropped",
            OUTCOME,
            request(headers=(*SENT[:2], *SENT[3:])),
            [("exchanges[0].request.headers[2]", 'x-a: "1"', "(absent)")],
        ),
        (
            "two headers swapped",
            OUTCOME,
            request(headers=(*SENT[:3], SENT[4], SENT[3])),
            [
                ("exchanges[0].request.headers[3]", "(absent)", 'x-b: "3"'),
                ("exchanges[0].request.headers[4]", 'x-b: "3"', "(absent)"),
            ],
        ),
        (
            "a trailer lost",
            OUTCOME,
            request(trailers=()),
            [("exchanges[0].request.trailers[0]", 'x-t: "t"', "(absent)")],
        ),
        (
            "a wrong end of stream",
            OUTCOME,
            response(complete=False),
            [("exchanges[0].response.complete", "true", "false")],
        ),
        (
            "a body byte lost",
            OUTCOME,
            response(body=b"worl"),
            [("exchanges[0].response.body", '"world"', '"worl"')],
        ),
        (
            "response headers skipped after a local reply",
            REFUSED,
            BARE,
            [("exchanges[0].response.headers[1]", 'x-filter: "seen"', "(absent)")],
        ),
    ],
)
def test_negative_control(name, right, fault, expected):
    found = differences(right, fault)
    assert len(found) == len(expected), name
    assert {path for path, *_ in found} == {path for path, *_ in expected}
    assert found == expected


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (exchange(request=None), ("exchanges[0].request", "none")),
        (exchange(reset="upstream"), ("exchanges[0].reset", '"upstream"')),
        (
            exchange(local_reply=LocalReply(403, "")),
            ("exchanges[0].local_reply", '{"status": 403, "details": ""}'),
        ),
        (
            exchange(pauses=(Pause("log", 1),)),
            ("exchanges[0].pauses[0]", '{"callback": "log", "status": 1}'),
        ),
        (replace(OUTCOME, exchanges=()), ("exchanges[0]", "(absent)")),
        (replace(OUTCOME, start="on_configure"), ("start", '"on_configure"')),
        (replace(OUTCOME, logs=OUTCOME.logs[1:]), ("logs[0]", "(absent)")),
        (replace(OUTCOME, metrics={}), ("metrics.hits", "(absent)")),
        (replace(OUTCOME, shared_data={"k": b"\xff"}), ("shared_data.k", '"\\xff"')),
        (
            replace(OUTCOME, trap=Trap("proxy_on_log", "oob")),
            ("trap", '{"callback": "proxy_on_log", "kind": "oob"}'),
        ),
        (replace(OUTCOME, filter_state={"a": b"b"}), ("filter_state.a", '"b"')),
        (replace(OUTCOME, queues={"q": (b"a",)}), ("queues.q", '["a"]')),
        (
            replace(OUTCOME, connections=(ConnectionOutcome(b"a", closed="filter"),)),
            (
                "connections[0]",
                '{"upstream": "a", "downstream": "", "closed": "filter", "pauses": []}',
            ),
        ),
        (
            replace(OUTCOME, unanswered=(Callout("c", body=b"b"),)),
            (
                "unanswered[0]",
                '{"kind": "http", "cluster": "c", "headers": [], "body": "b", "trailers": []}',
            ),
        ),
    ],
)
def test_everything_is_compared(other, expected):
    found = differences(OUTCOME, other)
    assert [(path, right) for path, _, right in found] == [expected]


CALLED = replace(OUTCOME, callouts=(Callout("c", ((":path", "/"),), kind="grpc_call"),))
CONNECTED = replace(OUTCOME, connections=(ConnectionOutcome(b"u", b"d", "upstream"),))


def called(**changes):
    return replace(CALLED, callouts=(replace(CALLED.callouts[0], **changes),))


def connected(**changes):
    return replace(CONNECTED, connections=(replace(CONNECTED.connections[0], **changes),))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (CALLED, called(cluster="d"), ("callouts[0].cluster", '"c"', '"d"')),
        (CALLED, called(kind="grpc_stream"), ("callouts[0].kind", '"grpc_call"', '"grpc_stream"')),
        (CALLED, called(messages=(b"m",)), ("callouts[0].messages[0]", "(absent)", '"m"')),
        (CALLED, called(headers=()), ("callouts[0].headers[0]", ':path: "/"', "(absent)")),
        (CALLED, called(trailers=(("t", "u"),)), ("callouts[0].trailers[0]", "(absent)", 't: "u"')),
        (CONNECTED, connected(upstream=b"\xff"), ("connections[0].upstream", '"u"', '"\\xff"')),
        (CONNECTED, connected(downstream=b""), ("connections[0].downstream", '"d"', '""')),
        (CONNECTED, connected(closed=None), ("connections[0].closed", '"upstream"', "none")),
        (
            OUTCOME,
            replace(OUTCOME, logs=(LogLine("info", "one", 0, "clock"), OUTCOME.logs[1])),
            ("logs[0]", 'info "one" (step 0)', 'info "one" of "clock" (step 0)'),
        ),
        (
            OUTCOME,
            replace(OUTCOME, logs=(LogLine("info", "one", 1), OUTCOME.logs[1])),
            ("logs[0]", 'info "one" (step 0)', 'info "one" (step 1)'),
        ),
    ],
)
def test_every_part_is_compared(one, other, expected):
    assert differences(one, other) == [expected]


@pytest.mark.parametrize(
    "other",
    [
        replace(OUTCOME, counts=Counts({"proxy_log": 2}, fuel=5)),
        replace(OUTCOME, unimplemented={"proxy_http_call": 1}),
        replace(OUTCOME, virtual_time=5),
        replace(OUTCOME, failed_calls=(FailedCall("proxy_get_property", "BAD_ARGUMENT", 1),)),
    ],
)
def test_a_host_s_own_measurements_are_not_compared(other):
    assert differences(OUTCOME, other) == []


def test_an_engine_s_words_are_not_compared():
    one, other = (
        replace(OUTCOME, trap=Trap("proxy_on_log", "oob", text, frames))
        for text, frames in (("wasm trap", ("f (a.c:1)",)), ("V8", ()))
    )
    assert differences(one, other) == []
    kind = replace(OUTCOME, trap=Trap("proxy_on_log", "oom", "V8"))
    assert differences(one, kind) == [("trap.kind", '"oob"', '"oom"')]


DATED = response(headers=((":status", "200"), ("date", "today"), ("x-r", "1")))


def test_what_envoy_adds_is_taken_away():
    assert differences(OUTCOME, DATED, added=DATE) == []
    assert differences(DATED, OUTCOME, added=DATE) == []
    assert len(differences(OUTCOME, DATED)) == 1


def test_the_list_that_ships_is_the_default():
    assert compare.differences(FIXTURE, run(OUTCOME), run(DATED, "envoy")) == ()


def test_what_envoy_adds_stays_where_the_other_host_has_it():
    other = response(headers=((":status", "200"), ("date", "never"), ("x-r", "1")))
    found = differences(DATED, other, added=DATE)
    assert found == [("exchanges[0].response.headers[1]", 'date: "today"', 'date: "never"')]


def test_two_envoys_read_two_clocks():
    later = response(headers=((":status", "200"), ("date", "tomorrow"), ("x-r", "1")))
    one, other = run(DATED, "envoy 1.39.3"), run(later, "envoy 1.40.0")
    assert compare.differences(FIXTURE, one, other) == ()
    assert len(compare.differences(FIXTURE, one, run(OUTCOME, "envoy 1.40.0"), added=())) == 1
    (moved,) = compare.differences(
        FIXTURE,
        one,
        run(response(headers=((":status", "200"), ("x-r", "1"), ("date", "x"))), "envoy 1.40.0"),
    )[:1]
    assert moved.path == "exchanges[0].response.headers[1]"
    answer = Answer(headers=((":status", "200"), ("date", "today")))
    sent = replace(FIXTURE, steps=(replace(EXCHANGE, answer=answer),))
    assert len(compare.differences(sent, one, other)) == 1


def test_what_envoy_adds_stays_where_the_fixture_has_it():
    answer = Answer(headers=((":status", "200"), ("date", "today")))
    fixture = replace(FIXTURE, steps=(replace(EXCHANGE, answer=answer),))
    place, today = "exchanges[0].response.headers[1]", 'date: "today"'
    assert differences(DATED, OUTCOME, fixture, added=DATE) == [(place, today, "(absent)")]
    assert differences(OUTCOME, DATED, fixture, added=DATE) == [(place, "(absent)", today)]


def test_an_answer_says_nothing_about_a_local_reply():
    answer = Answer(headers=((":status", "200"), ("date", "today")))
    fixture = replace(FIXTURE, steps=(replace(EXCHANGE, answer=answer),))
    dated = exchange(
        request=None,
        local_reply=LocalReply(403, "denied"),
        response=Message(((":status", "403"), ("date", "now")), b"no"),
    )
    assert differences(BARE, dated, fixture, added=DATE) == []


def test_directions_are_told_apart():
    other = request(headers=(*SENT, ("date", "x")))
    assert len(differences(OUTCOME, other, added=DATE)) == 1


def test_volatile_parts_are_masked_but_must_be_there():
    fixture = replace(FIXTURE, volatile=("response.headers.x-r",))
    other = response(headers=((":status", "200"), ("x-r", "2")))
    assert differences(OUTCOME, other, fixture) == []
    assert len(differences(OUTCOME, response(headers=((":status", "200"),)), fixture)) == 1


def test_not_comparable_parts_are_left_out():
    other = replace(exchange(pauses=(Pause("log", 1),)), logs=())
    assert differences(OUTCOME, other, skipped=["pauses", "logs"]) == []
    assert [path for path, *_ in differences(OUTCOME, other, skipped=["pauses"])] == [
        "logs[0]",
        "logs[1]",
    ]
    assert differences(OUTCOME, Outcome(), skipped=[""]) == []


def test_runs_without_an_outcome():
    skipped = Run("f", "envoy", None, skipped=(NotComparable("", "legacy exceptions"),))
    failed = Run("f", "envoy", None, problems=("Envoy died",))
    assert compare.differences(FIXTURE, run(OUTCOME), skipped, added=()) == ()
    assert compare.differences(FIXTURE, run(OUTCOME), failed, added=()) == ()
    (silent,) = compare.differences(FIXTURE, run(OUTCOME), Run("f", "envoy", None), added=())
    assert silent.values == {"wasmtime 50.0.1": "ran", "envoy": "no outcome"}


def test_long_values_are_shortened_around_the_difference():
    body = b"x" * 70_000
    changed = body[:50_000] + b"y" + body[50_001:]
    ((path, left, right),) = differences(response(body=body), response(body=changed))
    assert path == "exchanges[0].response.body"
    assert left == f"…{'x' * 100}… (70002 characters)"
    assert right == f"…{'x' * 30}y{'x' * 69}… (70002 characters)"


def test_bodies_are_compared_as_bytes_and_printed():
    ((_, left, right),) = differences(response(body=b"\x00\n\xff"), response(body="né\n".encode()))
    assert (left, right) == ('"\\x00\\n\\xff"', '"né\\n"')


def test_one_log_line_too_many_is_one_difference():
    other = replace(OUTCOME, logs=(LogLine("debug", "zero", None), *OUTCOME.logs))
    found = differences(OUTCOME, other)
    assert found == [("logs[0]", "(absent)", 'debug "zero" (step None)')]
    more = replace(other, logs=(*other.logs, LogLine("debug", "last", 0)))
    assert [path for path, *_ in differences(OUTCOME, more)] == ["logs[0]", "logs[3]"]
