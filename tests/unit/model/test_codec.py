"""Outcomes to JSON and back, valid by the published schema."""

import json
import random

import pytest
from jsonschema import Draft202012Validator

from tamis.model import codec
from tamis.model.json_values import dumps
from tamis.model.outcome import (
    LOG_LEVELS,
    Callout,
    ConnectionOutcome,
    Counts,
    ExchangeOutcome,
    FailedCall,
    LocalReply,
    LogLine,
    Message,
    Outcome,
    Pause,
    Trap,
)
from tamis.schemas import load

TEXTS = ("", "a", "é", "\udcff\udc80", "a\nb", "\x00", "😀", "\u2028", '"', "x" * 200)
BYTES = (b"", b"a", "é".encode(), b"\xff", b"\x00", b"a\n\tb", b"x" * 200, b'{"base64": "AA=="}')


def headers(rng):
    pairs = (
        (rng.choice(("x-a", ":status", "x")), rng.choice(TEXTS)) for _ in range(rng.randrange(4))
    )
    return tuple(pairs)


def message(rng):
    found = Message(headers(rng), rng.choice(BYTES), headers(rng), rng.random() < 0.5)
    return rng.choice([None, found])


def exchange(rng):
    return ExchangeOutcome(
        message(rng),
        message(rng),
        rng.choice([None, LocalReply(403, rng.choice(TEXTS))]),
        rng.choice([None, "upstream", "downstream", "filter"]),
        pauses(rng),
    )


def pauses(rng):
    return tuple(Pause("request_body", rng.randrange(4)) for _ in range(rng.randrange(3)))


def callout(rng, kind):
    messages = () if kind == "http" else (b"", rng.choice(BYTES))
    body = rng.choice(BYTES)
    return Callout(rng.choice(TEXTS), headers(rng), body, headers(rng), kind, messages)


def outcome(rng):
    keys = rng.sample(TEXTS, 3)
    return Outcome(
        start=rng.choice(["ok", "on_configure"]),
        exchanges=tuple(exchange(rng) for _ in range(rng.randrange(3))),
        logs=tuple(
            LogLine(
                rng.choice(LOG_LEVELS),
                rng.choice(TEXTS),
                rng.choice([None, 0, 1]),
                rng.choice(["", "clock", "\udcff"]),
            )
            for _ in range(rng.randrange(4))
        ),
        metrics={key: rng.randrange(-5, 2**63) for key in keys},
        shared_data={key: rng.choice(BYTES) for key in keys},
        queues={key: (b"a", rng.choice(BYTES)) for key in keys},
        callouts=tuple(callout(rng, kind) for kind in ("http", "grpc_call", "grpc_stream")),
        filter_state={"wasm.x": rng.choice(BYTES)},
        connections=(
            ConnectionOutcome(
                rng.choice(BYTES),
                rng.choice(BYTES),
                rng.choice([None, "downstream", "upstream", "filter"]),
                pauses(rng),
            ),
        ),
        trap=rng.choice([None, Trap("proxy_on_log", "oob", rng.choice(TEXTS), TEXTS[1:4])]),
        unanswered=(callout(rng, "http"),),
        failed_calls=(FailedCall("proxy_get_property", "BAD_ARGUMENT", 2),),
        unimplemented={"proxy_http_call": 2},
        counts=Counts({"b": 1, "a": 2}, 1, 2, 3, 65536, rng.choice([None, 7])),
        virtual_time=rng.randrange(2**40),
    )


@pytest.mark.parametrize("seed", range(100))
def test_round_trip_is_valid_and_exact(seed):
    value = outcome(random.Random(seed))
    text = dumps(codec.encode(value))
    text.encode("utf-8")  # lone surrogates are escaped
    Draft202012Validator(load("outcome")).validate(json.loads(text))
    assert codec.loads(text) == value


def test_equal_outcomes_are_equal_text():
    one = Outcome(metrics={"a": 1, "b": 2}, shared_data={"x": b"", "a": b""})
    other = Outcome(metrics={"b": 2, "a": 1}, shared_data={"a": b"", "x": b""})
    assert dumps(codec.encode(one)) == dumps(codec.encode(other))


def test_text_that_people_read():
    shown = Outcome(
        exchanges=(
            ExchangeOutcome(
                request=Message(((":method", "GET"), ("x-a", "é"), ("x-b", "\udcff")), b"\x00"),
                response=Message(((":status", "200"),), "né\n".encode()),
            ),
        ),
    )
    text = dumps(codec.encode(shown))
    assert '["x-a", "é"],\n' in text
    assert '["x-b", {"base64": "/w=="}]' in text
    assert '"body": {"base64": "AA=="}' in text
    assert '"body": "né\\n"' in text


def test_a_plain_outcome_is_valid():
    Draft202012Validator(load("outcome")).validate(codec.encode(Outcome()))
    assert codec.decode(codec.encode(Outcome())) == Outcome()


def test_what_most_outcomes_have_not_is_left_out():
    line, call = LogLine("info", "x"), Callout("a")
    value = codec.encode(Outcome(logs=(line,), callouts=(call,), trap=Trap("f", "oob")))
    assert value["logs"] == [{"level": "info", "message": "x", "step": None}]
    assert "messages" not in value["callouts"][0]
    assert value["trap"] == {"callback": "f", "kind": "oob"}


@pytest.mark.parametrize(
    "key", ["start", "exchanges", "trap", "virtual_time", "logs", "unanswered", "failed_calls"]
)
def test_the_schema_wants_every_key(key):
    value = codec.encode(Outcome())
    del value[key]
    assert not Draft202012Validator(load("outcome")).is_valid(value)
    with pytest.raises(KeyError):
        codec.decode(value)
