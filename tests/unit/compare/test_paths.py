"""Paths into outcomes: what they name, mask and leave out."""

import pytest

from tamis.compare.paths import MASK, covers, leave_out, mask, steps
from tamis.model import codec
from tamis.model.outcome import ExchangeOutcome, LocalReply, LogLine, Message, Outcome

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
        ("logs", ("logs", 1), {"level": "warn", "message": MASK, "exchange": None}),
        ("logs[0]", ("logs", 0, "message"), MASK),
        ("metrics.a.b", ("metrics",), {"c": 2}),
        ("shared_data.k[0].x", ("shared_data",), {"k[0].x": MASK}),
        ("exchanges[7].response", ("exchanges", 0, "response", "complete"), True),
        ("nothing.here", ("start",), "ok"),
    ],
)
def test_mask(path, keys, value):
    before = codec.dumps(TREE)
    assert at(mask(TREE, [path]), *keys) == value
    assert codec.dumps(TREE) == before  # a copy


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
    paths = ["request.headers", "response.body", "reset", "logs", "metrics.c", "shared_data.k[0].x"]
    codec.decode(mask(TREE, paths))
