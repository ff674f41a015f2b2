"""Memory that grows with each swap is a leak; memory that is warmed up, or noise, is none."""

import random

import pytest

from tamis.model.rehearsed import Swap
from tamis.rehearsals.growth import growth

MIB = 1 << 20


def swaps(resident, vms=4):
    sides = ("new", "old")
    return [
        Swap(sides[at % 2], at * 0.1, 1.0, resident=int(each), vms=vms)
        for at, each in enumerate(resident)
    ]


def noise(seed):
    return random.Random(seed).gauss


@pytest.mark.parametrize("seed", range(20))
def test_noise_and_warming_up_are_no_leak(seed: int):
    jitter = noise(seed)
    warm = [90 * MIB + 4 * MIB * (1 - 0.8**at) + jitter(0, 100_000) for at in range(30)]
    # The two versions differ in size.
    found = growth((88 * MIB, 4), swaps(each + at % 2 * MIB for at, each in enumerate(warm)))
    assert found.leaks is False
    assert found.per_swap is not None
    assert abs(found.per_swap) < 64_000


@pytest.mark.parametrize("seed", range(20))
def test_what_each_swap_adds_is_a_leak(seed: int):
    jitter = noise(seed)
    found = growth(
        (88 * MIB, 4),
        swaps(90 * MIB + at * 300_000 + at % 2 * MIB + jitter(0, 200_000) for at in range(30)),
    )
    assert found.leaks is True
    assert found.per_swap == pytest.approx(300_000, rel=0.3)


def test_a_trend_that_is_small_is_none_however_sure():
    assert growth((1, 4), swaps(90 * MIB + at * 4096 for at in range(40))).leaks is False


@pytest.mark.parametrize("seed", range(20))
def test_a_trend_that_is_large_is_none_where_noise_is_larger(seed: int):
    jitter = noise(seed)
    found = growth((1, 4), swaps(90 * MIB + jitter(0, 30 * MIB) for _ in range(30)))
    assert found.leaks is False


def test_too_few_swaps_tell_nothing():
    found = growth((MIB, 4), swaps([2 * MIB] * 29))
    assert (found.per_swap, found.leaks) == (None, None)
    assert (found.before, found.after) == (MIB, 2 * MIB)


def test_before_and_after_are_of_the_same_version():
    found = growth((10, 4), swaps([50, 20, 60], vms=6))
    assert (found.before, found.after) == (10, 20)
    assert (found.vms_before, found.vms_after, found.vms_left) == (4, 6, 2)


def test_swaps_that_did_not_settle_count_not():
    nothing = growth((10, 4), [Swap("new", 0.0, refused="no")])
    assert (nothing.after, nothing.vms_after) == (10, 4)
