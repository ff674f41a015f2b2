"""What kept its schema is not looked at again; anything else is."""

import sys
from pathlib import Path

import pytest

from tamis import caches
from tamis.errors import BadInput
from tamis.project import proven, read

TOML = """name = "x"
version = "1.0.0"
language = "prebuilt"
sources = ["x.wasm"]
config = "config.json"
config_schema = "config.schema.json"
"""


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the proofs lie."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "tamis" / "proven"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {
        "tamis.toml": TOML,
        "x.wasm": "",
        "config.json": '{"n": 1}',
        "config.schema.json": '{"properties": {"n": {"type": "integer"}}}',
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def other_validator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The site-packages folder of a jsonschema that has no version yet."""
    package = tmp_path / "site" / "jsonschema"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.delitem(sys.modules, "jsonschema", raising=False)
    return package.parent


class Asked:
    """Finds always the same, and counts how often it was asked."""

    def __init__(self, fault: str | None) -> None:
        self.fault = fault
        self.times = 0

    def __call__(self) -> str | None:
        self.times += 1
        return self.fault


def test_no_fault_is_found_once():
    find = Asked(None)
    assert [proven.fault("a", "rules", "text", find) for _ in range(3)] == [None] * 3
    assert find.times == 1


def test_a_fault_is_found_each_time(kept: Path):
    find = Asked("wrong")
    assert [proven.fault("a", "rules", "text", find) for _ in range(3)] == ["wrong"] * 3
    assert find.times == 3
    assert not kept.exists()


def test_the_verdict_hangs_on_question_rules_and_document():
    find = Asked(None)
    for question in ("a rules text", "b rules text", "a others text", "a rules words"):
        proven.fault(*question.split(), find)
    assert find.times == 4


def test_another_validator_is_asked_anew(other_validator: Path):
    find = Asked(None)
    for times, version in ((1, "4.99.0"), (2, "4.99.1"), (2, "4.99.1")):
        told = other_validator / f"jsonschema-{version}.dist-info"
        told.mkdir(exist_ok=True)
        proven.fault("a", "rules", "text", find)
        assert find.times == times
        if version == "4.99.0":
            told.rmdir()


def test_a_validator_that_does_not_name_itself_is_always_asked(kept: Path, other_validator: Path):
    find = Asked(None)
    for _ in range(2):
        proven.fault("a", "rules", "text", find)
    assert find.times == 2
    assert not kept.exists()


@pytest.mark.parametrize("damage", [b"", b"\0" * 40])
def test_a_damaged_proof_is_none(damage: bytes, kept: Path):
    find = Asked(None)
    proven.fault("a", "rules", "text", find)
    (file,) = kept.iterdir()
    file.write_bytes(damage)
    proven.fault("a", "rules", "text", find)
    assert find.times == 2
    proven.fault("a", "rules", "text", find)  # and it is mended
    assert find.times == 2


def test_a_cache_that_cannot_be_written_is_no_error(folder: Path, kept: Path):
    kept.parent.parent.mkdir()
    kept.parent.write_text("a file where the cache should be")
    assert read(folder) == read(folder)


def test_a_filter_that_was_read_needs_no_validator(
    folder: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
):
    first = read(folder)
    assert len(list(kept.iterdir())) == 3  # tamis.toml, the schema, the configuration

    monkeypatch.setattr("jsonschema.Draft202012Validator", None)
    assert read(folder) == first
    (folder / "config.json").write_text('{"n": 2}')
    with pytest.raises(AttributeError):
        read(folder)


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("tamis.toml", TOML + "nmae = 1\n", r"tamis.toml:7:1: unknown key 'nmae'"),
        ("config.json", '{"n": "1"}', r"breaks its schema at \$\.n: '1' is not of type"),
        ("config.schema.json", '{"properties": {"n": {"type": "string"}}}', r"1 is not of type"),
        ("config.schema.json", '{"type": 3}', r"is no JSON Schema at \$\.type"),
    ],
)
def test_what_breaks_later_is_told_as_ever(file: str, text: str, told: str, folder: Path):
    read(folder)
    (folder / file).write_text(text)
    for _ in range(2):
        with pytest.raises(BadInput, match=told) as caught:
            read(folder)
        assert caught.value.at


def test_a_schema_is_looked_at_without_a_configuration(folder: Path):
    (folder / "tamis.toml").write_text(TOML.replace('config = "config.json"\n', ""))
    read(folder)
    (folder / "config.schema.json").write_text('{"type": 3}')
    with pytest.raises(BadInput, match="is no JSON Schema"):
        read(folder)


def test_it_can_be_pruned(folder: Path):
    read(folder)
    assert {one.kind: one.files for one in caches.usage()}["proven"] == 3
    caches.prune()
    assert {one.kind: one.files for one in caches.usage()}["proven"] == 0
