"""`model.Metadata` as JSON text: in the manifest's annotation and in the module's own section."""

import json
from dataclasses import MISSING, fields
from typing import Any, get_args

from tamis.errors import BadInput
from tamis.model.artifact import Metadata
from tamis.model.choices import FAILURE_POLICIES, Context, Layer

__all__ = ["decode", "encode"]

#: Values of a field that takes a few only.
_ALLOWED = {
    "context": get_args(Context),
    "layer": get_args(Layer),
    "failure_policy": FAILURE_POLICIES,
    "allow_on_headers_stop_iteration": (True, False),
}
_LISTS = ("targets", "environment", "capabilities")
_ADVICE = "Build and push it again with this version of tamis."


def encode(known: Metadata) -> str:
    """Compact JSON in the order of the fields; defaults are left out: new fields cost nothing."""
    document = {
        field.name: value
        for field in fields(Metadata)
        if (value := getattr(known, field.name)) != field.default
    }
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def decode(text: str | bytes, where: str) -> Metadata:
    """The metadata that `text` holds; `where` names its place. Unknown fields are ignored.

    Raises BadInput when it is malformed.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{where} is not JSON: {error}", advice=_ADVICE) from error
    if not isinstance(document, dict):
        raise BadInput(f"{where} is not a JSON object", advice=_ADVICE)
    values: dict[str, Any] = {}
    for field in fields(Metadata):
        if field.name in document:
            values[field.name] = _value(field.name, document[field.name], where)
        elif field.default is MISSING:
            raise BadInput(f"{where} has no '{field.name}'", advice=_ADVICE)
    return Metadata(**values)


def _value(name: str, value: object, where: str) -> str | bool | tuple[str, ...]:
    """A field's value, of the type the model declares."""
    if name in _LISTS:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
    elif name in _ALLOWED:
        if isinstance(value, str | bool) and value in _ALLOWED[name]:
            return value
    elif isinstance(value, str):
        return value
    raise BadInput(f"{where}: '{name}' cannot be {json.dumps(value)[:80]}", advice=_ADVICE)
