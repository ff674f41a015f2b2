"""One cost card at a terminal, as Markdown, JUnit, JSON and a page."""

import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import jsonschema
import pytest
from tests.cards import full_card

from tamis import schemas
from tamis.errors import BadInput
from tamis.model.cost import Counted
from tamis.model.measured import Interval
from tamis.report import benches
from tamis.report.bench import bench_cases, bench_problems, card_object
from tamis.report.card import card_lines
from tamis.report.card_markdown import card_markdown
from tamis.report.figures import added, amount, nanoseconds, share
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


def test_the_terminal_has_it_all_in_a_hundred_columns():
    told = shown(full_card(), every=True)
    for part in (
        "proxy_get_header_map_value",
        "14,001 bytes by wasm-opt@108 -Oz",
        "13 us (7.1 to 25) added to a request: predicted",
        "compile 35.0 ms",
        "wasm adds 14 us (14 to 15)",
        "    one proxy_get_header_map_pairs would cost 1.3 us",
        "fuel                                         4,500 -> 4,410         -2.0 %",
        "2 exchanges are new",
        "no full/tamis.toml:16:1: budget crossings: 31 in a <b>, step 0, 11 more than 20",
        "no broken: trap oob in proxy_on_log: out of bounds <memory>\n    at f (a.cc:1)",
        "ok budget size: 15,057 of 15,360",
    ):
        assert part in told
    assert max(map(len, told.splitlines())) <= 100
    assert told.splitlines()[-1].startswith("no full: 35 crossings an exchange")


def test_an_empty_card_is_one_too():
    assert shown(EMPTY).splitlines()[-1] == "ok full: nothing to count"
    assert "<svg" not in page([EMPTY])
    assert "| callback" not in card_markdown(EMPTY)


def test_markdown_tables_are_tables():
    lines = card_markdown(full_card()).splitlines()
    tables = [line for line in lines if line.startswith("|")]
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in tables}
    assert widths == {5, 6}
    assert any(r'a &lt;b> & "c" \| d, step 0' in line for line in tables)
    assert "- **no** full/tamis.toml:16:1: budget crossings: 31" in "\n".join(lines)


def test_the_object_is_what_the_schema_says():
    head = {"tamis": "1", "verb": "bench", "ok": False, "problems": bench_problems([full_card()])}
    found = json.loads(
        json.dumps({**head, "cards": [card_object(full_card()), card_object(EMPTY)]})
    )
    jsonschema.validate(found, schemas.of_output("bench"))
    card = found["cards"][0]
    assert card["exchange"]["mean"]["crossings"] == card["exchange"]["most"]["crossings"] == 35
    assert card["fixtures"][1]["broken"]["trap"]["kind"] == "oob"
    assert [each["place"] for each in card["budgets"]][1:] == ["full/tamis.toml:16:1", None]


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
    found = page([full_card(), EMPTY])
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


def test_the_page_has_its_pictures():
    found = page([full_card()])
    assert found.count('role="img"') == 3 + 4  # bars, intervals, curves; a history of four figures
    assert "<title>proxy_log: 3</title>" in found
    # 29 crossings are the whole width; 4 of them belong to the property.
    assert f'width="{100 * 4 / 29:.3f}%"' in found
    assert found.count('class="whisker"') == 5 * 3 + 3


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
