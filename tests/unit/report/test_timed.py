"""What a real Envoy took, in tables and sentences."""

from dataclasses import replace

import pytest
from tests.cards import doubtful_card, full_card

from tamis.model.measured import Interval, Latency, Start, Throughput, Timed, Variant
from tamis.report.timed import (
    added_table,
    how_taken,
    in_words,
    latency_table,
    memory_table,
    ratio_table,
    tables,
)

BARE = Timed("envoy 1.40.0", "ten slices", Interval(20, 21, 22))


@pytest.fixture
def full() -> Timed:
    timed = full_card().timed
    assert timed
    return timed


def test_variants_come_in_one_order(full):
    names = ["built-in filters", "native module", "native, same source", "Lua", "Wasm"]
    assert [row[0] for row in added_table(full).rows] == names
    assert [row[0] for row in latency_table(full).rows] == ["no filter", *names]


def test_the_first_filter_and_each_further_one(full):
    table = added_table(full)
    assert table.head == ("added to a request, us", "by one filter", "by each further")
    assert table.rows[0] == ("built-in filters", "0.50 (0.42 to 0.60)", "cannot tell (-0.1 to 0.4)")
    assert table.rows[-1] == ("Wasm", "14.0 (13.5 to 15.0)", "10.0 (9.5 to 10.5)")
    some = tuple(
        replace(one, further_us=None) if one.name == "lua" else one for one in full.variants
    )
    assert added_table(replace(full, variants=some)).rows[3][2] == "-"
    none = tuple(replace(one, further_us=None) for one in full.variants)
    alone = added_table(replace(full, variants=none))
    assert {len(row) for row in (alone.head, *alone.rows)} == {2}


def test_ratios_are_of_what_is_told(full):
    table = ratio_table(full)
    assert table.head == ("Wasm, as a multiple of", "one filter", "each further")
    assert table.rows == (
        ("built-in filters", "28.0x", "-"),
        ("native module", "3.3x", "2.5x"),
        ("native, same source", "2.2x", "2.0x"),
        ("Lua", "0.9x", "0.8x"),
    )
    unsure = tuple(
        replace(each, added_us=Interval(-0.1, 0.5, 0.9)) if each.name == "built-in" else each
        for each in full.variants
    )
    found = ratio_table(replace(full, variants=unsure))
    assert [row[0] for row in found.rows] == ["native module", "native, same source", "Lua"]
    without = tuple(each for each in full.variants if each.name != "wasm")
    assert ratio_table(replace(full, variants=without)).rows == ()


def test_latencies_of_one_rate_and_of_two(full):
    table = latency_table(full)
    assert table.head == ("latency, us at 2,000/s", "p50", "p99", "p99.9")
    assert table.rows[0] == (
        "no filter",
        "210 (200 to 231)",
        "700 (665 to 770)",
        "1,900 (1,805 to 2,090)",
    )
    other = Latency("wasm", 500, ((99.0, Interval(9, 10, 11)),))
    table = latency_table(replace(full, latencies=(full.latencies[0], other)))
    assert table.head[0] == "latency, us"
    assert [row[0] for row in table.rows] == ["no filter, 2,000/s", "Wasm, 500/s"]
    assert table.rows[1][1:] == ("-", "10 (9 to 11)", "-")


def test_memory_is_in_mib(full):
    table = memory_table(full)
    assert table.rows[-1] == (
        "Wasm",
        "15.2 (14.7 to 15.8)",
        "2.40 (2.33 to 2.50)",
        "0.65 (0.63 to 0.68)",
    )
    assert table.rows[0][2:] == ("-", "-")


def test_it_is_said_in_words(full):
    told = dict(in_words(full))
    assert list(told) == ["baseline", "throughput", "predicted", "start"]
    assert told["baseline"].endswith("takes 23.5 us (23.0 to 24.1) of a worker's CPU")
    assert told["throughput"].split("; ") == [
        "94 % (93 to 95) of a native module with one filter on a request of 23.5 us",
        "71 % (70 to 73) with 8 in a chain",
        "96 % (95 to 97) of native code of the same source with one filter",
        "78 % (77 to 79) with 8 in a chain",
        "the often quoted 70 % holds where a request takes 3.1 us (2.9 to 3.4) without filters",
    ]
    start = "Envoy serves after 61 ms (60 to 63) with no filter, 82 ms (80 to 85) with Wasm"
    assert told["start"] == start


def test_how_it_was_taken_is_said(full):
    (_, taken), *rest = how_taken(full)
    assert taken.split("; ") == [
        "80 slices of 400 requests, 8 connections at a time",
        "each further filter is of a chain of 8",
        "12 exchanges of the fixtures sent",
    ]
    assert rest == [
        ("left out", "3 exchanges: it is a connection"),
        ("left out", "1 exchange: its callout has no answer"),
        ("note", "compare.lua is not checked to do the same"),
        (
            "drift",
            "2 more Envoys do not count: the baseline moved; by 0.8 % at most in those that count",
        ),
    ]


def test_what_was_not_measured_is_not_told():
    assert tables(BARE) == ()
    assert [name for name, _ in in_words(BARE)] == ["baseline"]
    assert list(how_taken(BARE)) == [("taken", "ten slices")]


def test_doubt_is_told():
    timed = doubtful_card().timed
    assert timed
    told = dict(how_taken(timed))
    assert told["note"].startswith("no native twin: Go ")
    moved = "the baseline moved by 6 % while it was measured"
    assert told["drift"].startswith(f"{moved}, and 3 more Envoys did not help; take it again")
    once = dict(how_taken(replace(timed, repeated=0)))
    assert once["drift"].startswith(f"{moved}; take it again")
    held = dict(how_taken(replace(timed, repeated=1, drift=-0.01, drifts=False)))
    assert held["drift"].startswith("1 more Envoy does not count: the baseline moved; by 1 % at")


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (Interval(-3, -2, -1), "any request does better than the often quoted 70 %"),
        (Interval(-1, 1, 3), "where the often quoted 70 % holds: cannot tell (-1 to 3 us)"),
        (None, "94 % (93 to 95) of a native module with one filter on a request of 21.0 us"),
    ],
)
def test_where_the_claim_holds(claim, words):
    throughput = (Throughput("module", 1, Interval(0.93, 0.94, 0.95)),)
    told = dict(in_words(replace(BARE, throughput=throughput, claim_us=claim)))
    assert told["throughput"].split("; ")[-1] == words


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        (Interval(24, 25, 26), "lies above"),
        (Interval(6, 7, 8), "lies below"),
        (Interval(7.1, 7.1, 7.1), "lies within"),
        (Interval(-1, 8, 9), "cannot tell"),
    ],
)
def test_the_prediction_is_held_against_what_was_measured(measured, words):
    timed = replace(BARE, variants=(Variant("wasm", measured),))
    told = dict(in_words(replace(timed, predicted_us=Interval(7.1, 13, 24.8))))
    assert told["predicted"].endswith(f"what was measured {words}")


def test_a_name_that_is_new_comes_last():
    ms = Interval(1, 2, 3)
    told = dict(in_words(replace(BARE, starts=(Start("other", ms), Start("lua", ms)))))
    assert told["start"] == "Envoy serves after 2 ms (1 to 3) with Lua, 2 ms (1 to 3) with other"
