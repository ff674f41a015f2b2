"""Snapshots: the whole outcome of a fixture in wasmtime, in a file beside it.

`fixtures/a.yaml` has `fixtures/a.yaml.snap.json`: an outcome by `schemas/outcome.json` without
`counts` (budgets hold those; they change with every compiler), without the engine's words about a
trap, and without what is empty: it says what happened and no more. Volatile parts are masked in the
file, too, so it changes only when the filter does.

A missing snapshot is no failure: expectations stand for themselves, and `tamis test --update`
writes one. Fixtures in JSON lines (bulk) have none.
"""

import contextlib
import json
from pathlib import Path

from jsonschema import Draft202012Validator

from tamis.compare.paths import mask
from tamis.compare.tree import diff, show
from tamis.errors import BadInput, Place
from tamis.files import write_whole
from tamis.model import codec
from tamis.model.exchange import Fixture
from tamis.model.json_values import Json, dumps
from tamis.model.outcome import Outcome
from tamis.schemas import load

__all__ = ["path_of", "problems", "update"]

_SUFFIX = ".snap.json"
#: Differences listed; a filter that changed everything needs no more to be seen.
_LISTED = 20
#: Keys that stand in the file also when they are empty.
_ALWAYS = ("start", "exchanges")


def path_of(fixture: Fixture) -> Path | None:
    """Where the snapshot of `fixture` is or would be; None for JSON lines."""
    if fixture.path.suffix not in (".yaml", ".yml"):
        return None
    return fixture.path.with_name(fixture.path.name + _SUFFIX)


def problems(fixture: Fixture, outcome: Outcome) -> tuple[str, ...]:
    """One line for each difference to the snapshot; () where there is none.

    Raises BadInput for a snapshot that is not an outcome.
    """
    path = path_of(fixture)
    if path is None or not path.exists():
        return ()
    found = list(diff(_read(path), _snapshot(fixture, outcome)))
    lines = [_line(*item, path) for item in found[:_LISTED]]
    rest = len(found) - len(lines)
    return (*lines, f"snapshot: {rest} more differences  ({path})") if rest else tuple(lines)


def update(fixture: Fixture, outcome: Outcome) -> Path | None:
    """Write the snapshot where its text would change; the path if it was written.

    Raises BadInput where the file cannot be written.
    """
    path = path_of(fixture)
    if path is None:
        return None
    text = dumps(_brief(_snapshot(fixture, outcome))).encode()
    with contextlib.suppress(OSError):
        if path.read_bytes() == text:
            return None
    _replace(path, text)
    return path


def _snapshot(fixture: Fixture, outcome: Outcome) -> dict[str, Json]:
    tree = codec.encode(outcome)
    del tree["counts"]
    for words in ("text", "frames"):
        (tree["trap"] or {}).pop(words, None)
    return mask(tree, fixture.volatile)


def _brief(tree: dict[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in tree.items() if value or key in _ALWAYS}


def _line(path: str, was: object, now: object, file: Path) -> str:
    before, after = show(was, now)
    return f"snapshot {path}: was {before}, is {after}  ({file})"


def _read(path: Path) -> dict[str, Json]:
    advice = "Write it anew: tamis test --update."
    try:
        value = json.loads(path.read_bytes())
    except ValueError as error:
        what = f"the snapshot is not JSON: {error}"
        raise BadInput(what, advice=advice, at=Place(path)) from None
    except OSError as error:
        what = f"the snapshot cannot be read: {error.strerror}"
        raise BadInput(what, advice="Check its permissions.", at=Place(path)) from None
    if isinstance(value, dict) and value:
        value = {**_empty(), **value}
    fault = next(iter(Draft202012Validator(load("outcome")).iter_errors(value)), None)
    if fault:
        where = fault.json_path.removeprefix("$.")
        what = f"the snapshot is not an outcome: {where}: {fault.message[:200]}"
        raise BadInput(what, advice=advice, at=Place(path))
    value.pop("$schema", None)
    return dict(value)


def _empty() -> dict[str, Json]:
    """What a file means by the keys that it leaves out."""
    tree = codec.encode(Outcome())
    return {key: tree[key] for key in tree if key not in ("counts", *_ALWAYS)}


def _replace(path: Path, text: bytes) -> None:
    try:
        write_whole(path, text)
    except OSError as error:
        what = f"the snapshot cannot be written: {error.strerror}"
        raise BadInput(what, advice="Check the folder.", at=Place(path)) from None
