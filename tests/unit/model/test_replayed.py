"""Replays merge in any order."""

from itertools import permutations

import pytest

from tamis.model.outcome import Counts, Trap
from tamis.model.replayed import Broken, Replayed, Replays, merge

PARTS = (
    Replayed("h", 3, 0.5, 2**64 - 1, Counts({"a": 1, "b": 2}, 1, 2, 3, 70, fuel=5)),
    Replayed("h", 4, 0.25, 2, Counts({"b": 1}, 10, 20, 30, 90, fuel=6), vms=2),
    Replayed("h", 1, 0.25, 3, Counts(fuel=1), broken=(Broken("x", unanswered=1),)),
)


def test_sums_the_largest_memory_and_a_hash_modulo():
    whole = merge(PARTS)
    assert whole == Replayed(
        "h",
        8,
        1.0,
        4,
        Counts({"a": 1, "b": 3}, 11, 22, 33, 90, fuel=12),
        vms=4,
        broken=(Broken("x", unanswered=1),),
    )
    assert not whole.ok
    assert all(merge(order) == whole for order in permutations(PARTS))
    assert merge((merge(PARTS[:2]), PARTS[2])) == whole


def test_what_broke_alike_is_told_once():
    trap = Trap("proxy_on_log", "oob", "words")
    broken = (Broken("b", trap=trap), Broken("b", trap=trap), Broken("a", "on_configure"))
    parts = [Replayed("h", 0, 0, 0, Counts(), broken=(each,)) for each in broken]
    assert merge(parts).broken == (Broken("a", "on_configure"), Broken("b", trap=trap))


def test_fuel_that_one_has_not_counted_is_unknown():
    assert merge((PARTS[0], Replayed("h", 1, 1, 1, Counts()))).counts.fuel is None


def test_nothing():
    with pytest.raises(ValueError, match="nothing was replayed"):
        merge(())


def test_the_rate_goes_by_the_clock():
    assert Replays("f", 1, 8, 2, 4.0, merge(PARTS)).rate == 2.0
    assert Replays("f", 1, 8, 2, 0.0, merge(PARTS)).rate == 0.0
