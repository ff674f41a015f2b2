"""Headers: what a filter reads, what is written back, and in how many crossings."""

import json
import random

import pytest

WRITES = {
    "proxy_add_header_map_value",
    "proxy_replace_header_map_value",
    "proxy_remove_header_map_value",
    "proxy_set_header_map_pairs",
}
START = (("x-a", "1"), ("x-b", "2"), ("x-a", "3"))


@pytest.fixture
def driven(outcome_of):
    """Runs steps over request headers: the result, the log's lines, and the calls made."""

    def driven(steps, headers=START):
        outcome = outcome_of("headers", json.dumps(steps).encode(), headers)
        request = outcome.exchanges[0].request.headers
        calls = {
            name: count
            for name, count in outcome.counts.calls.items()
            if name in WRITES or name == "proxy_get_header_map_pairs"
        }
        ours = [pair for pair in request if pair[0].startswith("x-") and "forwarded" not in pair[0]]
        return ours, [line.message for line in outcome.logs], calls

    return driven


@pytest.mark.parametrize(
    ("steps", "expected", "calls"),
    [
        ([], START, {}),
        ([["get", "x-a"]], START, {"proxy_get_header_map_pairs": 1}),
        # Writing needs no reading.
        ([["set", "x-b", "9"]], None, {"proxy_replace_header_map_value": 1}),
        ([["add", "x-b", "9"]], None, {"proxy_add_header_map_value": 1}),
        ([["remove", "x-none"]], START, {"proxy_remove_header_map_value": 1}),
        # A later change takes the place of an earlier one.
        ([["set", "x-b", "8"], ["set", "X-B", "9"]], None, {"proxy_replace_header_map_value": 1}),
        ([["add", "x-b", "8"], ["remove", "x-b"]], None, {"proxy_remove_header_map_value": 1}),
        # What was read is known: nothing is written that changes nothing.
        ([["size"], ["remove", "x-none"]], START, {"proxy_get_header_map_pairs": 1}),
        ([["size"], ["set", "x-b", "2"]], START, {"proxy_get_header_map_pairs": 1}),
        ([["size"], ["set", "x-b", "2"], ["flush"], ["get", "x-b"]], START,
         {"proxy_get_header_map_pairs": 1}),
        ([["remove", "x-none"], ["size"]], START, {"proxy_get_header_map_pairs": 1}),
        ([["size"], ["set", "x-b", "7"], ["set", "x-b", "2"]], START,
         {"proxy_get_header_map_pairs": 1}),
    ],
)  # fmt: skip
def test_crossings(driven, steps, expected, calls):
    headers, _, made = driven(steps)
    assert made == calls
    if expected is not None:
        assert headers == list(expected)


MANY = [(f"x-{n:04}", str(n)) for n in range(1400)]


@pytest.mark.parametrize(("changes", "whole"), [(10, False), (25, True)])
def test_the_whole_map_goes_out_when_that_is_cheaper(driven, changes, whole):
    start = MANY[:30]
    steps = [["size"], *(["remove", name] for name, _ in start[:changes])]
    headers, _, calls = driven(steps, start)
    written = {"proxy_set_header_map_pairs": 1} if whole else {"proxy_remove_header_map_value": 10}
    assert calls == {"proxy_get_header_map_pairs": 1, **written}
    assert headers == start[changes:]


def test_a_map_too_large_for_one_call_goes_out_change_by_change(driven):
    # Envoy would take more than 1024 pairs for none, and erase the map.
    steps = [
        ["size"],
        *(["remove", name] for name, _ in MANY[:300]),
        *(["set", name, "new"] for name, _ in MANY[300:]),
    ]
    headers, _, calls = driven(steps, MANY)
    assert "proxy_set_header_map_pairs" not in calls
    assert calls["proxy_replace_header_map_value"] == 1100
    assert sorted(headers) == [(name, "new") for name, _ in MANY[300:]]


@pytest.mark.parametrize(
    "step",
    [
        ["set", "x-a", "1\r\nx-admin: 1"],
        ["add", "x-a", "\u0000"],
        ["set", "x a", "1"],
        ["set", "", "1"],
        ["add", "x:a", "1"],
        ["set", "x-\n", "1"],
        ["remove", "x-a\u0000"],
    ],
)
def test_what_would_break_a_message_is_refused(driven, step):
    headers, logs, calls = driven([step])
    assert headers == list(START)
    assert logs == ["refused"]
    assert calls == {}


def test_what_would_break_a_message_is_found_wherever_it_stands(driven):
    """Values are looked at in pieces: of what a piece must not hold, and may."""
    places = [(size, at) for size in range(1, 10) for at in range(size)]
    bad = ["\t" * at + broken + "a" * (size - at - 1) for size, at in places for broken in "\r\n\0"]
    good = [
        "a" * at + odd + "b" * (size - at - 1)
        for size, at in places
        for odd in "\t\x01\x0b\x0c\x0e\x1f \x7f\xff"
    ]
    _, logs, _ = driven([["set", "x-b", each] for each in bad])
    assert logs == ["refused"] * len(bad)
    _, logs, _ = driven([["set", "x-b", each] for each in good])
    assert logs == []


def test_names_have_no_case(driven):
    headers, logs, _ = driven([["get", "X-A"], ["set", "X-New", "Value"], ["get", "x-NEW"]])
    assert logs == ["=1", "=Value"]
    assert ("x-new", "Value") in headers


def test_after_a_flush_the_map_is_read_anew(driven):
    headers, logs, calls = driven([["set", "x-b", "9"], ["flush"], ["get", "x-b"], ["size"]])
    assert logs[0] == "=9"
    assert calls == {"proxy_replace_header_map_value": 1, "proxy_get_header_map_pairs": 1}
    assert ("x-b", "9") in headers


class Model:
    """The same operations, plainly."""

    def __init__(self, headers):
        self.headers = list(headers)
        self.logs = []

    def run(self, what, name="", value=""):
        if what in ("set", "remove"):
            self.headers = [pair for pair in self.headers if pair[0] != name]
        if what in ("set", "add"):
            self.headers.append((name, value))
        if what == "get":
            values = [pair[1] for pair in self.headers if pair[0] == name]
            self.logs.append(f"={values[0]}" if values else "none")


def values_by_name(headers):
    """Order matters only among the values of one name (RFC 9110, 5.3)."""
    by_name = {}
    for name, value in headers:
        by_name.setdefault(name, []).append(value)
    return by_name


@pytest.mark.parametrize("seed", range(150))
def test_any_steps_do_what_they_plainly_mean(driven, seed):
    chance = random.Random(seed)
    names = ["x-a", "x-b", "x-c"]
    start = [(chance.choice(names), str(n)) for n in range(chance.randrange(5))]
    steps = []
    for number in range(chance.randrange(1, 14)):
        what = chance.choice(["set", "add", "remove", "get", "get", "flush"])
        step = [what] if what == "flush" else [what, chance.choice(names)]
        if what in ("set", "add"):
            step.append(chance.choice(["0", "1", f"new-{number}", ""]))
        steps.append(step)
    model = Model(start)
    for step in steps:
        model.run(*step)
    headers, logs, calls = driven(steps, start)
    assert values_by_name(headers) == values_by_name(model.headers), steps
    assert logs == model.logs, steps
    assert sum(calls.values()) <= len(steps) + 1
