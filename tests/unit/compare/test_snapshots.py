"""Snapshots: what is in them, when they are written, and what a stale one says."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tamis import compare
from tamis.errors import BadInput
from tamis.model import codec
from tamis.model.exchange import Fixture
from tamis.model.outcome import (
    Counts,
    ExchangeOutcome,
    FailedCall,
    LogLine,
    Message,
    Outcome,
    Run,
    Trap,
)
from tamis.schemas import load

OUTCOME = Outcome(
    exchanges=(ExchangeOutcome(response=Message(((":status", "200"), ("x-a", "1")), b"\xff")),),
    counts=Counts({"proxy_log": 1}),
    trap=Trap("proxy_on_log", "oob", "an engine's words", ("f (a.c:1)",)),
)


@pytest.fixture
def fixture(tmp_path):
    return Fixture("f", tmp_path / "a.yaml", (), volatile=("response.headers.x-v",))


def run(outcome=OUTCOME):
    return Run("f", "wasmtime", outcome)


def problems(fixture, outcome):
    judged = compare.judge(fixture, run(outcome), snapshot=True)
    return [line for line in judged.problems if line.startswith("snapshot")]


def changed(**changes):
    exchange = OUTCOME.exchanges[0]
    response = replace(exchange.response, **changes)
    return replace(OUTCOME, exchanges=(replace(exchange, response=response),))


def test_it_lies_beside_the_fixture_and_is_an_outcome(fixture):
    path = compare.update(fixture, run())
    assert path == fixture.path.with_name("a.yaml.snap.json")
    value = json.loads(path.read_text())
    Draft202012Validator(load("outcome")).validate({**codec.encode(Outcome()), **value})
    assert value["trap"] == {"callback": "proxy_on_log", "kind": "oob"}
    assert list(value) == ["start", "exchanges", "trap"]  # what is empty is left out


def test_it_is_written_only_when_it_changes(fixture):
    path = compare.update(fixture, run())
    path.chmod(0o444)
    before = path.stat()
    assert compare.update(fixture, run(replace(OUTCOME, counts=Counts()))) is None
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert compare.update(fixture, run(changed(body=b"x"))) == path
    assert list(path.parent.iterdir()) == [path]


def test_a_missing_one_is_no_failure(fixture):
    assert problems(fixture, OUTCOME) == []


def test_a_fresh_one_holds(fixture):
    compare.update(fixture, run())
    assert problems(fixture, replace(OUTCOME, counts=Counts())) == []
    assert compare.judge(fixture, run(changed(body=b"")), snapshot=False).problems == (
        compare.judge(fixture, run(), snapshot=False).problems
    )


def test_a_stale_one_shows_path_and_both_values(fixture):
    path = compare.update(fixture, run())
    now = changed(headers=((":status", "200"), ("x-a", "2")), body=b"a")
    assert problems(fixture, now) == [
        f'snapshot exchanges[0].response.headers[1]: was x-a: "1", is x-a: "2"  ({path})',
        f'snapshot exchanges[0].response.body: was "\\xff", is "a"  ({path})',
    ]


def test_what_was_empty_is_compared_too(fixture):
    path = compare.update(fixture, run())
    failed = (FailedCall("proxy_get_property", "BAD_ARGUMENT", 1),)
    now = replace(OUTCOME, logs=(LogLine("info", "x", 0),), failed_calls=failed, trap=None)
    assert problems(fixture, now) == [
        f'snapshot logs[0]: was (absent), is info "x" (step 0)  ({path})',
        f'snapshot trap: was {{"callback": "proxy_on_log", "kind": "oob"}}, is none  ({path})',
        (
            "snapshot failed_calls[0]: was (absent), is "
            f'{{"call": "proxy_get_property", "status": "BAD_ARGUMENT", "count": 1}}  ({path})'
        ),
    ]


def test_many_changes_are_counted(fixture):
    compare.update(fixture, run(replace(OUTCOME, metrics={f"m{n}": n for n in range(30)})))
    found = problems(fixture, OUTCOME)
    assert len(found) == 21
    assert found[-1].startswith("snapshot: 10 more differences")


def test_volatile_parts_do_not_churn(fixture):
    one, other = (changed(headers=((":status", "200"), ("x-v", value))) for value in ("1", "2"))
    path = compare.update(fixture, run(one))
    assert '["x-v", "<volatile>"]' in path.read_text()
    assert compare.update(fixture, run(other)) is None
    assert problems(fixture, other) == []
    assert len(problems(fixture, changed(headers=((":status", "200"),)))) == 1


def test_json_lines_have_none(tmp_path):
    fixture = Fixture("f", tmp_path / "bulk.jsonl", ())
    assert compare.update(fixture, run()) is None
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_without_an_outcome(fixture):
    assert compare.update(fixture, Run("f", "wasmtime", None)) is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"{", "the snapshot is not JSON: "),
        (b"\xff", "the snapshot is not JSON: "),
        (b"{}", "the snapshot is not an outcome: "),
        (b"[]", "the snapshot is not an outcome: "),
        (b'{"start": "ok"}', "the snapshot is not an outcome: "),
        (b'{"start": "ok", "exchanges": [], "other": 1}', "the snapshot is not an outcome: "),
    ],
)
def test_an_unusable_one(fixture, text, what):
    path = fixture.path.with_name("a.yaml.snap.json")
    path.write_bytes(text)
    with pytest.raises(BadInput) as caught:
        problems(fixture, OUTCOME)
    assert caught.value.what.startswith(what)
    assert caught.value.advice() == "Write it anew: tamis test --update."
    assert caught.value.at is not None
    assert caught.value.at.file == path


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    fixture = Fixture("f", tmp_path / "file" / "a.yaml", ())
    with pytest.raises(BadInput, match=r"the snapshot cannot be written: (File exists|Not a dir)"):
        compare.update(fixture, run())


def test_an_unreadable_one(fixture):
    Path(f"{fixture.path}.snap.json").mkdir()
    with pytest.raises(BadInput, match="the snapshot cannot be read: Is a directory"):
        problems(fixture, OUTCOME)
    with pytest.raises(BadInput, match="the snapshot cannot be written: Is a directory"):
        compare.update(fixture, run())
    assert [path.name for path in fixture.path.parent.iterdir()] == ["a.yaml.snap.json"]
