"""What is wrong in a tamis.toml, and the line where it is wrong."""

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tamis.errors import BadInput, Place
from tamis.project.positions import Path as KeyPath
from tamis.project.positions import positions

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

__all__ = ["Document", "dotted"]

_AT = re.compile(r" \(at line (\d+), column (\d+)\)\Z")
_WORDS = {
    "name": "Use letters, digits, '.', '_' and '-'.",
    "version": "Write major.minor.patch, such as 1.0.0 or 1.0.0-rc.1; a tag allows no '+'.",
}


class Document:
    """The text of one tamis.toml: its values, and errors that know their line."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self.text = text
        self._positions: Mapping[KeyPath, tuple[int, int]] | None = None

    def values(self) -> dict[str, object]:
        """Parsed by `tomllib`. Raises BadInput with line and column of a syntax error."""
        try:
            values = tomllib.loads(self.text)
            _check_integers(values)
            return values
        except tomllib.TOMLDecodeError as error:
            match = _AT.search(str(error))
            line, column = (int(match[1]), int(match[2])) if match else self._end()
            raise BadInput(
                f"tamis.toml is not TOML: {str(error).partition(' (at ')[0]}",
                advice="Correct the line; strings are quoted, tables stand in [brackets].",
                at=Place(self.file, line, column),
            ) from error
        except (ValueError, RecursionError) as error:
            deep = isinstance(error, RecursionError)
            what = "is nested too deeply" if deep else "has a number of more than 64 bits"
            raise BadInput(
                f"tamis.toml {what}",
                advice="Keep a large configuration in a file of its own: config = 'config.json'.",
                at=Place(self.file),
            ) from error

    def error(self, path: KeyPath, what: str, advice: str) -> BadInput:
        """An error at a key, or at the nearest thing around it that stands in the text."""
        return BadInput(what, advice=advice, at=self.place(path))

    def place(self, path: KeyPath) -> Place:
        """Where a key stands; a key that is not there has the place of its table."""
        if self._positions is None:
            self._positions = positions(self.text)
        while path and path not in self._positions:
            path = path[:-1]
        line, column = self._positions.get(path, (1, 1))
        return Place(self.file, line, column)

    def schema_fault(self, fault: "ValidationError") -> BadInput:
        """Our words for what the schema found."""
        path: KeyPath = tuple(fault.absolute_path)
        key, rule, value = (
            dotted(path),
            cast("Any", fault.validator_value),
            cast("Any", fault.instance),
        )
        if fault.validator == "additionalProperties":
            return self._unknown(path, fault)
        if fault.validator == "required":
            missing = next(name for name in rule if name not in value)
            meaning = _schema(fault)["properties"][missing]["description"]
            return self.error(path, f"the key '{missing}' is missing", f"Add it. {meaning}")
        if fault.validator == "enum":
            return self._choice(path, value, rule)
        if fault.validator == "type":
            names = [rule] if isinstance(rule, str) else rule
            wanted = " or ".join("table" if name == "object" else name for name in names)
            return self.error(path, f"'{key}' must be of type {wanted}", _meaning(fault))
        wrong = fault.validator in ("anyOf", "pattern")
        why = f"{value!r} has the wrong form" if wrong else fault.message
        return self.error(path, f"'{key}': {why}", _WORDS.get(key) or _meaning(fault))

    def _unknown(self, path: KeyPath, fault: "ValidationError") -> BadInput:
        known = _schema(fault)["properties"]
        name = next(name for name in cast("Any", fault.instance) if name not in known)
        close = difflib.get_close_matches(name, known, 1)
        advice = (
            f"Did you mean '{close[0]}'?" if close else f"Known are: {', '.join(known) or 'none'}."
        )
        return self.error((*path, name), f"unknown key '{dotted((*path, name))}'", advice)

    def _choice(self, path: KeyPath, value: object, words: Sequence[str]) -> BadInput:
        close = difflib.get_close_matches(str(value), words, 1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        return self.error(
            path,
            f"'{dotted(path)}' is {value!r}, which is not one of its values",
            f"Write one of {', '.join(words)}.{hint}",
        )

    def _end(self) -> tuple[int, int]:
        lines = self.text.split("\n")
        return len(lines), len(lines[-1]) + 1


def _check_integers(value: object) -> None:
    """Raises ValueError, as Python itself does from 4300 digits on: TOML's have 64 bits."""
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError
    if isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            _check_integers(each)


def _schema(fault: "ValidationError") -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", fault.schema)


def _meaning(fault: "ValidationError") -> str:
    return str(_schema(fault).get("description", "Correct the value."))


def dotted(path: KeyPath) -> str:
    """`budgets.size`, `targets[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
