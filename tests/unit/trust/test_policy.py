"""A policy's file: TOML and YAML are the same; what is not understood is not guessed."""

import json
from pathlib import Path

import jsonschema
import pytest

from tamis import schemas
from tamis.errors import BadInput
from tamis.model.policy import Policy
from tamis.trust.policy import read

_TOML = """\
keys = ["release.pub"]
require = ["signature", "check"]
allow_warned = true
builders = ["https://tamis.dev/builders/local"]
source = "https://github.com/acme/filter"
"""
_YAML = """\
keys: [release.pub]
require: [signature, check]
allow_warned: true
builders: ["https://tamis.dev/builders/local"]
source: https://github.com/acme/filter
"""


@pytest.mark.parametrize(("name", "text"), [("p.toml", _TOML), ("p.yaml", _YAML), ("p.yml", _YAML)])
def test_read(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert read(path) == Policy(
        keys=(tmp_path / "release.pub",),
        require=("signature", "check"),
        allow_warned=True,
        builders=("https://tamis.dev/builders/local",),
        source="https://github.com/acme/filter",
    )


def test_what_is_not_said(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text("")
    assert read(path) == Policy(require=("signature",))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("require = []", "require: "),
        ('require = ["signatures"]', "require.0: 'signatures' is not one of"),
        ('require = "check"', "require: "),
        ("require_signature = true", "the policy: .*require_signature"),
        ("allow_warned = 1", "allow_warned: "),
        ("keys = []", "keys: "),
        ("keys = [", "the policy is not TOML"),
        ("x = " + "[" * 5000, "the policy is not TOML"),
        ('"\udcff"', "is not UTF-8"),
        ("#" * (1 << 21), "is larger than 1 MiB"),
    ],
)
def test_refused(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "p.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadInput, match=why):
        read(path)


@pytest.mark.parametrize("text", ["- a", "keys: [x\n", "keys: {a: b}", "a: &x [*x]", "null"])
def test_refused_yaml(tmp_path: Path, text: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(text)
    with pytest.raises(BadInput):
        read(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot read"):
        read(tmp_path / "none.toml")


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schemas.text("policy")))
