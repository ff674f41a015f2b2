"""The same cases as JUnit, GitHub annotations and Markdown."""

import io
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tamis.errors import BadInput, Place
from tamis.model import tested as model
from tamis.model.exchange import Fixture
from tamis.model.finding import Finding
from tamis.model.outcome import Difference, NotComparable, Outcome, Run
from tamis.report import cases, sinks, terminal
from tamis.report import test as report
from tamis.report.cases import Case
from tamis.report.github import github
from tamis.report.junit import junit
from tamis.report.markdown import markdown

FIXTURES = (Fixture("one", Path("f/one.yaml"), ()), Fixture("two", Path("f/two.yaml"), ()))
RUNS = (
    Run("one", "wasmtime 50", Outcome()),
    Run("two", "wasmtime 50", Outcome(), problems=("status: expected 200, got 503",)),
    Run("one", "envoy 1.40", Outcome()),
    Run("two", "envoy 1.40", None, skipped=(NotComparable("", "http/1.1"),)),
)
DIFFERENCES = (Difference("one", "logs[0]", {"wasmtime 50": "a", "envoy 1.40": "b"}),)


@pytest.fixture
def listed() -> tuple[Case, ...]:
    return cases.from_runs("x", FIXTURES, RUNS, DIFFERENCES)


def test_one_case_per_fixture_and_host(listed):
    assert [(c.suite, c.name, c.verdict) for c in listed] == [
        ("x in wasmtime 50", "one", "passed"),
        ("x in wasmtime 50", "two", "failed"),
        ("x in envoy 1.40", "one", "failed"),
        ("x in envoy 1.40", "two", "skipped"),
    ]


def test_junit_counts_and_carries_the_texts(listed):
    root = ET.fromstring(junit(listed))
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("4", "2", "1")
    suites = root.findall("testsuite")
    assert [s.get("name") for s in suites] == ["x in wasmtime 50", "x in envoy 1.40"]
    failure = suites[0].findall("testcase")[1].find("failure")
    assert failure is not None
    assert failure.text == "status: expected 200, got 503"
    assert suites[1].findall("testcase")[1].find("skipped").get("message") == "http/1.1"


def test_junit_survives_what_xml_cannot_write():
    root = ET.fromstring(junit([Case("s", "n", ("bad \x00 \x1b[0m \ud800",))]))
    assert root.find(".//failure").text == "bad \ufffd \ufffd[0m \ufffd"


WHOLE = "unanswered: a call  (f.yaml:1:1)\n    :path: /<x>\n    - {match: {cluster: a}}"


def test_a_problem_of_several_lines_keeps_them():
    case = Case("s", "n", (WHOLE,))
    failure = ET.fromstring(junit([case])).find(".//failure")
    assert failure.get("message") == "unanswered: a call  (f.yaml:1:1)"
    assert failure.text == WHOLE
    assert github([case]).count("%0A") == 2
    (row,) = (line for line in markdown("t", [case]).splitlines() if "unanswered" in line)
    assert "/&lt;x><br>    - {match" in row


def test_github_points_at_the_line():
    case = Case("s", "n", ("50 % off\nnow",), place=Place(Path("a,b.yaml"), 3, 7))
    assert github([case]) == (
        "::error title=n (s),file=a%2Cb.yaml,line=3,col=7::50 %25 off%0Anow\n"
    )
    assert github([Case("s", "n")]) == ""


def test_markdown_lists_only_what_is_not_good(listed):
    text = markdown("tamis test", listed)
    assert "1 passed, 2 failed, 1 skipped" in text
    assert text.count("\n| ") == 4  # head and three cases
    assert "a|b" not in markdown("t", [Case("s", "n", ("a|b",))])


PARTLY = (
    Run("one", "envoy 1.40", Outcome(), skipped=(NotComparable("metrics", "three VMs"),)),
    Run("two", "envoy 1.40", Outcome(), skipped=(NotComparable("", "a clock"),)),
)


def test_what_was_left_out_is_listed_and_counted():
    listed = cases.from_runs("x", FIXTURES, PARTLY, ())
    assert [case.verdict for case in listed] == ["passed", "skipped"]
    (suite,) = ET.fromstring(junit(listed)).findall("testsuite")
    (counted,) = suite.findall("properties/property")
    assert (counted.get("name"), counted.get("value")) == ("not wholly comparable", "1")
    one, two = suite.findall("testcase")
    assert one.find("system-out").text == "not comparable: metrics: three VMs"
    assert two.find("skipped").get("message") == "a clock"
    text = markdown("t", listed)
    assert "- x in envoy 1.40: 1 passed, 1 skipped, 1 not wholly comparable\n" in text
    assert "| passed | x in envoy 1.40 | one | not comparable: metrics: three VMs |" in text
    assert "| skipped | x in envoy 1.40 | two | a clock |" in text


def test_markdown_names_every_host_when_all_is_good():
    text = markdown("t", [Case("x in wasmtime 50", "n"), Case("x in envoy 1.40.0", "n")])
    assert "- x in wasmtime 50: 1 passed\n- x in envoy 1.40.0: 1 passed\n" in text


def test_a_terminal_lists_and_counts_what_was_left_out():
    tested = model.Tested("x", "sha256:" + "0" * 64, FIXTURES, PARTLY, ())
    shown = terminal.text(report.tested(tested, every=False), io.StringIO())
    assert "not comparable one (envoy 1.40) metrics: three VMs\n" in shown
    assert "not comparable two (envoy 1.40) a clock\n" in shown
    assert "2 fixtures in envoy 1.40, all passed, 2 not wholly comparable" in shown
    every = terminal.text(report.tested(tested, every=True), io.StringIO())
    assert "passed one (envoy 1.40)\nnot comparable two (envoy 1.40)\n" in every
    (one, two) = report.tested_object([tested])["not_comparable"]
    assert (one["path"], one["host"], two["why"]) == ("metrics", "envoy 1.40", "a clock")


def test_findings_become_cases():
    findings = (
        Finding("load/a", "error", "No.", "Do."),
        Finding("size/b", "warning", "Big.", "Shrink.", target="istio@1.30"),
    )
    assert [(c.name, c.verdict) for c in cases.from_findings("x", findings)] == [
        ("load/a", "failed"),
        ("size/b (istio@1.30)", "passed"),
    ]
    assert cases.from_findings("x", ())[0].verdict == "passed"


@pytest.mark.parametrize("text", ["junit", "junit=", "github=x", "sarif=x", ""])
def test_unknown_reports_are_refused(text):
    with pytest.raises(BadInput):
        sinks.parse(text)


def test_reports_are_written(tmp_path, listed, capsys, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    for text in (f"junit={tmp_path}/new/r.xml", f"markdown={tmp_path}/r.md", "github"):
        sinks.write(sinks.parse(text), "t", listed)
    assert ET.parse(tmp_path / "new" / "r.xml").getroot().get("tests") == "4"
    assert (tmp_path / "r.md").read_text() == (tmp_path / "summary.md").read_text()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("::error ") == 2


def test_a_report_that_cannot_be_written_says_so(tmp_path, listed):
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="cannot write the report"):
        sinks.write(sinks.parse(f"junit={tmp_path}/file/r.xml"), "t", listed)
