"""One cost card at a terminal, as Markdown, JUnit, JSON and a page."""

import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import fields, replace
from html.parser import HTMLParser

import jsonschema
import pytest
from tests.cards import doubtful_card, full_card

from tamis import schemas
from tamis.errors import BadInput
from tamis.model.cost import Counted
from tamis.model.measured import Interval, Latency, Timed
from tamis.report import benches, pictures
from tamis.report.bench import bench_cases, bench_problems, card_object
from tamis.report.card import card_lines
from tamis.report.card_markdown import card_markdown
from tamis.report.figures import added, amount, measured, nanoseconds, share, times
from tamis.report.junit import junit
from tamis.report.page import page
from tamis.report.terminal import text

EMPTY = replace(
    full_card(),
    counted=Counted("wasmtime", ()),
    cold=None,
    predicted=None,
    advice=(),
    budgets=(),
    against=(),
    timed=None,
)


def shown(card, *, every=False):
    return text(card_lines(card, every=every), io.StringIO())


def cells(told):
    return [re.split("  +", each.strip()) for each in told.splitlines()]


def test_the_terminal_has_it_all_in_a_hundred_columns():
    told = shown(full_card(), every=True)
    for part in (
        "proxy_get_header_map_value",
        "14,001 bytes by wasm-opt@108 -Oz",
        "13 us (7.1 to 25) added to a request: predicted",
        "compile 35.0 ms",
        "in this process: wasm 955 ns an exchange, native 120 ns (8.0x); no claim about Envoy",
        "measured in envoy 1.40.0\n",
        "baseline    a request without filters takes 23.5 us (23.0 to 24.1) of a worker's CPU\n",
        "of native code of the same source",
        "the often quoted 70 % holds where",
        "    one proxy_get_header_map_pairs would cost 1.3 us",
        "fuel                                         4,500 -> 4,410         -2.0 %",
        "2 exchanges are new",
        "no full/tamis.toml:16:1: budget crossings: 31 in a <b>, step 0, 11 more than 20",
        "no broken: trap oob in proxy_on_log: out of bounds <memory>\n    at f (a.cc:1)",
        "ok budget size: 15,057 of 15,360",
    ):
        assert part in told
    assert max(map(len, told.splitlines())) <= 100
    assert ["Wasm", "14.0 (13.5 to 15.0)", "10.0 (9.5 to 10.5)"] in cells(told)
    assert ["native module", "3.3x", "2.5x"] in cells(told)
    verdict = "no full: 35 crossings an exchange, 14.0 us (13.5 to 15.0) timed, 2 budgets broken"
    assert told.splitlines()[-1].startswith(verdict)


def test_what_cannot_be_told_is_not_told():
    told = shown(doubtful_card())
    assert ["Wasm", "cannot tell (-0.1 to 0.3)"] in cells(told)
    assert "13 us (7.1 to 25) for Wasm, by the price table; what was measured cannot tell" in told
    assert "drift      the baseline moved by 6 % while it was measured, and 3 more Envoys" in told
    assert max(map(len, told.splitlines())) <= 100
    assert told.splitlines()[-1].startswith("no doubtful: 35 crossings an exchange, 13 us (7.1 to")
    assert "in this process" not in told


def test_an_empty_card_is_one_too():
    assert shown(EMPTY).splitlines()[-1] == "ok full: nothing to count"
    assert "<svg" not in page([EMPTY])
    assert "| callback" not in card_markdown(EMPTY)


def test_markdown_tables_are_tables():
    lines = card_markdown(full_card()).splitlines()
    tables = [line for line in lines if line.startswith("|")]
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in tables}
    assert widths == {4, 5, 6}
    assert any(r'a &lt;b> & "c" \| d, step 0' in line for line in tables)
    assert "- **no** full/tamis.toml:16:1: budget crossings: 31" in "\n".join(lines)
    assert "| Wasm | 14.0 (13.5 to 15.0) | 10.0 (9.5 to 10.5) |" in tables
    assert "- left out: 3 exchanges: it is a connection" in lines
    doubtful = card_markdown(doubtful_card()).splitlines()
    assert "- left out: 2 exchanges: a &lt;trap> is expected of it" in doubtful


def test_the_object_is_what_the_schema_says():
    head = {"tamis": "1", "verb": "bench", "ok": False, "problems": bench_problems([full_card()])}
    cards = [card_object(each) for each in (full_card(), EMPTY, doubtful_card())]
    found = json.loads(json.dumps({**head, "cards": cards}))
    jsonschema.validate(found, schemas.of_output("bench"))
    card = found["cards"][0]
    assert card["exchange"]["mean"]["crossings"] == card["exchange"]["most"]["crossings"] == 35
    assert card["fixtures"][1]["broken"]["trap"]["kind"] == "oob"
    assert [each["place"] for each in card["budgets"]][1:] == ["full/tamis.toml:16:1", None]
    assert card["cold"]["native"] == {"ns": 120, "runs": 20}
    timed = card["timed"]
    assert set(timed) == {each.name for each in fields(Timed)}
    assert timed["latencies"][0]["points"][0] == [50, 210, 199.5, pytest.approx(231)]
    assert timed["memory"][2]["vm"] is None
    ratio = {"low": 0.70, "value": 0.71, "high": 0.73}
    assert timed["throughput"][1] == {"over": "module", "chain": 8, "ratio": ratio}
    assert timed["variants"][0]["further_us"]["value"] == 10
    assert found["cards"][2]["timed"]["variants"][0]["further_us"] is None
    assert found["cards"][2]["timed"]["drifts"] is True


def test_problems_are_what_broke():
    told = bench_problems([full_card()])
    assert [(each["kind"], each["place"]) for each in told] == [
        ("bench", None),
        ("budget", "full/tamis.toml:16:1"),
        ("budget", None),
    ]


def test_junit_fails_where_a_budget_is_broken():
    root = ET.fromstring(junit(bench_cases(full_card())))
    assert (root.get("tests"), root.get("failures")) == ("4", "3")


class _Checker(HTMLParser):
    """Notes what a page would fetch or run, and that what is opened is closed."""

    empty = ("meta", "br")

    def __init__(self):
        super().__init__()
        self.open, self.outside, self.tags = [], [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.outside += [name for name, _ in attrs if name in ("src", "href") or name[:2] == "on"]
        if tag not in self.empty:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_else():
    found = page([full_card(), EMPTY, doubtful_card()])
    checker = _Checker()
    checker.feed(found)
    assert checker.open == []
    assert checker.outside == []
    assert not checker.tags & {"script", "link", "img", "iframe"}
    assert "url(" not in found
    assert "@import" not in found
    assert "prefers-color-scheme:dark" in found
    assert "a &lt;b&gt; &amp; &quot;c&quot; | d" in found
    assert "a <b>" not in found
    assert "left out</td><td>2 exchanges: a &lt;trap&gt; is expected of it" in found


def test_the_page_has_its_pictures():
    found = page([full_card()])
    assert found.count('role="img"') == 3 + 4  # bars, intervals, curves; a history of four figures
    assert "<title>proxy_log: 3</title>" in found
    # 29 crossings are the whole width; 4 of them belong to the property.
    assert f'width="{100 * 4 / 29:.3f}%"' in found
    # Five variants and the prediction with three lines each, 6 curves of 4 points, and the history.
    assert found.count('class="whisker"') == 6 * 3 + 6 * 4 + 3
    # Of 24.8 us, the longest whisker.
    assert f'width="{98 * 14 / 24.8:.3f}%"' in found
    assert "<title>wasm p99: 840 us (798 to 924)</title>" in found
    assert found.count(" faint") == 1  # what is predicted


def test_a_picture_of_less_than_nothing_stays_in_its_frame():
    found = page([doubtful_card()])
    numbers = re.findall(r'(?:x|x1|x2|width|cx)="(-?[\d.]+)%"', found)
    assert all(0 <= float(each) <= 100 for each in numbers)
    assert found.count(" faint") == 3
    assert "cannot tell (-0.1 to 0.3 us)</text>" in found


def test_curves_that_hardly_rise_have_an_axis_too():
    flat = Latency("wasm", 100, ((50.0, Interval(230, 231, 232)), (99.0, Interval(240, 241, 242))))
    found = pictures.curves([(5, flat)], "flat")
    assert re.findall(r'text-anchor="end">([\d,]+)<', found) == ["230", "242"]
    assert "p99" in pictures.curves([(5, replace(flat, points=((99.0, Interval(0, 0, 0)),)))], "0")


def test_a_name_that_is_no_text_is_shown_all_the_same(tmp_path):
    card = replace(full_card(), version="1\udcff")
    benches.write(benches.parse(f"html={tmp_path / 'card.html'}"), [card])
    assert "1\\udcff" in (tmp_path / "card.html").read_text()


@pytest.mark.parametrize("bad", ["html", "html=", "pdf=x", "markdown", "=x"])
def test_what_is_no_report(bad):
    with pytest.raises(BadInput) as error:
        benches.parse(bad)
    assert "html=FILE" in error.value.advice()


def test_figures_read_well():
    assert [amount(each) for each in (0, 0.774, 12.34, 1234.5, 65536, None)] == [
        "0", "0.77", "12.3", "1,234", "65,536", "-",
    ]  # fmt: skip
    assert added(Interval(95, 123.4, 1500)) == "123 us (95 to 1,500)"
    assert [nanoseconds(each) for each in (921.3, 24_600, 5.6e7, 1.5e9)] == [
        "921 ns", "24.6 us", "56.0 ms", "1.50 s",
    ]  # fmt: skip
    assert (share(200, 210), share(0, 3)) == ("+5.0 %", "new")
    assert [times(each) for each in (7.94, 28, 0.079)] == ["7.9x", "28.0x", "0.08x"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((23.0, 23.5, 24.1), "23.5 us (23.0 to 24.1)"),
        ((2.9, 3.1, 3.4), "3.1 us (2.9 to 3.4)"),
        ((1850, 1900, 2000), "1,900 us (1,850 to 2,000)"),
        ((0.42, 0.5, 0.6), "0.50 us (0.42 to 0.60)"),
        ((5, 5, 5), "5.0 us (5.0 to 5.0)"),
        ((500, 500, 500), "500 us (500 to 500)"),
        ((-0.1, 0.1, 0.3), "cannot tell (-0.1 to 0.3 us)"),
        ((-0.04, 0.1, 0.3), "cannot tell (0.0 to 0.3 us)"),
        ((0, 1, 2), "cannot tell (0 to 2 us)"),
    ],
)
def test_what_was_measured_has_the_digits_it_is_worth(value, text):
    assert measured(Interval(*value), "us") == text
