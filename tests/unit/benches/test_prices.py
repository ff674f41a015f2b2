"""Price tables, and predictions made of them."""

import math

import pytest

from tamis.benches.predicted import mean, predict
from tamis.benches.prices import call_price, load
from tamis.errors import BadInput
from tamis.model.cost import CallbackCost, FunctionCost, StepCost
from tamis.model.measured import Interval

TABLE = """\
envoy = "1.40"
name = "mine"
made = "by hand"
stream = {price = [1, 2, 3]}
callback = {price = [0, 0.5, 1]}
function = {price = [1, 1, 1]}
allocation = {price = [10, 10, 10]}
kib_in = {price = [4, 4, 4]}
kib_out = {price = [8, 8, 8]}
fuel = {price = [0.1, 0.2, 0.3]}
[functions.proxy_log]
price = [100, 100, 200]
"""


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "prices.toml"

    def write(text=TABLE):
        path.write_text(text)
        return load(path=path)

    return write


def step(*callbacks):
    return StepCost("exchange", 0, callbacks)


def test_a_prediction_adds_up(table):
    functions = (FunctionCost("malloc", 3), FunctionCost("proxy_log", 1, 0, 2048))
    more = (FunctionCost("proxy_get_property", 2, 512),)
    found = predict(
        step(
            CallbackCost("proxy_on_log", 1, functions, 3, 2000),
            CallbackCost("proxy_on_done", 1, more, 0, 3000),
        ),
        table(),
        code=100_000,
    )
    value = 2 + 1 + 30 + 100 + 2 + 2 + 16 + 1.0
    # Of the stream, two callbacks and 5,000 units of fuel; upwards of the log, too.
    low, high = math.hypot(1, 2 * 0.5, 5 * 0.1), math.hypot(1, 2 * 0.5, 5 * 0.1, 100)
    wanted = (value - low, value, value + high)
    assert (found.low, found.value, found.high) == pytest.approx(wanted)


def test_prices_are_off_by_themselves_and_the_same_in_all_exchanges(table):
    """Of one price twice as much is twice as far off; two prices make up for each other."""
    one = step(CallbackCost("proxy_on_log", 1))
    several = mean([one] * 9, table(), 0)
    assert (several.low, several.high) == pytest.approx(
        (predict(one, table(), 0).low, predict(one, table(), 0).high)
    )
    twice = predict(step(CallbackCost("proxy_on_log", 2)), table(), 0)
    assert twice.high - twice.value == pytest.approx(math.hypot(1, 2 * 0.5))


def test_nothing_costs_less_than_nothing(table):
    vague = table(TABLE.replace("stream = {price = [1, 2, 3]}", "stream = {price = [0, 0, 9]}"))
    assert predict(step(), vague, 0) == Interval(0, 0, 9)


ONCE = """\
enter = {price = [1, 1, 1]}
leave = {price = [10, 10, 10]}
elsewhere = {price = [100, 100, 100]}
code = {price = [1024, 1024, 1024]}
piece = {price = [0.5, 0.5, 0.5]}
"""


def once(table, *callbacks, code):
    """What the prices of what is new in an exchange make up."""
    before = predict(step(*callbacks), table(), code)
    return predict(step(*callbacks), table(ONCE + TABLE), code).value - before.value


def test_what_is_new_in_an_exchange_costs_once(table):
    log, get = FunctionCost("proxy_log", 5), FunctionCost("proxy_get_property", 2)
    headers, more = "proxy_on_request_headers", "proxy_on_log"
    room = FunctionCost("malloc", 9)
    assert once(table, code=4096) == 0  # nothing is called
    assert once(table, CallbackCost(headers, 2, (room,)), code=4096) == 1
    assert once(table, CallbackCost(headers, 1, (log, get)), code=4096) == 11
    both = CallbackCost(headers, 1, (log, get)), CallbackCost(more, 3, (log, room))
    assert once(table, *both, code=4096) == 111
    # As much code as there is, or as runs: each unit of fuel is some bytes of it.
    assert once(table, CallbackCost(headers, 1, fuel=10**6), code=4096) == 1 + 4096
    assert once(table, CallbackCost(headers, 1, fuel=100), code=4096) == pytest.approx(1 + 240)


def test_bodies_pass_whoever_looks_at_them(table):
    passing = StepCost("exchange", 0, (), pieces=3)
    assert predict(passing, table(ONCE + TABLE), 0) == table().stream + Interval(1.5, 1.5, 1.5)


def test_the_first_call_costs_more(table):
    dear = table(TABLE + "first = [7, 7, 7]\nkib_in = [50, 50, 50]\n")
    log = CallbackCost("proxy_on_log", 1, (FunctionCost("proxy_log", 3, 1024),))
    extra = predict(step(log), dear, 0).value - predict(step(log), table(), 0).value
    assert extra == pytest.approx(7 + 50 - 4)
    assert call_price("proxy_log", dear).first == Interval(7, 7, 7)


def test_ours_is_near_what_was_measured():
    """The no-op filter of six callbacks, a header read, a header set: of Envoy 1.40, by hand."""
    table = load("1.40")
    names = ("context_create", "request_headers", "response_headers", "done", "log", "delete")
    idle = predict(step(*(CallbackCost(f"proxy_on_{name}", 1) for name in names)), table, 0)
    assert 3 < idle.value < 5
    read = call_price("proxy_get_header_map_value", table).each + table.allocation.each
    assert read.low <= 0.805 <= read.high
    write = call_price("proxy_replace_header_map_value", table).each
    assert write.low <= 0.27 <= write.high


def test_an_envoy_without_a_table_has_the_next_one():
    assert load("1.36") == load("1.40") == load("1.99")
    assert load().name == "envoy 1.40"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("price = [1, 2, 3]", "price = [3, 2, 1]", "'stream.price' is not"),
        ("price = [1, 2, 3]", "price = [1, 2]", "'stream.price' is not"),
        ("price = [1, 2, 3]", "price = ['a', 2, 3]", "'stream.price' is not"),
        ("price = [1, 2, 3]", "cost = 1", "'stream.price' is not"),
        ("fuel =", "fule =", "unknown key 'fule'"),
        ('name = "mine"', "name = 1", "'name' must be a text"),
        ("[functions.proxy_log]", "[functions]\nx = 1\n[callbacks.y]", "'functions.x.price'"),
        ("stream = {", "stream = ", "not TOML"),
    ],
)
def test_what_is_no_table(table, before, after, words):
    assert before in TABLE
    with pytest.raises(BadInput, match=words):
        table(TABLE.replace(before, after))


def test_a_table_that_cannot_be_read(tmp_path):
    with pytest.raises(BadInput, match="cannot read the price table"):
        load(path=tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="it is not UTF-8"):
        load(path=tmp_path / "binary.toml")


def test_the_documented_table_is_one(table, root):
    page = (root / "docs" / "cost.md").read_text()
    text = page.split("```toml\n")[1].split("```")[0]
    found = table(text)
    ours = load("1.40")
    pairs = found.functions.pop("proxy_get_header_map_pairs")
    assert not found.functions
    assert pairs.each == Interval(0.1, 0.3, 0.5)
    assert pairs.first == Interval(0, 0.56, 1.0)
    assert pairs.kib_in == Interval(0.3, 0.4, 0.6)
    assert found.fuel == Interval(0.068, 0.072, 0.076)
    assert found.piece == Interval(0.1, 0.2, 0.3)
    # It is like ours: no price of it lies elsewhere.
    assert not found.stream.parts(ours.stream)
    assert not found.callback.each.parts(ours.callback.each)
    assert not found.allocation.each.parts(ours.allocation.each)
