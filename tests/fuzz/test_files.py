"""What users write (fixtures, tamis.toml, schemas, configurations): a value or one clear error."""

import json
import random
import shutil
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
from tests.fuzz.mutation import Rounds, damage, spoil, told
from tests.whole_fixture import WHOLE

from tamis import fixtures, project
from tamis.errors import BadInput
from tamis.fixtures import yaml
from tamis.fixtures.nodes import plain

pytestmark = pytest.mark.judge

PIECES = tuple(piece.encode("utf-8", "surrogatepass") for piece in (
    *"{}[]:,-#&*!|>'\"%@`\\\n\t \0\x85\ufeff\xe9~?=.", ": ", "- ", "---\n", "<<", "no", "null",
    "1e999",
    ".nan", "{base64: }", "\\ud800", "!!str ", "%YAML 1.1\n", "9" * 5000, "0x" + "f" * 5000, "''",
    "[]", "[" * 3000, "{a: " * 400, '{"a":' * 3000, "a{99999999999999999999}", "(" * 3000, "(?i",
    "*a",
    "&a ", ".1234567890123", "." + "9" * 5000, "99h", "+99:99", '"""', "'''", "\r", "\r\n",
    "[[x]]\n",
    "2026-01-01", "inf", "\\u0000", "a" * 300, "\0", "\ud800",
))  # fmt: skip
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"n": {"type": "integer", "multipleOf": 2}, "s": {"$ref": "#/$defs/s"},
                   "a": {"type": "array", "items": {"enum": [1, "b"]}, "uniqueItems": True}},
    "$defs": {"s": {"type": "string", "pattern": "^[a-z]+$", "description": "words"}},
    "additionalProperties": False,
}  # fmt: skip


@pytest.mark.parametrize("suffix", [".yaml", ".jsonl"])
def test_fixtures(rounds: Rounds, tmp_path: Path, header_policy: Path, suffix: str) -> None:
    seeds = [file.read_text() for file in sorted((header_policy / "fixtures").glob("*.yaml"))]
    seeds.append(WHOLE)
    path, read = tmp_path / f"f{suffix}", 0
    values = [plain(yaml.parse(text, path)) for text in seeds]
    for chance in rounds(f"fixtures {suffix}", 4000):
        at = chance.randrange(len(seeds))
        if chance.randrange(2):
            content = json.dumps(spoil(values[at], chance)).encode()
        else:
            text = seeds[at] if suffix == ".yaml" else json.dumps(values[at])
            content = damage(text.encode(), chance, PIECES)
        path.write_bytes(content)
        try:
            found = fixtures.read_all(path)
        except BadInput as error:
            told(error, place=True)
            continue
        read += 1
        for fixture in found:  # what can be read can be written, and is then the same
            (tmp_path / "again.yaml").write_text(fixtures.dump(fixture))
            again = fixtures.read(tmp_path / "again.yaml")
            assert replace(again, path=fixture.path) == fixture
    assert read > 50


def test_tamis_toml(
    rounds: Rounds, tmp_path: Path, header_policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # what keeps its schema is kept
    folder = tmp_path / "filter"
    shutil.copytree(header_policy, folder, ignore=shutil.ignore_patterns("fixtures"))
    good = (folder / "tamis.toml").read_bytes()
    inline = good.replace(b'"config.json"', b'{ rules = [{ "a.b" = """x""", c.d = [1, 0x2] }] }')
    inline += PLUGIN
    read = 0
    for chance in rounds("tamis.toml", 4000):
        (folder / "tamis.toml").write_bytes(damage(chance.choice((good, inline)), chance, PIECES))
        try:
            project.read(folder)
            read += 1
        except BadInput as error:
            told(error, place=True)
    assert read > 20


def test_configurations(rounds: Rounds) -> None:
    good = json.dumps({"n": 4, "s": "abc", "a": [1, "b"]}).encode()
    schema, held = json.dumps(SCHEMA).encode(), 0
    with warnings.catch_warnings():  # Python's own, about regular expressions that users wrote
        warnings.simplefilter("ignore")
        for chance in rounds("configuration", 4000):
            config, rules = _spoilt(good, chance), _spoilt(schema, chance)
            try:
                project.validate(config, rules, "the configuration")
                held += 1
            except BadInput as error:
                told(error)
    assert held > 20


def _spoilt(good: bytes, chance: random.Random) -> str:
    match chance.randrange(3):
        case 0:
            return good.decode()
        case 1:
            return damage(good, chance, PIECES).decode("utf-8", "replace")
    return json.dumps(spoil(json.loads(good), chance))


PLUGIN = b"""
[plugin]
failure_policy = "open"
environment = { A = "1" }
capabilities = ["proxy_log", "fd_write"]
vm_config = { file = "config.json" }
[limits]
memory = "64MiB"
deadline = "5s"
fuel = 1000
log = 0
"""
