"""Manifests against the rules of the API server and the webhook that will receive them.

The rules are JSON Schemas (`schemas/<Kind>.json`); the keyword `x-text` in them gives, by the
keyword that failed, the words in which the webhook refuses.
"""

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, relevance
from referencing import Registry, Resource

from tamis import schemas
from tamis.project.configuration import json_path

__all__ = ["KINDS", "problems"]

#: Kinds with rules of ours.
KINDS = ("WasmPlugin", "TrafficExtension", "EnvoyFilter")


def problems(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """What the cluster would say to a manifest (parsed YAML), each with its path; () if good.

    Only `KINDS` have rules; anything else is not judged.
    """
    kind = manifest.get("kind")
    if kind not in KINDS:
        return ()
    shared = Resource.from_contents(schemas.load("WasmPlugin"))
    registry = Registry[Any]().with_resource("WasmPlugin.json", shared)
    validator = Draft202012Validator(schemas.load(kind), registry=registry)
    faults = sorted(validator.iter_errors(manifest), key=relevance, reverse=True)
    return tuple(
        dict.fromkeys(f"{json_path(each.absolute_path)}: {_text(each)}" for each in faults)
    )


def _text(fault: ValidationError) -> str:
    texts = fault.schema.get("x-text", {}) if isinstance(fault.schema, Mapping) else {}
    text = texts.get(str(fault.validator))
    return text.format(value=fault.instance) if text else fault.message
