"""Bodies, trailers, properties, replies, logs: everything the probe can be told to do."""

import json

import pytest

from tamis.model.exchange import Answer

ANSWER = Answer(((":status", "200"), ("x-r", "1")), (b"one", b"two"), (("x-t", "2"),))


@pytest.fixture
def probed(outcome_of):
    def probed(*actions, quiet=True, **kwargs):
        config = json.dumps({"do": list(actions), "quiet": quiet}).encode()
        kwargs.setdefault("answer", ANSWER)
        return outcome_of("probe", config, **kwargs)

    return probed


def texts(outcome):
    return [line.message for line in outcome.logs]


def test_it_tells_what_it_sees_in_order(probed):
    outcome = probed(quiet=False, body=[b"ab", b"c"], trailers=[("x-q", "1")])
    lines = [line for line in texts(outcome) if not line.startswith("  ")]
    names = [line.split(" ")[0] for line in lines]
    assert names == [
        "configure", "request_headers", "request_body", "request_body", "request_trailers",
        "response_headers", "response_body", "response_body", "response_trailers", "log", "done",
    ]  # fmt: skip
    assert "request_body 2 read=2 sum=1294271946 end_of_stream=false" in lines
    assert "  x-q: 1" in texts(outcome)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ({"append": "!"}, b"one!two!"),
        ({"prepend": "!"}, b"!one!two"),
        ({"replace": "-"}, b"--"),
        ({"clear": True}, b""),
    ],
)
def test_bodies_change(probed, action, expected):
    outcome = probed({"at": "response_body", **action})
    assert outcome.exchanges[0].response.body == expected


def test_a_buffered_body_comes_whole(probed):
    outcome = probed(
        {"at": "response_body", "pause": 1}, quiet=False, answer=Answer(body=(b"one", b"two"))
    )
    assert any("response_body 6 read=6" in line for line in texts(outcome))


def test_trailers_are_added_and_changed(probed):
    outcome = probed(
        {"at": "response_body", "trailer": ["x-new", "1"]},
        {"at": "request_trailers", "set": ["x-q", "2"]},
        body=[b"a"],
        trailers=[("x-q", "1")],
        answer=Answer(body=(b"one",)),
    )
    assert outcome.exchanges[0].response.trailers == (("x-new", "1"),)
    assert outcome.exchanges[0].request.trailers == (("x-q", "2"),)


def test_a_reply_takes_the_place_of_the_upstream(probed):
    exchange = probed({"at": "request_headers", "reply": 403}).exchanges[0]
    assert exchange.request is None
    assert exchange.local_reply.status == 403
    assert exchange.local_reply.details == "probe_reply"
    assert exchange.response.body == b"replied by the probe"
    assert [v for n, v in exchange.response.headers if n == "x-probe"] == ["reply", "twice"]


@pytest.mark.parametrize("callback", ["request_headers", "response_headers", "log", "configure"])
def test_a_trap_is_where_it_was_ordered(probed, callback):
    outcome = probed({"at": callback, "trap": True})
    assert outcome.trap.kind == "unreachable"
    assert callback in outcome.trap.callback


def test_levels_properties_and_the_clock(probed):
    outcome = probed(
        *({"at": "request_headers", "log": level} for level in range(6)),
        {"at": "request_headers", "property": ["request", "path"]},
        {"at": "request_headers", "property": ["nobody", "knows"]},
        {"at": "request_headers", "set_property": ["mine", "v"]},
        {"at": "response_headers", "property": ["response", "code"]},
        {"at": "request_headers", "time": True},
    )
    levels = [line.level for line in outcome.logs if line.message.startswith("level ")]
    assert levels == ["trace", "debug", "info", "warn", "error", "critical"]
    lines = texts(outcome)
    assert "property request.path 1:/" in lines
    assert "property nobody.knows none" in lines
    assert "set_property mine true" in lines
    assert r"property response.code 8:\c8\00\00\00\00\00\00\00" in lines
    assert "time 1767225600000000000" in lines


def test_it_refuses_to_start_when_told(probed):
    assert probed({"at": "configure", "refuse": True}).start == "on_configure"
