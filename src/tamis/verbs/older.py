"""Cards that an earlier `bench --json` wrote, to compare with."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tamis import schemas
from tamis.errors import BadInput, Place

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

__all__ = ["older"]

_ADVICE = "Name what `tamis bench --json` of this filter wrote."


def older(path: Path, name: str) -> Mapping[str, Any]:
    """The card of the filter `name` in what `bench --json` wrote. Raises BadInput."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}", advice=_ADVICE) from error
    except (ValueError, RecursionError) as error:  # of JSON, or of UTF-8
        raise BadInput(f"{path} is not JSON: {error}", advice=_ADVICE) from error
    verb = found.get("verb") if isinstance(found, dict) else None
    if verb != "bench":
        what = f"what `tamis {verb}` wrote" if isinstance(verb, str) else "not a cost card"
        raise BadInput(f"{path} is {what}", advice=_ADVICE, at=Place(path))
    if fault := _fault(found):
        where = ".".join(str(part) for part in fault.absolute_path) or "the whole"
        raise BadInput(
            f"{path} is no card that this tamis reads: {where}: {fault.message[:200]}",
            advice="Make it anew with this version of tamis.",
        )
    for card in found.get("cards", ()):
        if card["name"] == name:
            return cast("Mapping[str, Any]", card)
    names = ", ".join(card["name"] for card in found.get("cards", ())) or "no filter"
    raise BadInput(f"{path} is about {names}, not {name}", advice=_ADVICE)


def _fault(found: object) -> "ValidationError | None":
    from jsonschema import Draft202012Validator  # slow to load, seldom needed
    from jsonschema.exceptions import best_match

    rules = Draft202012Validator(schemas.of_output("bench"))
    fault: ValidationError | None = best_match(rules.iter_errors(found))
    return fault
