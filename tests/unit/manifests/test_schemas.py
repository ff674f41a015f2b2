"""The rules themselves are schemas of the dialect they name."""

import pytest
from jsonschema import Draft202012Validator

from tamis import schemas
from tamis.manifests.validate import KINDS


@pytest.mark.parametrize("name", [*KINDS, "tamis"])
def test_it_is_a_schema(name: str) -> None:
    schema = schemas.load(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["description"]
