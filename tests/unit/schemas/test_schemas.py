"""The schemas are schemas, and say what the readers do."""

import pytest
from jsonschema import Draft202012Validator

from tamis.errors import Fault
from tamis.model import outcome
from tamis.schemas import load


@pytest.mark.parametrize("name", ["fixture", "outcome", "trace"])
def test_is_a_schema(name):
    Draft202012Validator.check_schema(load(name))
    assert load(name) is load(name)


def test_an_unknown_name():
    with pytest.raises(Fault, match="there is no schema 'nothing'"):
        load("nothing")


def objects(schema, path=""):
    if isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" in schema:
            yield path, schema
        for key, value in schema.items():
            yield from objects(value, f"{path}/{key}")
    elif isinstance(schema, list):
        for at, value in enumerate(schema):
            yield from objects(value, f"{path}/{at}")


@pytest.mark.parametrize("name", ["fixture", "outcome", "trace"])
def test_every_object_is_closed(name):
    assert [
        path for path, schema in objects(load(name)) if "additionalProperties" not in schema
    ] == []


def test_everything_in_a_fixture_is_described():
    for path, schema in objects(load("fixture")):
        for key, value in schema["properties"].items():
            described = "$ref" in value or {"title", "description"} <= set(value)
            assert described, f"{path}/{key}"


def test_the_outcome_schema_has_the_model_s_fields():
    schema = load("outcome")
    for name, part in (
        ("Outcome", schema),
        ("ExchangeOutcome", schema["$defs"]["exchange"]),
        ("Message", schema["$defs"]["message"]),
        ("LogLine", schema["$defs"]["logLine"]),
        ("Callout", schema["$defs"]["callout"]),
        ("ConnectionOutcome", schema["$defs"]["connection"]),
        ("FailedCall", schema["$defs"]["failedCall"]),
        ("Trap", schema["$defs"]["trap"]),
        ("Counts", schema["$defs"]["counts"]),
    ):
        assert set(getattr(outcome, name).__dataclass_fields__) == set(part["properties"]) - {
            "$schema"
        }
