"""A plugin's configuration: strict JSON, and the schema the filter's author gave it.

The validator is loaded where it is used: most commands only read what is known to be right.
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from tamis.errors import BadInput, Place

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

__all__ = ["broken", "check_schema", "fault_of", "json_path", "parse", "validate"]


def parse(text: str, what: str, *, at: Place | None = None) -> Any:  # noqa: ANN401 JSON is any value
    """The value of strict JSON `text`: no duplicate keys, no NaN. `what` names it in errors.

    Raises BadInput; `at` names the file, and the fault's line and column are added to it.
    """
    try:
        return json.loads(text, object_pairs_hook=_pairs, parse_constant=_constant)
    except json.JSONDecodeError as error:
        place = Place(at.file, error.lineno, error.colno) if at else None
        raise BadInput(
            f"{what} is not JSON: {error.msg} (line {error.lineno}, column {error.colno})",
            advice="Correct the JSON there.",
            at=place,
        ) from error
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise BadInput(
            f"{what} is not JSON that every host reads alike: {why}",
            advice="Keep each key once, and numbers finite.",
            at=at,
        ) from error


def validate(config: str, schema: str, what: str, *, at: Place | None = None) -> None:
    """Hold the JSON text `config` against the JSON Schema text `schema` ("": anything goes).

    Raises BadInput with the JSON path of the fault. References are resolved inside the schema
    alone: nothing is fetched.
    """
    if not schema:
        return
    fault = fault_of(parse(config, what, at=at), schema)
    if fault:
        raise broken(fault, what, at=at)


def fault_of(value: object, schema: str, *, at: Place | None = None) -> "ValidationError | None":
    """The fault worth telling first, if any.

    Raises BadInput when the schema itself is none; `at` names its file.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    rules = parse(schema, "the configuration's schema", at=at)
    check_schema(rules, "the configuration's schema", at=at)
    validator = Draft202012Validator(rules, registry=Registry())
    try:
        with _applicable("the configuration's schema", at):
            fault: ValidationError | None = best_match(validator.iter_errors(value))
    except Unresolvable as error:
        raise BadInput(
            f"the configuration's schema refers to what it does not contain: {error.ref}",
            advice="Move what it refers to into its $defs.",
            at=at,
        ) from error
    return fault


@contextmanager
def _applicable(what: str, at: Place | None) -> Iterator[None]:
    """What a schema that is well formed can still break: the stack, Python's numbers."""
    try:
        yield
    except RecursionError as error:
        raise BadInput(
            f"{what} leads back to itself, or is nested too deeply",
            advice="End each $ref at something smaller than where it begins.",
            at=at,
        ) from error
    except (re.error, ArithmeticError) as error:
        raise BadInput(
            f"{what} cannot be applied: {error}",
            advice="Correct its patterns (regular expressions) and numbers.",
            at=at,
        ) from error


def broken(fault: "ValidationError", what: str, *, at: Place | None) -> BadInput:
    """The error that tells a fault."""
    described = fault.schema.get("description") if isinstance(fault.schema, dict) else None
    return BadInput(
        f"{what} breaks its schema at {json_path(fault.absolute_path)}: {fault.message}",
        advice=f"What is meant there: {described}" if described else "Correct the value there.",
        at=at,
    )


def check_schema(rules: object, what: str, *, at: Place | None = None) -> None:
    """Whether `rules` is itself a JSON Schema of draft 2020-12. Raises BadInput."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        with _applicable(what, at):
            Draft202012Validator.check_schema(rules)  # type: ignore[arg-type]
    except SchemaError as error:
        raise BadInput(
            f"{what} is no JSON Schema at {json_path(error.absolute_path)}: {error.message}",
            advice="Correct it; the dialect is draft 2020-12.",
            at=at,
        ) from error


def json_path(parts: Iterable[str | int]) -> str:
    """`$.rules[0].set`."""
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key '{key}' occurs twice in one object")
        found[key] = value
    return found


def _constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON number")
