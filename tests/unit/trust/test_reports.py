"""Reports as what may be signed: about this module, and not FAILED."""

import json
from pathlib import Path

import pytest

from tamis.errors import BadInput, Rejected
from tamis.oci import digest_of
from tamis.trust import reports

MODULE, OTHER = digest_of(b"module"), digest_of(b"other")
HEAD = {"tamis": "0.1.0", "ok": True, "problems": []}


def finding(severity: str, target: str | None = None) -> dict[str, object]:
    return {
        "id": f"rule/{severity}",
        "severity": severity,
        "message": "m",
        "advice": "a",
        "place": None,
        "target": target,
    }


def checked(
    *findings: dict[str, object], digest: str = MODULE, ok: bool = True
) -> dict[str, object]:
    one = {"name": "x", "digest": digest, "ok": ok, "targets": ["envoy"], "findings": [*findings]}
    return {**HEAD, "verb": "check", "checks": [one]}


def run(
    name: str, *, ok: bool = True, host: str = "wasmtime 50", of: str = "x"
) -> dict[str, object]:
    return {
        "filter": of,
        "fixture": name,
        "host": host,
        "ok": ok,
        "outcome": None,
        "problems": [] if ok else ["missed"],
    }


def ran(*runs: dict[str, object], **more: object) -> dict[str, object]:
    modules = [{"name": "x", "digest": MODULE}, {"name": "y", "digest": OTHER}]
    return {
        **HEAD, "verb": "test", "modules": modules, "runs": [*runs], "differences": [],
        "not_comparable": [], **more,
    }  # fmt: skip


def test_a_check_that_passed() -> None:
    found = reports.check(checked(finding("note")), MODULE, "f.json")
    assert found == {
        "result": "PASSED",
        "configuration": [
            {
                "name": "tamis check",
                "uri": "https://tamis.dev/verbs/check",
                "annotations": {"tamis": "0.1.0", "targets": ["envoy"]},
            }
        ],
        "passedTests": ["envoy"],
        "warnedTests": [],
        "failedTests": [],
    }


def test_a_check_with_warnings() -> None:
    found = reports.check(
        checked(finding("warning", "envoy"), finding("warning", "envoy")), MODULE, "f"
    )
    assert (found["result"], found["warnedTests"]) == ("WARNED", ["rule/warning (envoy)"])


@pytest.mark.parametrize("report", [checked(finding("error")), checked(ok=False)])
def test_a_check_that_failed_is_not_signed(report: dict[str, object]) -> None:
    with pytest.raises(Rejected, match=r"f\.json says FAILED \(.*\): it is not signed"):
        reports.check(report, MODULE, "f.json")


@pytest.mark.parametrize("digest", [OTHER, ""])
def test_a_report_about_another_module(digest: str) -> None:
    with pytest.raises(Rejected, match=f"f.json is about x {digest}, not about {MODULE}"):
        reports.check(checked(digest=digest), MODULE, "f.json")


def test_a_report_about_nothing() -> None:
    with pytest.raises(Rejected, match="is about no module"):
        reports.check({**HEAD, "verb": "check"}, MODULE, "f.json")


def test_tests_that_passed() -> None:
    found = reports.check(ran(run("a"), run("b"), run("c", ok=False, of="y")), MODULE, "f")
    assert (found["result"], found["passedTests"]) == (
        "PASSED",
        ["a (wasmtime 50)", "b (wasmtime 50)"],
    )
    assert found["configuration"][0]["annotations"]["hosts"] == ["wasmtime 50"]


def test_tests_of_which_something_was_left_out() -> None:
    left = [{"fixture": "a", "host": "envoy", "path": "p", "why": "w"}] * 2
    found = reports.check(ran(run("a"), not_comparable=left), MODULE, "f")
    assert (found["result"], found["warnedTests"]) == ("WARNED", ["a"])


@pytest.mark.parametrize(
    "report",
    [
        ran(run("a", ok=False)),
        ran(run("a"), differences=[{"fixture": "a", "hosts": [], "path": "p", "values": {}}]),
    ],
)
def test_tests_that_failed_are_not_signed(report: dict[str, object]) -> None:
    with pytest.raises(Rejected, match=r"says FAILED \(a"):
        reports.check(report, MODULE, "f")


def test_no_tests_prove_nothing() -> None:
    with pytest.raises(Rejected, match="no fixture ran"):
        reports.check(ran(run("c", of="y")), MODULE, "f")


def test_a_card() -> None:
    card = {"name": "x", "digest": MODULE, "ok": True, "budgets": []}
    report = {**HEAD, "verb": "bench", "cards": [{**card, "digest": OTHER}, card]}
    assert reports.bench(report, MODULE, "f") == {"ok": True, "tamis": "0.1.0", "card": card}
    broken = {**card, "ok": False, "budgets": [{"name": "fuel", "ok": False}]}
    with pytest.raises(Rejected, match=r"says FAILED \(fuel\)"):
        reports.bench({**report, "cards": [broken]}, MODULE, "f")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (json.dumps({**checked(), "verb": "bench"}), "is not what tamis check or test printed"),
        (json.dumps({**checked(), "checks": [{}]}), "is no report that this tamis reads: checks.0"),
        (json.dumps({**checked(), "more": 1}), "is no report that this tamis reads"),
        ("[]", "is not a JSON object"),
        ("{", "is not JSON"),
        ('{"verb": "check", "verb": "check"}', "'verb' is there twice"),
    ],
)
def test_what_is_no_report(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "f.json"
    path.write_text(text)
    with pytest.raises(BadInput, match=why):
        reports.report(path, ("check", "test"))


def test_a_report_is_read(tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    path.write_text(json.dumps(checked()))
    assert reports.report(path, ("check", "test")) == checked()
    with pytest.raises(BadInput, match="cannot read"):
        reports.report(tmp_path / "none.json", ("check",))
