"""What is written as TOML reads back as the same values."""

import tomllib

import pytest

from tamis.scaffold import toml

VALUES = {
    "text": 'a "quoted" \\ line\nbreak \t tab \x00 \x1f \x7f é 😀',
    "number": -(2**63),
    "float": 1e300,
    "small": 0.1,
    "yes": True,
    "no": False,
    "a key with spaces": {"": "empty key", "ü": [], "x.y": {}},
    "list": [1, [2, "3"], {"a": None.__class__.__name__}],
    "wide": [{"path": "/" + "a" * 60, "n": n} for n in range(3)],
}


def test_there_and_back():
    assert tomllib.loads(toml.table("config", VALUES)) == {"config": VALUES}
    assert tomllib.loads(toml.table("config", {})) == {"config": {}}


def test_a_wide_list_has_one_item_a_line():
    lines = toml.assignment("wide", VALUES["wide"]).splitlines()
    assert (lines[0], len(lines), lines[-1]) == ("wide = [", 5, "]")


@pytest.mark.parametrize("value", [None, 2**63, -(2**63) - 1, [None], {"a": {"b": None}}])
def test_what_toml_cannot_say(value: object):
    with pytest.raises(toml.Unspeakable):
        toml.table("config", {"key": value})
