"""Budgets: read, and held against the worst exchange."""

from pathlib import Path

import pytest

from tamis.benches.budgets import NAMES, held, read
from tamis.errors import BadInput, Place
from tamis.model.card import Sizes
from tamis.model.cost import CallbackCost, Counted, FixtureCost, FunctionCost, StepCost

SIZES = Sizes(1000, 400)


def step(at, calls, *, kind="exchange"):
    functions = (FunctionCost("proxy_log", calls, 0, 10 * calls), FunctionCost("malloc", 1, 5))
    return StepCost(kind, at, (CallbackCost("proxy_on_log", 1, functions, 1, 100 * calls),))


COUNTED = Counted(
    "wasmtime",
    (
        FixtureCost("one", 65536, (step(None, 99, kind="start"), step(0, 3), step(1, 5))),
        FixtureCost("two", 131072, (step(0, 4), step(1, 50, kind="tick"))),
    ),
)
LARGEST = {
    "size": (1000, ""),
    "gzipped": (400, ""),
    "crossings": (7, "one, step 1"),
    "bytes": (55, "one, step 1"),
    "allocations": (1, "one, step 0"),
    "fuel": (500, "one, step 1"),
    "memory": (131072, "two"),
}


def test_each_budget_is_known():
    assert set(LARGEST) == set(NAMES)


@pytest.mark.parametrize("name", LARGEST)
def test_the_worst_exchange_counts(name):
    value, where = LARGEST[name]
    (kept,) = held({name: value}, COUNTED, SIZES, places={})
    assert (kept.value, kept.where, kept.ok, kept.place) == (value, where, True, None)
    place = Place(Path("tamis.toml"), 3, 1)
    (broken,) = held({name: value - 1}, COUNTED, SIZES, places={name: place})
    assert not broken.ok
    assert broken.place == place


def test_without_exchanges_nothing_is_spent():
    (kept,) = held({"crossings": 0}, Counted("wasmtime", ()), SIZES, places={})
    assert kept.ok


def test_numbers_are_read():
    assert read({"crossings": "20", "fuel": 7}) == {"crossings": 20, "fuel": 7}


@pytest.mark.parametrize("value", ["", "-1", "2k", "1.5", "\u0663", "9" * 19])
def test_what_is_no_number(value):
    with pytest.raises(BadInput, match="not a value of the budget 'size'"):
        read({"size": value})


def test_an_unknown_budget():
    with pytest.raises(BadInput, match="'crossing' is not a budget") as error:
        read({"crossing": "1"})
    assert "crossings" in error.value.advice()
