"""Exit codes are API."""

from pathlib import Path

import pytest

from tamis import errors
from tamis.errors import EXIT_CODES, BadInput, Place, TamisError


@pytest.mark.parametrize(
    ("name", "code", "kind"),
    [
        ("Rejected", 1, "rejected"),
        ("BadInput", 2, "bad-input"),
        ("Missing", 3, "missing"),
        ("Unreachable", 3, "unreachable"),
        ("Fault", 4, "fault"),
    ],
)
def test_each_error_has_its_exit_code(name: str, code: int, kind: str):
    error = getattr(errors, name)("what is wrong", advice="What to do.")
    assert (error.exit_code, error.kind, error.advice()) == (code, kind, "What to do.")
    assert EXIT_CODES[type(error)] == code


def test_the_table_is_whole():
    assert set(EXIT_CODES) == set(TamisError.__subclasses__())


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (Place(Path("a.yaml")), "a.yaml"),
        (Place(Path("a.yaml"), 3), "a.yaml:3"),
        (Place(Path("a.yaml"), 3, 7), "a.yaml:3:7"),
    ],
)
def test_an_error_says_where(place: Place, text: str):
    assert str(BadInput("is wrong", advice="Mend it.", at=place)) == f"{text}: is wrong"
