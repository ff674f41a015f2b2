"""Expectations that do not hold: one readable line each, with the place in the fixture."""

from dataclasses import replace

import pytest

from tamis import compare, fixtures
from tamis.compare.expectations import problems
from tamis.model.exchange import Fixture
from tamis.model.outcome import (
    ExchangeOutcome,
    LocalReply,
    LogLine,
    Message,
    NotComparable,
    Outcome,
    Run,
    Trap,
)

#: One exchange, whose `expect` is the fourth line and begins in column 11.
FIXTURE = """\
exchanges:
- request:
    headers: [[":method", GET], [":path", /]]
  expect: EXPECT
"""
OUTCOME = Outcome(
    exchanges=(
        ExchangeOutcome(
            request=Message(((":method", "GET"), (":path", "/"), ("x-a", "1"), ("x-a", "2"))),
            response=Message(
                ((":status", "403"), ("grpc-status", "7")), b"no\xff", (("x-t", "t"),)
            ),
            local_reply=LocalReply(403, "denied"),
            reset="filter",
        ),
    ),
    logs=(LogLine("info", "up"), LogLine("warn", "denied /", 0), LogLine("info", "bye", 0)),
)


@pytest.fixture
def judge(tmp_path):
    def told(expect, outcome=OUTCOME, skipped=(), whole=""):
        path = tmp_path / "f.yaml"
        path.write_text(FIXTURE.replace("EXPECT", expect) + whole, encoding="utf-8")
        found = problems(fixtures.read(path), outcome, skipped)
        return [line.replace(str(path), "f.yaml") for line in found]

    return told


@pytest.mark.parametrize(
    "expect",
    [
        "{}",
        "{request: {headers: {set: {x-a: ['1', '2'], x-n: []}, has: [x-a], absent: [x-n]}}}",
        "{request: {headers: {exact: [[':method', GET], [':path', /], [x-a, '1'], [x-a, '2']]}}}",
        "{response: {body: {equals: {base64: bm//}}}}",
        "{response: {body: {contains: 'no'}, trailers: {set: {x-t: [t]}}}}",
        "{response: {body: {matches: '^no'}}, reset: filter}",
        "{local_reply: {status: 403, details: denied, grpc_status: 7, body: {contains: o}}}",
        "{logs: [{level: warn}, {matches: '^den'}, {equals: bye}, {level: info, equals: bye}]}",
    ],
)
def test_what_holds(judge, expect):
    assert judge(expect) == []


@pytest.mark.parametrize(
    ("expect", "column", "line"),
    [
        (
            "{request: {headers: {set: {x-a: ['1']}}}}",
            43,
            'request.headers x-a: expected ["1"], got ["1", "2"]',
        ),
        ("{request: {headers: {has: [x-b]}}}", 38, "request.headers x-b: expected, got none"),
        (
            "{request: {headers: {absent: [x-b, x-a]}}}",
            46,
            'request.headers x-a: expected none, got ["1", "2"]',
        ),
        (
            "{request: {headers: {exact: [[':method', GET], [':path', /], [x-a, '2']]}}}",
            72,
            'request.headers[2]: expected exactly ["x-a", "2"], got ["x-a", "1"]',
        ),
        (
            "{response: {trailers: {exact: []}}}",
            41,
            'response.trailers[0]: expected exactly the end, got ["x-t", "t"]',
        ),
        ("{request: none}", 21, "request: expected none, got one (GET /, 0 bytes of body)"),
        ("{response: none}", 22, "response: expected none, got one (403, 3 bytes of body)"),
        ("{response: {body: 'no'}}", 29, r'response.body: expected "no", got "no\xff"'),
        ("{response: {body: {equals: 'no'}}}", 38, r'response.body: expected "no", got "no\xff"'),
        (
            "{response: {body: {contains: x}}}",
            40,
            r'response.body: expected to contain "x", got "no\xff"',
        ),
        (
            "{response: {body: {matches: ^x}}}",
            39,
            r'response.body: expected to match "^x", got "no\xff"',
        ),
        ("{local_reply: none}", 25, 'local_reply: expected none, got 403 ("denied")'),
        ("{local_reply: {status: 429}}", 34, "local_reply.status: expected 429, got 403"),
        ("{local_reply: {details: x}}", 35, 'local_reply.details: expected "x", got "denied"'),
        ("{local_reply: {grpc_status: 5}}", 39, "local_reply.grpc_status: expected 5, got 7"),
        ("{local_reply: {body: x}}", 32, r'local_reply.body: expected "x", got "no\xff"'),
        ("{reset: none}", 19, "reset: expected none, got filter"),
        (
            "{logs: [{level: error, matches: x}]}",
            19,
            'logs: expected error matching "x", got warn "denied /"; info "bye"',
        ),
        ("{logs: [{equals: up}]}", 19, 'logs: expected "up", got warn "denied /"; info "bye"'),
    ],
)
def test_what_does_not(judge, expect, column, line):
    assert judge(expect) == [f"exchanges[0].{line}  (f.yaml:4:{column})"]


def test_a_long_body_is_cut(judge):
    long = Outcome(exchanges=(ExchangeOutcome(response=Message((), b"x" * 70_000)),))
    (line,) = judge("{response: {body: {contains: z}}}", long)
    assert f'got "{"x" * 119}… (70000 bytes)' in line


def test_no_message_where_one_is_expected(judge):
    nothing = Outcome(exchanges=(ExchangeOutcome(),))
    assert judge("{response: {}}", nothing) == [
        "exchanges[0].response: expected one, got none  (f.yaml:4:22)"
    ]
    assert judge("{local_reply: {status: 403}}", nothing) == [
        "exchanges[0].local_reply: expected one, got none  (f.yaml:4:25)"
    ]
    assert judge("{logs: [{level: info}]}", nothing) == [
        "exchanges[0].logs: expected a line of info, got no line  (f.yaml:4:19)"
    ]
    assert judge("{response: {}}", Outcome()) == judge("{response: {}}", nothing)


def test_a_trap_is_a_problem_unless_it_is_expected(judge):
    trapped = replace(OUTCOME, trap=Trap("proxy_on_request_headers", "oob", "out of bounds"))
    told = 'trap: expected none, got oob in proxy_on_request_headers: "out of bounds"'
    assert judge("{}", trapped) == [f"{told}  (f.yaml:1:1)"]
    assert judge("{}", trapped, whole="expect: {trap: oob}\n") == []
    assert judge("{}", whole="expect: {trap: oob}\n") == [
        "trap: expected oob, got none  (f.yaml:5:16)"
    ]


def test_a_trap_shows_where_it_came_from(judge):
    trap = Trap("proxy_on_tick", "oob", "why", ("inner (a.c:3)", "outer"))
    assert judge("{}", replace(OUTCOME, trap=trap)) == [
        (
            'trap: expected none, got oob in proxy_on_tick: "why"  (f.yaml:1:1)\n'
            "    at inner (a.c:3)\n"
            "    at outer"
        )
    ]


def test_a_refused_start_is_a_problem_unless_it_is_expected(judge):
    refused = Outcome(start="on_configure", logs=(LogLine("error", "bad rule"),))
    told = 'start: on_configure refused to start; its last words: "bad rule"'
    assert judge("{}", refused) == [f"{told}  (f.yaml:1:1)"]
    assert judge("{}", refused, whole="expect: {start: refused}\n") == []
    assert judge("{}", whole="expect: {start: refused}\n") == [
        "start: expected to be refused, but it started  (f.yaml:5:17)"
    ]


def test_unimplemented_hostcalls_are_named(judge):
    missing = replace(OUTCOME, unimplemented={"proxy_http_call": 1, "proxy_define_metric": 3})
    words = "this version of tamis does not implement it"
    assert judge("{}", missing) == [
        f"proxy_define_metric: {words} (called 3 times)  (f.yaml:1:1)",
        f"proxy_http_call: {words} (called once)  (f.yaml:1:1)",
    ]


def test_logs_of_the_whole_fixture(judge):
    assert judge("{}", whole="expect: {logs: [{equals: up}, {equals: down}]}\n") == [
        'logs: expected "down", got info "up"; warn "denied /"; info "bye"  (f.yaml:5:31)'
    ]


def test_what_a_host_cannot_show_is_not_judged(judge):
    expect = "{local_reply: {details: x}, reset: none, logs: [{equals: x}]}"
    assert len(judge(expect)) == 3
    assert judge(expect, skipped=["local_reply.details", "exchanges[0].reset", "logs"]) == []
    assert len(judge(expect, skipped=["exchanges[1].reset"])) == 3
    assert judge(expect, skipped=[""]) == []


def test_judge_adds_problems_to_a_run(tmp_path):
    fixture = Fixture("f", tmp_path / "f.yaml", ())
    run = Run("f", "wasmtime", replace(OUTCOME, trap=Trap("proxy_on_log", "oom")), ("before",))
    assert compare.judge(fixture, run).problems == (
        "before",
        "trap: expected none, got oom in proxy_on_log",
    )
    assert compare.judge(fixture, Run("f", "wasmtime", Outcome())).ok
    skipped = Run("f", "envoy", None, skipped=(NotComparable("", "why"),))
    assert compare.judge(fixture, skipped) is skipped
