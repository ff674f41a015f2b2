"""The JSON Schemas (draft 2020-12) of everything tamis reads and writes, by name."""

import json
from functools import cache
from importlib import resources
from typing import Any, cast

from tamis.errors import Fault

__all__ = ["FILES", "load", "names", "of_output", "text"]

#: Schemas of files that people write and read.
FILES = ("tamis", "fixture", "outcome", "trace", "policy")
_VERB = "verb-"


@cache
def load(name: str) -> dict[str, Any]:
    """The schema `name` (`fixture`, `outcome`, ...); shared by all callers, so read it only.

    Raises Fault for a name that tamis does not carry.
    """
    return cast("dict[str, Any]", json.loads(text(name)))


def text(name: str) -> str:
    """The schema as it is written. Raises what `load` raises."""
    file = resources.files(__name__) / f"{name}.json"
    if not file.is_file():
        raise Fault(f"there is no schema '{name}'", advice="Reinstall tamis: a file is missing.")
    return file.read_text(encoding="utf-8")


def names() -> tuple[str, ...]:
    """What `tamis schema` prints: files, and verbs for the shape of their `--json`."""
    verbs = (key.removeprefix(_VERB) for key in load("output")["$defs"] if key.startswith(_VERB))
    return (*FILES, *verbs)


def of_output(verb: str) -> dict[str, Any]:
    """The schema of a verb's `--json` object: complete, with only the definitions it uses."""
    every = load("output")["$defs"]
    used: dict[str, Any] = {}
    _gather(every[f"{_VERB}{verb}"], every, used)
    dialect = load("output")["$schema"]
    return {"$schema": dialect, "title": verb, **every[f"{_VERB}{verb}"], "$defs": used}


def _gather(node: object, every: dict[str, Any], used: dict[str, Any]) -> None:
    if isinstance(node, list):
        for item in node:
            _gather(item, every, used)
    elif isinstance(node, dict):
        name = str(node.get("$ref", "")).removeprefix("#/$defs/")
        if name and name not in used:
            used[name] = every[name]
            _gather(every[name], every, used)
        for value in node.values():
            _gather(value, every, used)
