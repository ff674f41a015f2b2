"""The JSON Schemas (draft 2020-12) of everything tamis reads and writes, by name."""

import json
from functools import cache
from importlib import resources
from typing import Any, cast

from tamis.errors import Fault

__all__ = ["load"]


@cache
def load(name: str) -> dict[str, Any]:
    """The schema `name` (`fixture`, `outcome`, ...); shared by all callers, so read it only.

    Raises Fault for a name that tamis does not carry.
    """
    file = resources.files(__name__) / f"{name}.json"
    if not file.is_file():
        raise Fault(f"there is no schema '{name}'", advice="Reinstall tamis: a file is missing.")
    return cast("dict[str, Any]", json.loads(file.read_text(encoding="utf-8")))
