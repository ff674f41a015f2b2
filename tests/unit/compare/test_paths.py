"""Paths into outcomes: what they name, mask and leave out."""

import pytest
from jsonschema import Draft202012Validator

from tamis.compare.paths import MASK, covers, leave_out, mask, steps
from tamis.model import codec
from tamis.model.json_values import dumps
from tamis.model.outcome import (
    Callout,
    ConnectionOutcome,
    ExchangeOutcome,
    LocalReply,
    LogLine,
    Message,
    Outcome,
    Pause,
)
from tamis.schemas import load

TREE = codec.encode(
    Outcome(
        exchanges=(
            ExchangeOutcome(
                request=Message((("x-t", "1"), ("x-a", "2"), ("x-t", "3")), b"body"),
                response=Message(((":status", "403"),), b"\xff", (("x-t", "4"),)),
                local_reply=LocalReply(403, "why"),
                reset="filter",
            ),
            ExchangeOutcome(),
        ),
        logs=(LogLine("info", "a", 0), LogLine("warn", "b")),
        metrics={"a.b": 1, "c": 2},
        shared_data={"k[0].x": b"v"},
        queues={"q": (b"a", b"b")},
        callouts=(
            Callout("a", (("x", "y"), (":path", "/")), b"b"),
            Callout("g", kind="grpc_call", messages=(b"a", b"b")),
        ),
        connections=(ConnectionOutcome(b"u", b"d", "filter", (Pause("downstream_data", 1),)),),
    )
)


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("", ()),
        ("logs", ("logs",)),
        ("logs[2]", ("logs", 2)),
        ("exchanges[*].request", ("exchanges", None, "request")),
        ("request.headers.x.y[0]", ("exchanges", None, "request", "headers", "x.y[0]")),
        ("exchanges[3].response.trailers[1]", ("exchanges", 3, "response", "trailers", 1)),
        ("metrics.a.b", ("metrics", "a.b")),
        ("local_reply.details", ("exchanges", None, "local_reply", "details")),
    ],
)
def test_steps(path, parts):
    assert steps(path) == parts


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("", "logs[0]", True),
        ("logs", "logs[0]", True),
        ("logs[0]", "logs", False),
        ("pauses", "exchanges[4].pauses[0].status", True),
        ("exchanges[1]", "exchanges[1].request", True),
        ("exchanges[1]", "exchanges[11].request", False),
        ("response", "exchanges[0].response.headers.date", True),
        ("response.headers.date", "exchanges[0].response.headers.dates", False),
        ("metrics.a", "metrics.a.b", False),
    ],
)
def test_covers(pattern, path, expected):
    assert covers(pattern, path) is expected


def at(tree, *keys):
    for key in keys:
        tree = tree[key]
    return tree


@pytest.mark.parametrize(
    ("path", "keys", "value"),
    [
        (
            "request.headers.x-t",
            ("exchanges", 0, "request", "headers"),
            [["x-t", MASK], ["x-a", "2"], ["x-t", MASK]],
        ),
        (
            "request.headers",
            ("exchanges", 0, "request", "headers"),
            [["x-t", MASK], ["x-a", MASK], ["x-t", MASK]],
        ),
        ("response.body", ("exchanges", 0, "response", "body"), MASK),
        (
            "response.trailers.x-t",
            ("exchanges", 0, "response", "trailers"),
            [["x-t", MASK]],
        ),
        ("response", ("exchanges", 0, "response"), None),
        ("reset", ("exchanges", 0, "reset"), None),
        ("local_reply.details", ("exchanges", 0, "local_reply", "details"), MASK),
        ("logs", ("logs", 1), {"level": "warn", "message": MASK, "step": None}),
        ("logs[0]", ("logs", 0, "message"), MASK),
        ("metrics.a.b", ("metrics",), {"c": 2}),
        ("metrics", ("metrics",), {}),
        ("queues.q", ("queues", "q"), []),
        ("callouts[0].body", ("callouts", 0, "body"), MASK),
        ("callouts[*].headers.x", ("callouts", 0, "headers"), [["x", MASK], [":path", "/"]]),
        ("callouts[1].messages", ("callouts", 1, "messages"), []),
        (
            "callouts[0]",
            ("callouts", 0),
            {
                "kind": "http",
                "cluster": MASK,
                "headers": [["x", MASK], [":path", MASK]],
                "body": MASK,
                "trailers": [],
            },
        ),
        ("callouts", ("callouts",), []),
        ("connections[0].upstream", ("connections", 0, "upstream"), MASK),
        (
            "connections[0]",
            ("connections", 0),
            {"upstream": MASK, "downstream": MASK, "closed": None, "pauses": []},
        ),
        (
            "exchanges[0]",
            ("exchanges", 0),
            {"request": None, "response": None, "local_reply": None, "reset": None, "pauses": []},
        ),
        ("shared_data.k[0].x", ("shared_data",), {"k[0].x": MASK}),
        ("exchanges[7].response", ("exchanges", 0, "response", "complete"), True),
        ("nothing.here", ("start",), "ok"),
    ],
)
def test_mask(path, keys, value):
    before = dumps(TREE)
    assert at(mask(TREE, [path]), *keys) == value
    assert dumps(TREE) == before  # a copy


@pytest.mark.parametrize(
    ("path", "keys", "value"),
    [
        ("request.headers.x-t", ("exchanges", 0, "request", "headers"), [["x-a", "2"]]),
        ("metrics", ("start",), "ok"),
        ("exchanges[0]", ("exchanges", 0), None),
    ],
)
def test_leave_out(path, keys, value):
    assert at(leave_out(TREE, [path]), *keys) == value


def test_leave_out_removes_keys():
    assert "metrics" not in leave_out(TREE, ["metrics"])
    assert "pauses" not in leave_out(TREE, ["pauses"])["exchanges"][1]


def test_masked_outcomes_are_still_outcomes():
    schema = Draft202012Validator(load("outcome"))
    for path in (
        *("request.headers", "response.body", "reset", "logs", "metrics.c", "shared_data.k[0].x"),
        *("metrics", "shared_data", "queues", "queues.q", "filter_state", "logs[0]", "pauses"),
        *("callouts", "callouts[1]", "connections", "connections[0]", "exchanges[0]"),
    ):
        masked = mask(TREE, [path])
        schema.validate(masked)
        codec.decode(masked)
