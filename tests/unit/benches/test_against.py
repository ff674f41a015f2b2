"""Two cards compared: counts exactly, times by their intervals."""

import copy
import json
from dataclasses import replace

import jsonschema
import pytest
from tests.cards import full_card

from tamis import schemas
from tamis.benches.against import against
from tamis.model.cost import Counted
from tamis.report.bench import card_object
from tamis.report.page import page


@pytest.fixture
def cards():
    """The same card twice, to change the second."""
    card = json.loads(json.dumps(card_object(full_card())))
    return card, copy.deepcopy(card)


def notes(old, new):
    return against("old.json", old, new).notes


def changes(old, new):
    found = against("old.json", old, new)
    return {each.what: (each.before, each.now) for each in found.changes}


def test_the_same_is_no_change(cards):
    found = against("old.json", *cards)
    assert (found.changes, found.notes, found.exchanges) == ((), (), 1)
    assert (found.past.crossings, found.past.copied, found.past.size) == (35, 1087, 15057)


def test_one_crossing_more_is_a_change(cards):
    old, new = cards
    step = new["fixtures"][0]["steps"][1]
    step["crossings"] += 1
    step["callbacks"][0]["functions"][0]["calls"] += 1
    name = step["callbacks"][0]["functions"][0]["function"]
    calls = 1 + 1  # of two callbacks
    assert changes(old, new) == {"crossings": (35, 36), name: (calls, calls + 1)}


def test_sizes_and_memory(cards):
    old, new = cards
    new["module"]["size"] -= 57
    new["memory"] *= 2
    assert changes(old, new) == {"size": (15057, 15000), "memory": (131072, 262144)}


def test_times_change_only_when_their_intervals_part(cards):
    old, new = cards
    wasm = new["timed"]["variants"][0]
    assert wasm["name"] == "wasm"
    wasm["added_us"] = {"low": 14.9, "value": 17.0, "high": 19.0}
    assert changes(old, new) == {}
    wasm["added_us"]["low"] = 15.1
    assert changes(old, new) == {"wasm, us": (14.0, 17.0)}
    wasm["further_us"] = {"low": 10.6, "value": 11.0, "high": 11.5}
    assert changes(old, new)["wasm, each further, us"] == (10.0, 11.0)
    wasm["further_us"] = None
    (curve,) = (each for each in new["timed"]["latencies"] if each["name"] == "wasm")
    curve["points"][2] = [99.0, 940.0, 930.0, 950.0]
    new["timed"]["memory"][0]["filter"] = {"low": 20e6, "value": 21e6, "high": 22e6}
    found = changes(old, new)
    assert found["wasm p99 at 2000/s, us"] == (840.0, 940.0)
    assert found["wasm, bytes of Envoy"][1] == 21e6
    assert len(found) == 3


def test_times_of_another_machine_are_not_compared(cards):
    old, new = cards
    new["timed"]["variants"][0]["added_us"] = {"low": 27.0, "value": 28.0, "high": 29.0}
    new["timed"]["baseline_us"] = {"low": 46.0, "value": 47.0, "high": 48.0}
    found = against("old.json", old, new)
    assert found.changes == ()
    assert found.notes == (
        "times in Envoy are not compared: a request without filters took 23.5 us then, 47.0 us now",
    )


def test_what_to_know_of_times(cards):
    old, new = cards
    assert notes(old, {**new, "timed": None}) == (
        "times in Envoy are not compared: this card has none",
    )
    assert notes({**old, "timed": None}, new) == (
        "times in Envoy are not compared: old.json has none",
    )
    assert notes({**old, "timed": None}, {**new, "timed": None}) == ()
    old["timed"]["host"] = "envoy 1.39.0"
    new["timed"]["exchanges"] = 13
    old["timed"]["drifts"] = True
    assert notes(old, new) == (
        "times are of envoy 1.39.0 then, of envoy 1.40.0 now",
        "times are averages of 12 exchanges then, of 13 now",
        "the baseline of old.json drifted",
    )


def test_an_older_card_with_less_is_read_too(cards):
    """As the schema had it before Envoy was measured: latencies without bounds, and no more."""
    old, new = cards
    for name in set(old["timed"]) - {"host", "how", "baseline_us", "variants", "latencies"}:
        del old["timed"][name]
    for each in old["timed"]["latencies"]:
        each["points"] = [[percentile, 1.0] for percentile, *_ in each["points"]]
    del old["cold"]["native"]
    document = {"tamis": "1", "verb": "bench", "ok": True, "problems": [], "cards": [old]}
    jsonschema.validate(document, schemas.of_output("bench"))
    new["timed"]["variants"][0]["added_us"] = {"low": 15.1, "value": 17.0, "high": 19.0}
    found = against("old.json", old, new)
    assert (found.notes, [each.what for each in found.changes]) == ((), ["wasm, us"])


def test_fuel_is_that_of_one_wasmtime(cards):
    old, new = cards
    new["fixtures"][0]["steps"][1]["fuel"] += 1
    assert changes(old, new) == {"fuel": (4410, 4411)}
    old["host"] = "wasmtime 49.0.0"
    found = against("old.json", old, new)
    assert found.changes == ()
    assert found.notes == ("fuel is not compared: wasmtime 49.0.0 then, wasmtime 50.0.1 now",)


def test_only_exchanges_of_both_are_compared(cards):
    old, new = cards
    more = copy.deepcopy(new["fixtures"][0])
    more["fixture"] = "more"
    new["fixtures"].append(more)
    found = against("old.json", old, new)
    assert (found.changes, found.notes, found.exchanges) == ((), ("new exchanges: 1",), 1)
    back = against("old.json", new, old)
    assert back.notes == ("exchanges of old.json that are no more: 1",)


def test_a_card_of_no_exchange_is_one_too():
    card = replace(full_card(), counted=Counted("wasmtime 50.0.1", ()))
    empty = json.loads(json.dumps(card_object(card)))
    found = against("old.json", empty, empty)
    assert (found.past.crossings, found.past.copied, found.exchanges) == (0, 0, 0)
    assert "<svg" in page([replace(card, against=(found, found))])
