"""Price tables that are measured: micro-filters do what they are said to, and prices come back."""

from dataclasses import replace

import pytest

from tamis.benches import prices
from tamis.benches.calibration import recipes
from tamis.benches.calibration.calibrated import load_of, steps_of
from tamis.benches.calibration.derive import priced
from tamis.benches.calibration.micro import LIFE, made
from tamis.benches.calibration.recipes import (
    BARE,
    CODE,
    EMPTY,
    FEW,
    HIT,
    LENGTHS,
    LOOPS,
    MANY,
    MISS,
    twice,
)
from tamis.benches.counts import count
from tamis.benches.predicted import FUEL_BYTES, code_of, mean
from tamis.benches.timing.contenders import NOTHING
from tamis.benches.timing.statistics import Estimate
from tamis.model.measured import Interval
from tamis.model.prices import Price, Prices

GROUPS = recipes.groups()
LANES = [(group, name) for group in GROUPS for name in group.filters]


@pytest.fixture(scope="module")
def steps():
    return {f"{group.name}/{name}": steps_of(group, name) for group, name in LANES}


@pytest.fixture(scope="module")
def counts(steps):
    """Of the first exchange of each lane."""
    return {lane: some[0].counts for lane, some in steps.items()}


def test_micro_filters_go_well():
    for group, name in LANES:
        (ran,) = count(made(group.filters[name]), [load_of(group).fixture])
        assert ran.outcome.start == "ok", name
        assert ran.outcome.trap is None, name
        assert not ran.outcome.unanswered, name


def test_micro_filters_call_what_their_lane_says(counts):
    """As often as it says, times the pieces of a body; and every callback of theirs runs."""
    for group, name in LANES:
        calls = counts[f"{group.name}/{name}"].calls
        function, _, times = name.partition(" x")
        pieces = 2 if group.name.startswith("body") else 1
        if times and function.startswith("proxy_"):
            assert calls[function] == int(times) * pieces, name
        for callback in group.filters[name].callbacks:
            if callback != "proxy_on_configure":
                assert calls[callback] >= 1, (name, callback)


def test_what_gives_something_back_asks_for_room(counts):
    hit, miss = (counts[f"headers/{twice(name, MANY)}"] for name in (HIT, MISS))
    assert (hit.allocations, miss.allocations) == (MANY, 0)
    assert counts[f"more/{twice('proxy_get_shared_data', FEW)}"].allocations == 1
    assert counts[f"more/{twice('proxy_get_property', FEW)}"].bytes_in == len("tamis")


def test_large_requests_are_large(counts):
    for length in LENGTHS:
        read = counts[f"body of {length}/{twice('proxy_get_buffer_bytes', FEW)}"]
        assert read.bytes_in == pytest.approx(length, abs=8)
    name = twice("proxy_get_header_map_pairs", FEW)
    small, large = (counts[f"{group}/{name}"].bytes_in for group in ("headers", "large map"))
    assert large > small + 512


def test_scattered_code_runs_once(counts):
    """So its fuel is about as much as there is code; that of a loop is not."""
    code = code_of(made(GROUPS[0].filters[CODE])) - code_of(made(GROUPS[0].filters[BARE]))
    fuel = counts[f"headers/{CODE}"].fuel - counts[f"headers/{BARE}"].fuel
    assert code / fuel == pytest.approx(FUEL_BYTES, rel=0.25)
    assert code_of(made(GROUPS[0].filters[f"loop {LOOPS[1]}"])) < 512


def flat(value, first=0.0, kib=None):
    same = Interval(value, value, value)
    return Price(same, Interval(first, first, first), kib and Interval(kib, kib, kib))


def known():
    """A table like a real one, every price another, but for what all functions share."""
    names = [
        "proxy_get_buffer_status",
        "proxy_log",
        "proxy_get_current_time_nanoseconds",
        "proxy_increment_metric",
    ]
    functions = {name: flat(0.1) for name in names}
    others = {
        "proxy_replace_header_map_value": 0.26,
        "proxy_add_header_map_value": 0.28,
        "proxy_remove_header_map_value": 0.13,
        "proxy_define_metric": 0.67,
        "proxy_set_shared_data": 0.18,
        "proxy_set_buffer_bytes": 0.16,
        "proxy_set_header_map_pairs": 2.2,
    }
    giving = ("proxy_get_property", "proxy_get_shared_data", "proxy_get_buffer_bytes")
    functions |= {name: flat(each, 0.6) for name, each in others.items()}
    functions |= {name: flat(0.1, 0.6) for name in giving}
    functions["proxy_get_header_map_value"] = flat(0.1, 0.3)
    functions["proxy_http_call"] = flat(38.0)  # there is one in an exchange: all of it is in that
    functions["proxy_get_header_map_pairs"] = flat(0.3, 0.6, 0.5)
    one = flat(0).each
    return Prices(
        name="known",
        envoy="1.40",
        made="by hand",
        stream=replace(one, low=1.5, value=1.5, high=1.5),
        callback=flat(0.4),
        function=flat(0.1),
        allocation=flat(0.7, 0.5),
        kib_in=replace(one, low=0.0, value=0.02, high=0.02),
        kib_out=replace(one, low=0.0, value=0.04, high=0.04),
        fuel=replace(one, low=0.07, value=0.07, high=0.07),
        enter=replace(one, low=0.0, value=0.75, high=0.75),
        leave=replace(one, low=0.0, value=0.4, high=0.4),
        elsewhere=replace(one, low=0.0, value=0.45, high=0.45),
        code=replace(one, low=0.0, value=0.16, high=0.16),
        piece=replace(one, low=0.0, value=0.2, high=0.2),
        callbacks={
            "proxy_on_request_body": flat(0.25),
            "proxy_on_response_body": flat(0.45),
        },
        functions=functions,
    )


def test_prices_come_back_out_of_what_they_make(steps):
    """Lanes that cost exactly what a table says give that table back, as near as what a lane does
    beside what it is about lets them: a few instructions, a few bytes.
    """
    table = known()
    found = priced(cost_by(table, steps), steps, "found", "1.40", "out of them")
    for key in (
        "stream",
        "enter",
        "leave",
        "elsewhere",
        "kib_in",
        "kib_out",
        "fuel",
        "code",
        "piece",
    ):
        wanted = getattr(table, key).value
        # The response's map is smaller than the request's.
        near = 0.05 if key == "elsewhere" else 0.005
        assert getattr(found, key).value == pytest.approx(wanted, rel=0.05, abs=near), key
    for key in ("callback", "function", "allocation"):
        assert_price(getattr(found, key), getattr(table, key), key)
    assert found.callbacks.keys() == table.callbacks.keys()
    assert found.functions.keys() == table.functions.keys()
    for name, price in {**table.callbacks, **table.functions}.items():
        assert_price({**found.callbacks, **found.functions}[name], price, name)


def cost_by(table, steps):
    """Lanes that cost what the table says."""
    us = {f"{group.name}/{NOTHING}": 20.0 for group in GROUPS}
    for group, name in LANES:
        lane, code = f"{group.name}/{name}", code_of(made(group.filters[name]))
        us[lane] = 20.0 + mean(steps[lane], table, code).value
    return Estimate(us, (us,))


def assert_price(found, wanted, name):
    assert found.each.value == pytest.approx(wanted.each.value, rel=0.05, abs=0.02), name
    assert found.first.value == pytest.approx(wanted.first.value, abs=0.03), name
    if wanted.kib_in:
        assert found.kib_in.value == pytest.approx(wanted.kib_in.value, rel=0.05), name


def test_a_price_never_reaches_below_nothing(steps):
    """Noise may: the difference of two lanes that cost the same."""
    us = {f"{group.name}/{NOTHING}": 20.0 for group in GROUPS} | dict.fromkeys(steps, 19.0)
    found = priced(Estimate(us, (us,)), steps, "found", "1.40", "out of noise")
    assert found.stream == Interval(0, 0, 0)
    assert min(each.each.low for each in found.functions.values()) == 0


def test_a_table_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "prices.toml"
    path.write_text(prices.text_of(known()))
    assert prices.load(path=path) == known()


def test_every_group_has_its_measure():
    for group in GROUPS:
        assert {EMPTY, BARE} <= group.filters.keys()
        assert group.filters[BARE].callbacks == LIFE
