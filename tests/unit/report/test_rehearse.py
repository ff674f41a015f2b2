"""A rehearsal as a stranger reads it: in lines, in pictures, as cases."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator
from tests.rehearsed import BAD, DIGEST, GOOD, OLD, SWAPS

from tamis.errors import BadInput
from tamis.model.measured import LeftOut
from tamis.model.rehearsed import Growth, Rehearsed, Swap, Told
from tamis.report import rehearsals
from tamis.report.rehearse import (
    headline,
    rehearse_cases,
    rehearse_object,
    rehearse_problems,
    rows,
)
from tamis.report.timeline import standalone, timeline
from tamis.schemas import load


def told(done: Rehearsed) -> str:
    return "\n".join(f"{name}: {text}" for name, text in rows(done))


def test_a_good_one():
    assert GOOD.ok
    assert headline(GOOD) == (
        "edge 1.0.0 -> edge 1.1.0 in envoy 1.40.0: none of 50 requests was lost"
    )
    assert told(GOOD).splitlines() == [
        (
            "load: 50 requests (3 different) at 500/s for 0.1 s; the filter was swapped 2 times, "
            "with 2 workers"
        ),
        "lost: 0",
        "wrong: 0 answers of the version that was out of place",
        (
            "swap: 9.0 to 11.0 ms until all workers had it; its first answer after 7.0 to 8.0 ms; "
            "both answered for up to 1.5 ms"
        ),
        "latency: 0.5 and 1.0 ms in calm, 0.6 and 5.0 ms around swaps (p50, p99)",
        "memory: 94.0 MiB before, 95.0 MiB after; too few swaps to tell a leak (--swaps 30)",
        "VMs: 4 before, 4 after",
    ]
    assert rehearse_problems(GOOD) == []


def test_a_bad_one():
    assert not BAD.ok
    assert "41 of 50 requests were lost" in headline(BAD)
    for words in (
        "broke: proxy_on_log of NEW 2 times: unreachable",
        ": swapping back healed it",
        "lost: 40 by status 503 while NEW was in place, the first 0.02 s into the load",
        ": 1 by connection reset during a swap",
        "wrong: 2 answers of the version that was out of place",
        ": 1 answer that neither version gives alone",
    ):
        assert words in told(BAD)
    kinds = [each["kind"] for each in rehearse_problems(BAD)]
    assert kinds == ["broken", "lost", "lost", "wrong"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"told": Told(3, 0)}, "wrong: the versions cannot be told apart by these requests"),
        ({"told": Told(3, 1)}, "1 of 3 requests tell the versions apart"),
        ({"told": Told(3, 3, loosely=2)}, "the bodies of answers to 2 requests vary"),
        ({"told": Told(3, 2, never=1)}, "answers to 1 request vary by themselves in all parts"),
        ({"late": 1200, "unsent": 3}, "sent too late: 1,200, never: 3; this machine cannot keep"),
        ({"broken": BAD.broken, "healed": False}, "swapping back did not heal it"),
        ({"crashed": "Envoy ended with SIGSEGV"}, "crashed: Envoy ended with SIGSEGV"),
        ({"left_out": (LeftOut("why", 2), LeftOut("so", 1))}, "3 exchanges of the fixtures not"),
        ({"way": "restart"}, "9.0 to 11.0 ms until the old Envoy had ended"),
        ({"way": "restart"}, "Envoy was restarted 2 times"),
        ({"swaps": SWAPS[:1]}, "the filter was swapped once"),
        ({"swaps": (SWAPS[1],)}, "both never answered at once"),
        ({"growth": Growth(1, 2, 4, 6)}, "VMs: 4 before, 6 after; 2 are left behind"),
        ({"growth": Growth(1, 2, 4, 4, 70_000.0, True)}, "+68.4 KiB a swap: it leaks"),
        ({"growth": Growth(1, 2, 4, 4, -70.0, False)}, "-70 B a swap: no leak that shows"),
        ({"notes": ("so it is",)}, "note: so it is"),
    ],
)
def test_what_else_there_is_to_tell(changed: dict[str, object], words: str):
    assert words in told(replace(GOOD, **changed))  # type: ignore[arg-type]


def test_a_refused_one():
    swap = Swap("new", 0.02, refused="on_configure failed")
    refused = replace(GOOD, swaps=(swap,), told=Told(3, 0), growth=None)
    assert not refused.ok
    assert headline(refused).endswith("NEW was not taken; none of 50 requests was lost")
    assert "refused: Envoy's words: on_configure failed; OLD stayed in place" in told(refused)
    assert "wrong" not in told(refused)
    assert "refused</text>" in timeline(refused)


def test_the_same_module_newly_configured():
    other = DIGEST.replace("0", "2")
    done = replace(GOOD, new=replace(OLD, config=other))
    assert headline(done).startswith("edge 1.0.0, newly configured in envoy")


def test_ok_is_what_nothing_speaks_against():
    for changed in (
        {"losses": BAD.losses},
        {"stale": 1},
        {"unknown": 1},
        {"broken": BAD.broken},
        {"crashed": "so"},
        {"swaps": (Swap("new", 0.0, refused="no"),)},
    ):
        assert not replace(GOOD, **changed).ok  # type: ignore[arg-type]


@pytest.mark.parametrize("done", [GOOD, BAD])
def test_the_object_is_as_its_schema_says(done: Rehearsed):
    head = {"tamis": "0", "verb": "rehearse", "ok": done.ok, "problems": rehearse_problems(done)}
    schema = {"$ref": "#/$defs/verb-rehearse", **load("output")}
    Draft202012Validator(schema).validate({**head, **rehearse_object(done)})


def test_cases():
    verdicts = {case.name: case.verdict for case in rehearse_cases(BAD)}
    assert verdicts == {
        "NEW is taken": "passed",
        "Envoy goes on": "passed",
        "nothing breaks": "failed",
        "no request is lost": "failed",
        "no answer is of the wrong version": "failed",
    }


def paths(picture: str) -> dict[str, str]:
    return dict(re.findall(r'<path class="(\w+)" d="([^"]*)"', picture))


def test_the_picture_stacks_who_answered():
    drawn = paths(timeline(BAD))
    assert set(drawn) == {"c0", "c1", "c3", "cno"}
    assert drawn["c0"].count("M") == 4  # columns in which OLD answered
    assert drawn["cno"].startswith("M2 800v-800h1")  # 40 of 50, upon 10 of NEW
    assert timeline(BAD).count('class="mark"') == 2


def test_one_failure_of_a_thousand_is_seen():
    rare = replace(GOOD, timeline={**dict.fromkeys(GOOD.timeline, (0,)), "old": (1000,)})
    rare.timeline["failed"] = (1,)
    assert paths(timeline(rare))["cno"] == "M0 1v-12h1v12z"


def test_a_long_one_has_few_columns():
    many = replace(GOOD, timeline=dict.fromkeys(GOOD.timeline, (1,) * 4001))
    assert 'viewBox="0 0 364 1000"' in timeline(many)


def test_an_empty_one_is_a_picture_too():
    ElementTree.fromstring(standalone(replace(GOOD, timeline={}, swaps=(), seconds=0.0)))


def test_the_picture_alone_is_whole():
    root = ElementTree.fromstring(standalone(BAD))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    text = "".join(root.itertext())
    assert "prefers-color-scheme:dark" in text
    assert "NEW answered" in text
    assert "cannot be told" not in text  # nothing of the kind is there


def test_reports_go_where_they_are_told_to(tmp_path):
    file = tmp_path / "new" / "r.html"
    rehearsals.write(rehearsals.parse(f"html={file}"), replace(BAD, notes=("<script>",)))
    assert "<script" not in file.read_text()
    assert "&lt;script&gt;" in file.read_text()
    with pytest.raises(BadInput) as caught:
        rehearsals.parse("pdf=x")
    assert "svg=FILE" in caught.value.advice()
