"""What slices say: known answers, and bounds that hold them."""

import random
from statistics import mean

import pytest

from tamis.benches.timing.statistics import drift, estimate, interval, percentile


def envoys(added, *, envoys=4, rounds=12, noise=0.0, seed=1):
    """Rounds of "nothing" (20 us) and "wasm", which adds `added`, and each Envoy 0.2 us or so."""
    chance = random.Random(seed)
    found = []
    for _ in range(envoys):
        place = chance.gauss(0, 0.2) if noise else 0.0
        level = [20 + chance.expovariate(1 / noise) if noise else 20.0 for _ in range(rounds)]
        wasm = [each + added + place + chance.gauss(0, noise / 5) for each in level]
        found.append({"nothing": level, "wasm": wasm})
    return found


def added(us):
    return us["wasm"] - us["nothing"]


def test_without_noise_it_is_exact():
    found = estimate(envoys(3.0))
    assert found.figures == pytest.approx({"nothing": 20, "wasm": 23})
    told = found.interval(added)
    assert (told.low, told.value, told.high) == pytest.approx((3, 3, 3))


def test_the_bounds_hold_what_is_true_mostly():
    intervals = [estimate(envoys(1.0, noise=1.0, seed=seed)).interval(added) for seed in range(15)]
    held = [each.low <= 1.0 <= each.high for each in intervals]
    assert mean(held) > 0.7
    assert all(each.tells for each in intervals)
    assert all(each.high - each.low < 2 for each in intervals)


def test_nothing_is_mostly_not_something():
    intervals = [estimate(envoys(0.0, noise=1.0, seed=seed)).interval(added) for seed in range(15)]
    assert mean(each.tells for each in intervals) < 0.2


def test_a_spell_of_noise_does_not_count():
    rounds = {"nothing": [20.0] * 9 + [90.0] * 9, "wasm": [23.0] * 9 + [80.0] * 9}
    assert estimate([rounds]).figures == {"nothing": 20, "wasm": 23}


def test_the_cheapest_quarter_counts():
    rounds = {"nothing": [20.0, 22.0, *[30.0] * 6], "wasm": [*[40.0] * 6, 27.0, 25.0]}
    assert estimate([rounds]).figures == {"nothing": 21, "wasm": 26}


def test_envoys_that_differ_widen_the_bounds():
    same = estimate([*envoys(2.0), *envoys(2.0)]).interval(added)
    other = estimate([*envoys(1.0), *envoys(3.0)]).interval(added)
    assert same.low == same.high == pytest.approx(2)
    assert other.value == pytest.approx(2)
    assert 1 <= other.low < 1.7
    assert 2.3 < other.high <= 3


def test_it_repeats_exactly():
    rounds = envoys(1.0, noise=1.0)
    assert estimate(rounds) == estimate(rounds)
    assert estimate(rounds, seed=2) != estimate(rounds)


def test_bounds_hold_their_value():
    assert interval(5.0, [6.0, 7.0]).low == 5.0
    assert interval(9.0, [6.0, 7.0]).high == 9.0
    whole = interval(50.0, list(map(float, range(101))))
    assert (whole.low, whole.high) == (2.5, 97.5)


def test_drift_is_of_the_quiet_rounds():
    assert drift({"nothing": [20.0] * 8}, "nothing") == 0
    assert drift({"nothing": [20.0] * 4 + [22.0] * 4}, "nothing") == pytest.approx(0.1)
    assert drift({"nothing": [20.0] * 4 + [19.0] * 4}, "nothing") == pytest.approx(-0.05)
    noisy = [20.0, 20.0, 90.0, 20.0, 20.0, 95.0, 20.0, 20.0]
    assert drift({"nothing": noisy, "wasm": [0.0] * 8}, "nothing") == 0


def test_percentiles_are_interpolated():
    assert [percentile([4.0, 1.0, 3.0, 2.0], each) for each in (0, 50, 100)] == [1, 2.5, 4]
    assert percentile([7.0], 99.9) == 7
