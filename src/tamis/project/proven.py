"""Documents that once kept their schema: to look again, a validator would have to be loaded.

Only that there was no fault is remembered, by everything the verdict depends on; a document that
is wrong, or not known, is always looked at.
"""

import hashlib
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tamis import caches
from tamis.version import VERSION

__all__ = ["fault"]

_KIND = "proven"
_KEPT = b"kept its schema"
_Fault = TypeVar("_Fault")


def fault(what: str, rules: str, document: str, find: Callable[[], _Fault | None]) -> _Fault | None:
    """What `find` finds wrong in `document` by `rules` (texts), without asking it where that was
    nothing before. `what`: which question `find` answers.
    """
    name = _name(what, rules, document)
    if name and caches.read(_KIND, name) == _KEPT:
        return None
    found = find()
    if name and found is None:
        caches.write(_KIND, name, _KEPT)
    return found


def _name(*parts: str) -> str:
    """The entry of a question; empty where the validator does not say which it is."""
    validator = _validator()
    text = json.dumps([VERSION, validator, *parts]).encode()
    return hashlib.sha256(text).hexdigest() if validator else ""


def _validator() -> str:
    """Name and version of the validator, without loading it: `jsonschema-4.26.0.dist-info`."""
    spec = importlib.util.find_spec("jsonschema")
    if not spec or not spec.origin:
        return ""
    beside = Path(spec.origin).parent.parent
    return next((each.name for each in beside.glob("jsonschema-*.*-info")), "")
