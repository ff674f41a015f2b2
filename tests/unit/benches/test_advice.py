"""Each rule with a guest that provokes it, and with one that does the same as it advises."""

import re

import pytest
from tests.unit.benches.conftest import REQUEST, serialized

from tamis.benches.advice import advise
from tamis.model.exchange import Exchange, Request
from tamis.model.measured import Interval
from tamis.model.prices import Price, Prices

GET, PAIRS = "proxy_get_header_map_value", "proxy_get_header_map_pairs"
SET, REPLACE = "proxy_set_header_map_pairs", "proxy_replace_header_map_value"
PROPERTY, BUFFER, PUT = "proxy_get_property", "proxy_get_buffer_bytes", "proxy_set_buffer_bytes"
LOG, DEFINE, ADD = "proxy_log", "proxy_define_metric", "proxy_increment_metric"
TIME = "proxy_get_current_time_nanoseconds"

ARRIVES = (*REQUEST, ("x-forwarded-proto", "http"))
CHANGED = serialized(*((name, "9" if name == "x-a" else value) for name, value in ARRIVES))
RENEWED = serialized(*((name, f"{value}9") for name, value in ARRIVES))


def reads(*names):
    return [(GET, 0, name) for name in names]


CASES = {
    "headers-one-by-one": (
        {"on_request_headers": reads(b"x-a", b"x-b", b"x-c", b":path")},
        {"on_request_headers": [(PAIRS, 0)]},
    ),
    "map-written-whole": (
        {"on_request_headers": [(PAIRS, 0), (SET, 0, CHANGED)]},
        {"on_request_headers": [(PAIRS, 0), (SET, 0, RENEWED)]},
    ),
    "read-again": (
        {"on_request_headers": reads(b"x-a"), "on_request_body": reads(b"x-a")},
        {"on_request_headers": [*reads(b"x-a"), (REPLACE, 0, b"x-z", b"8"), *reads(b"x-a")]},
    ),
    "property-constant": (
        {"on_request_headers": [(PROPERTY, b"plugin_name")]},
        {"on_configure": [(PROPERTY, b"plugin_name")]},
    ),
    "properties-one-by-one": (
        {
            "on_request_headers": [
                (PROPERTY, b"request\0headers\0x-a"),
                (PROPERTY, b"request\0headers\0x-b"),
                (PROPERTY, b"request\0headers\0x-c"),
            ]
        },
        {"on_request_headers": [(PROPERTY, b"source\0address"), (PROPERTY, b"request\0size")]},
    ),
    "body-unchanged": (
        {"on_request_body": [(BUFFER, 0, 0, 1 << 20)]},
        {"on_request_body": [(BUFFER, 0, 0, 1 << 20), (PUT, 0, 0, 1 << 20, b"other")]},
    ),
    "body-again": (
        {"on_request_body": [(BUFFER, 0, 0, 1500), (BUFFER, 0, 0, 1600)]},
        {"on_request_body": [(BUFFER, 0, 0, 1000), (BUFFER, 0, 1000, 1000)]},
    ),
    "log-unheard": (
        {"on_request_headers": [(LOG, 1, b"debugging")]},
        {"on_request_headers": [(LOG, 2, b"told")]},
    ),
    "metric-defined-again": (
        {"on_request_headers": [(DEFINE, 0, b"hits")]},
        {"on_configure": [(DEFINE, 0, b"hits")]},
    ),
    "metric-again": (
        {"on_configure": [(DEFINE, 0, b"hits")], "on_log": [(ADD, 1, 1), (ADD, 1, 1)]},
        {"on_configure": [(DEFINE, 0, b"hits")], "on_log": [(ADD, 1, 2)]},
    ),
    "allocations": (
        {"on_request_headers": [(PROPERTY, b"source\0address")] * 9},
        {"on_request_headers": [(PROPERTY, b"source\0address")] * 3},
    ),
    "callback-idle": (
        {"on_request_headers": [(LOG, 2, b"here")], "on_response_body": []},
        {"on_request_headers": [(LOG, 2, b"here")]},
    ),
}


@pytest.fixture
def properties(fixture_of):
    """An exchange that knows where it came from."""
    return lambda: fixture_of(properties={("source", "address"): b"10.0.0.1:80"})


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_it_is_about_and_nothing_else(rule, guest, advised, properties):
    provoking, well = CASES[rule]
    found = advised(guest(**provoking), properties())
    assert rule in found
    advice = found[rule]
    assert advice.saves_us.value > 0
    assert advice.callback in {f"proxy_{name}" for name in provoking}
    assert (advice.fixture, advice.step, advice.exchanges) == ("t", 0, 1)
    assert rule not in advised(guest(**well), properties())


def test_every_rule_has_a_case():
    from tamis.benches import advice

    docs = [rule.__doc__ for rule in (*advice._RULES, advice.Idle)]
    assert {text.split("`")[1] for text in docs} == set(CASES)


def test_every_rule_is_documented(root):
    page = (root / "docs" / "cost.md").read_text()
    listed = re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)
    assert listed == list(CASES)


def exactly(us):
    return Interval(us, us, us)


PRICES = Prices(
    name="simple",
    envoy="1.40",
    made="by hand",
    stream=exactly(0.89),
    callback=Price(exactly(0.15)),
    function=Price(exactly(0.27)),
    allocation=Price(exactly(0.535)),
    kib_in=exactly(0.5),
    kib_out=exactly(0.1),
    fuel=exactly(0.3),
)


def test_the_figures_are_those_of_the_prices(guest, ran):
    module = guest(on_request_headers=reads(b"x-a", b"x-b", b"x-c", b":path", b":method"))
    (advice,) = (a for a in advise(ran(module), PRICES) if a.rule == "headers-one-by-one")
    # Each: 0.27 and 0.535, and next to nothing for its bytes; five of them.
    assert advice.message == "reads 5 request headers one by one: 10 crossings, 4.0 us"
    # 0.27 + 0.535 + 0.5 for each of 141 / 1024 KiB.
    assert advice.change == "one proxy_get_header_map_pairs would cost 0.87 us"


def test_of_a_large_map_a_few_are_better_read_one_by_one(guest, advised, fixture_of):
    module = guest(on_request_headers=reads(b"x-a", b"x-b", b"x-c"))
    large = Exchange(Request((*REQUEST, ("x-large", "v" * 10_000))))
    assert "headers-one-by-one" in advised(module)
    assert "headers-one-by-one" not in advised(module, fixture_of(large))


def test_what_saves_most_comes_first(guest, ran):
    module = guest(
        on_request_headers=[(LOG, 1, b"a"), *reads(b"x-a", b"x-b", b"x-c", b":path")],
        on_response_headers=[],
    )
    found = advise(ran(module), PRICES)
    assert [each.rule for each in found] == ["headers-one-by-one", "log-unheard", "callback-idle"]
    saves = [each.saves_us.value for each in found]
    assert saves == sorted(saves, reverse=True)


def test_the_same_in_many_exchanges_is_told_once(guest, advised, fixture_of):
    exchange = Exchange(Request(REQUEST))
    found = advised(guest(on_request_headers=[(LOG, 1, b"a")]), fixture_of(*[exchange] * 3))
    assert found["log-unheard"].exchanges == 3


def test_a_header_of_another_map_is_not_the_same_question(guest, advised):
    module = guest(on_response_headers=[(GET, 0, b"x-a"), (GET, 2, b"x-a")])
    assert "read-again" not in advised(module)


def test_the_time_may_be_asked_for_once_in_each_callback(guest, advised):
    once = guest(on_request_headers=[(TIME,)], on_response_headers=[(TIME,)])
    assert "read-again" not in advised(once)
    twice = guest(on_request_headers=[(TIME,), (TIME,)])
    assert "asks 2 times for the time" in advised(twice)["read-again"].message


def test_a_callback_that_pauses_is_not_idle(advised, guest):
    import wasmtime

    wat = """(module (func (export "proxy_abi_version_0_2_1")) (memory (export "memory") 1)
      (func (export "malloc") (param i32) (result i32) i32.const 4096)
      (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32) i32.const {}))"""
    assert "callback-idle" in advised(bytes(wasmtime.wat2wasm(wat.format(0))))
    assert "callback-idle" not in advised(bytes(wasmtime.wat2wasm(wat.format(1))))
