"""Price tables, and predictions made of them."""

import pytest

from tamis.benches.prices import call_price, load, predict
from tamis.errors import BadInput
from tamis.model.measured import Interval
from tamis.model.outcome import Counts

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


def test_a_prediction_adds_up(table):
    counts = Counts(
        calls={"proxy_on_log": 2, "malloc": 3, "proxy_log": 1, "proxy_get_property": 2},
        bytes_in=512,
        bytes_out=2048,
        allocations=3,
        fuel=5000,
    )
    assert predict(counts, table(), streams=2) == Interval(
        pytest.approx(2 * 1 + 0 + 30 + 100 + 2 + 2 + 16 + 0.5),
        pytest.approx(2 * 2 + 1 + 30 + 100 + 2 + 2 + 16 + 1.0),
        pytest.approx(2 * 3 + 2 + 30 + 200 + 2 + 2 + 16 + 1.5),
    )


def test_ours_gives_back_what_it_was_made_from():
    """The no-op filter of six callbacks, a header read, a header set."""
    table = load("1.40")
    callbacks = ("context_create", "request_headers", "response_headers", "done", "log", "delete")
    idle = predict(Counts(calls={f"proxy_on_{name}": 1 for name in callbacks}), table)
    assert idle.value == pytest.approx(1.79)
    assert idle.low <= 1.68 < 1.90 <= idle.high
    read = Counts(calls={"proxy_get_header_map_value": 1, "malloc": 1})
    assert predict(read, table, streams=0).value == pytest.approx(0.805)
    assert call_price("proxy_replace_header_map_value", table).value == pytest.approx(0.27)


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
    assert found.functions["proxy_log"] == Interval(0.2, 0.3, 0.4)
    assert (found.stream, found.fuel, found.made) == (ours.stream, ours.fuel, ours.made)
