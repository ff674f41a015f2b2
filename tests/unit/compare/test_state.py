"""Metrics, shared data, queues, filter state, callouts and connections against expectations."""

from dataclasses import replace

import pytest

from tamis import compare, fixtures
from tamis.compare.expectations import problems
from tamis.model.exchange import CalloutMatch, CalloutReply, CalloutRule
from tamis.model.outcome import (
    Callout,
    ConnectionOutcome,
    ExchangeOutcome,
    FailedCall,
    LogLine,
    NotComparable,
    Outcome,
    Run,
)

STEP = 'exchanges: [{request: {headers: [[":method", GET], [":path", /]]}}]\n'
HTTP = Callout("authz", ((":method", "POST"), (":path", "/check"), ("x", "1"), ("x", "2")), b"who")
GRPC = Callout("rpc", ((":path", "/s/m"),), kind="grpc_call", messages=(b"first", b"\xff"))
OUTCOME = Outcome(
    exchanges=(ExchangeOutcome(),),
    metrics={"a.hits": 2, "gauge": -1},
    shared_data={"k": b"v", "bin": b"\xff"},
    queues={"q": (b"a", b"b")},
    filter_state={"wasm.x": b"y"},
    callouts=(HTTP, GRPC),
)


@pytest.fixture
def judge(tmp_path):
    def told(text, outcome=OUTCOME, skipped=(), *, strict=False):
        path = tmp_path / "f.yaml"
        path.write_text(text, encoding="utf-8")
        found = problems(fixtures.read(path), outcome, skipped, strict=strict)
        return [line.replace(str(path), "f.yaml") for line in found]

    return told


@pytest.mark.parametrize(
    "expect",
    [
        "{metrics: {a.hits: 2, gauge: -1}}",
        "{shared_data: {k: v, bin: {base64: /w==}, none: null}}",
        "{queues: {q: [a, b], empty: []}}",
        "{filter_state: {wasm.x: y}}",
        "{callouts: [{}, {}]}",
        "{callouts: [{cluster: authz, method: POST, path: /check, x: '1'}, {body: first}]}",
        "{callouts: [{body: {contains: h}}, {cluster: rpc, path: /s/m, body: {matches: ^f}}]}",
    ],
)
def test_what_holds(judge, expect):
    assert judge(f"{STEP}expect: {expect}\n") == []


@pytest.mark.parametrize(
    ("expect", "column", "line"),
    [
        ("{metrics: {a.hits: 3}}", 28, "metrics.a.hits: expected 3, got 2"),
        ("{metrics: {other: 0}}", 27, "metrics.other: expected 0, got nothing"),
        ("{shared_data: {k: w}}", 27, 'shared_data.k: expected "w", got "v"'),
        ("{shared_data: {bin: x}}", 29, 'shared_data.bin: expected "x", got "\\xff"'),
        ("{shared_data: {k: null}}", 27, 'shared_data.k: expected nothing, got "v"'),
        ("{shared_data: {other: ''}}", 31, 'shared_data.other: expected "", got nothing'),
        ("{queues: {q: [b, a]}}", 22, 'queues.q: expected ["b", "a"], got ["a", "b"]'),
        ("{queues: {r: [a]}}", 22, 'queues.r: expected ["a"], got []'),
        ("{filter_state: {wasm.x: z}}", 33, 'filter_state.wasm.x: expected "z", got "y"'),
        (
            "{callouts: []}",
            20,
            'callouts: expected 0, got 2 (HTTP call to "authz" /check; gRPC call to "rpc" /s/m)',
        ),
        (
            "{callouts: [{cluster: a}, {}]}",
            31,
            'callouts[0].cluster: expected "a", got "authz"',
        ),
        (
            "{callouts: [{path: /x}, {}]}",
            28,
            'callouts[0].path: expected "/x", got "/check"',
        ),
        ("{callouts: [{x: '2'}, {}]}", 25, 'callouts[0].x: expected "2", got "1"'),
        ("{callouts: [{y: z}, {}]}", 25, 'callouts[0].y: expected "z", got none'),
        (
            "{callouts: [{body: x}, {}]}",
            28,
            'callouts[0].body: expected "x", got "who"',
        ),
        (
            "{callouts: [{}, {body: {equals: x}}]}",
            41,
            'callouts[1].body: expected "x", got "first"',
        ),
    ],
)
def test_what_does_not(judge, expect, column, line):
    assert judge(f"{STEP}expect: {expect}\n") == [f"{line}  (f.yaml:2:{column})"]


def test_no_callouts_where_some_are_expected(judge):
    nothing = replace(OUTCOME, callouts=())
    assert judge(f"{STEP}expect: {{callouts: [{{}}]}}\n", nothing) == [
        "callouts: expected 1, got 0  (f.yaml:2:20)"
    ]


def test_what_a_host_cannot_show_is_not_judged(judge):
    text = f"{STEP}expect: {{metrics: {{a.hits: 3}}, callouts: [], queues: {{q: []}}}}\n"
    assert len(judge(text)) == 3
    assert len(judge(text, skipped=["metrics.a.hits", "queues"])) == 1
    assert judge(text, skipped=["metrics", "callouts", "queues.q"]) == []


# Connections ------------------------------------------------------------------------------------

CONNECTIONS = """exchanges:
- request: {headers: [[":method", GET], [":path", /]]}
- tick: 1s
- connection: {downstream: a}
- connection: {downstream: b}
  expect: EXPECT
"""
CONNECTED = Outcome(
    exchanges=(ExchangeOutcome(),),
    connections=(ConnectionOutcome(), ConnectionOutcome(b"up", b"down", "filter")),
    logs=(LogLine("info", "of the exchange", 0), LogLine("info", "of the connection", 3)),
)


@pytest.mark.parametrize(
    "expect",
    [
        "{}",
        "{upstream: up, downstream: {contains: ow}, closed: filter}",
        "{logs: [{matches: connection}]}",
    ],
)
def test_a_connection_that_holds(judge, expect):
    assert judge(CONNECTIONS.replace("EXPECT", expect), CONNECTED) == []


@pytest.mark.parametrize(
    ("expect", "column", "line"),
    [
        ("{upstream: down}", 22, 'upstream: expected "down", got "up"'),
        ("{downstream: {equals: up}}", 33, 'downstream: expected "up", got "down"'),
        ("{closed: upstream}", 20, "closed: expected upstream, got filter"),
        (
            "{logs: [{matches: exchange}]}",
            19,
            'logs: expected matching "exchange", got info "of the connection"',
        ),
    ],
)
def test_a_connection_that_does_not(judge, expect, column, line):
    assert judge(CONNECTIONS.replace("EXPECT", expect), CONNECTED) == [
        f"connections[1].{line}  (f.yaml:6:{column})"
    ]


def test_a_connection_that_never_was(judge):
    text = CONNECTIONS.replace("EXPECT", "{upstream: x, closed: filter}")
    assert judge(text, replace(CONNECTED, connections=())) == [
        'connections[1].upstream: expected "x", got ""  (f.yaml:6:22)',
        "connections[1].closed: expected filter, got nobody  (f.yaml:6:33)",
    ]
    assert judge(text, replace(CONNECTED, connections=()), skipped=["connections[1]"]) == []


# Callouts without a rule, calls that failed -----------------------------------------------------


def rule_in(text, tmp_path):
    """The rule that a problem offers, read from a fixture into which it is pasted."""
    path = tmp_path / "pasted.yaml"
    path.write_text(f"{STEP}callouts:\n{text.rpartition('it:')[2].strip()}\n", encoding="utf-8")
    (rule,) = fixtures.read(path).callouts
    return rule


def test_a_callout_without_a_rule_is_shown_whole(judge, tmp_path):
    (told,) = judge(STEP, replace(OUTCOME, unanswered=(HTTP,)))
    first, *lines = told.splitlines()
    what = 'unanswered: HTTP call to "authz" /check: no rule of `callouts` names its cluster'
    assert first == f"{what}  (f.yaml:1:1)"
    assert lines == [
        "    :method: POST",
        "    :path: /check",
        "    x: 1",
        "    x: 2",
        '    body: "who"',
        "  this rule would answer it:",
        '    - {match: {cluster: "authz", method: "POST", path: "/check"}, reply: {status: 200}}',
    ]
    match = CalloutMatch("authz", {":method": "POST", ":path": "/check"})
    assert rule_in(told, tmp_path) == CalloutRule(match, CalloutReply())


def test_a_grpc_call_without_a_rule(judge, tmp_path):
    text = f"{STEP}callouts: [{{match: {{cluster: rpc, path: /other}}, reply: {{}}}}]\n"
    (told,) = judge(text, replace(OUTCOME, unanswered=(GRPC, GRPC)))
    first, *lines = told.splitlines()
    what = 'unanswered: gRPC call to "rpc" /s/m (2 times): no rule of `callouts` matches it'
    assert first == f"{what}  (f.yaml:1:1)"
    assert lines == [
        "    :path: /s/m",
        '    message 1: "first"',
        r'    message 2: "\xff"',
        "  this rule would answer it:",
        '    - {match: {cluster: "rpc", path: "/s/m"}, reply: {grpc_status: 0}}',
    ]
    match = CalloutMatch("rpc", {":path": "/s/m"})
    assert rule_in(told, tmp_path) == CalloutRule(match, CalloutReply(grpc_status=0))


def test_hostile_callouts_without_a_rule(judge, tmp_path):
    hostile = Callout("no\n", (("x\n", "\x1b[31m\udcff"), (":path", 'a"\udcff')), b"x" * 70_000)
    (told,) = judge(STEP, replace(OUTCOME, unanswered=(hostile,)))
    assert all(line.isprintable() for line in told.splitlines())
    assert max(map(len, told.splitlines())) < 300
    assert rule_in(told, tmp_path).match.cluster == "no\n"


def test_many_callouts_without_a_rule_are_counted(judge):
    calls = tuple(Callout("a", ((":path", f"/{n}"),)) for n in range(7))
    found = judge(STEP, replace(OUTCOME, unanswered=calls))
    assert len(found) == 4
    assert found[-1] == "unanswered: 4 more callouts without a rule  (f.yaml:1:1)"


FAILED = replace(
    OUTCOME,
    failed_calls=(
        FailedCall("proxy_get_property", "SERIALIZATION_FAILURE", 1),
        FailedCall("proxy_get_property", "BAD_ARGUMENT", 3),
    ),
)


def test_calls_that_failed_are_problems_when_strict(judge):
    assert judge(STEP, FAILED) == []
    listed = (("SERIALIZATION_FAILURE", "once"), ("BAD_ARGUMENT", "3 times"))
    assert judge(STEP, FAILED, strict=True) == [
        f"proxy_get_property returned {status} ({times}); {{proxy_get_property: [{status}]}} "
        "under `expect.failed_calls` allows it  (f.yaml:1:1)"
        for status, times in listed
    ]
    allowed = f"{STEP}expect: {{failed_calls: {{proxy_get_property: [SERIALIZATION_FAILURE]}}}}\n"
    (one,) = judge(allowed, FAILED, strict=True)
    assert one.endswith("(f.yaml:2:45)")


def test_strictness_comes_through(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_text(STEP)
    fixture, run = fixtures.read(path), Run("f", "wasmtime", FAILED)
    assert compare.judge(fixture, run).ok
    assert len(compare.judge(fixture, run, strict=True).problems) == 2
    hidden = replace(run, skipped=(NotComparable("failed_calls", "why"),))
    assert compare.judge(fixture, hidden, strict=True).ok
