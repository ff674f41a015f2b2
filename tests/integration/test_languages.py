"""Every scaffold of every language: created, built, and the same in both hosts.

A language runs where its toolchain is; `make judges` has them all (but TinyGo, which no registry
carries).
"""

import json
import re
from pathlib import Path

import pytest

from tamis import project
from tamis.model.choices import Language
from tamis.scaffold import offered

#: Whose every build takes its time: one kind of scaffold will do, but for the judges.
_SLOW = ("go", "rust", "assemblyscript", "tinygo")


def _marks(language: Language, kind: str) -> list[pytest.MarkDecorator]:
    slow = language in _SLOW and kind != "headers"
    return [pytest.mark.toolchain(language), *([pytest.mark.judge] if slow else [])]


_OFFERED = [
    pytest.param(language, kind.kind, marks=_marks(language, kind.kind))
    for kind in offered()
    for language in kind.languages
]
_LANGUAGES = [
    pytest.param(language, marks=pytest.mark.toolchain(language))
    for language in dict.fromkeys(each.values[0] for each in _OFFERED)
]
#: Where to spoil a scaffold, by which text, and how its compiler names the place.
_SYNTAX = {
    "cpp": ("filter.cc", "int x = ;\n", "filter.cc:{line}:9"),
    "c": ("filter.c", "int x = ;\n", "filter.c:{line}:9"),
    "zig": ("filter.zig", "const x = ;\n", "filter.zig:{line}:11"),
    "rust": ("src/lib.rs", "fn x( {}\n", "src/lib.rs:{line}:"),
    "go": ("main.go", "var x = ;\n", "main.go:{line}:9"),
    "tinygo": ("main.go", "var x = ;\n", "main.go:{line}:9"),
    "assemblyscript": ("assembly/index.ts", "let x = ;\n", "assembly/index.ts:{line}:9"),
}
pytestmark = [pytest.mark.envoy, pytest.mark.timeout(900)]


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("language", "kind"), _OFFERED)
def test_a_scaffold_passes_its_fixtures_in_both_hosts(language, kind, there, tamis_cli):
    assert tamis_cli("new", "first", "--language", language, "--kind", kind).code == 0
    ended = tamis_cli("test", "first", "--host", "wasmtime", "--host", "envoy", "--json")
    assert ended.code == 0, ended.out + ended.err
    document = json.loads(ended.out)
    fixtures = len(list((there / "first" / "fixtures").glob("*.yaml")))
    assert len(document["runs"]) == 2 * fixtures >= 10
    assert (document["differences"], document["not_comparable"]) == ([], [])
    # What was built is what the lock file says, and any other folder gives the same.
    assert tamis_cli("build", "first", "--locked").code == 0
    checked = tamis_cli("check", "first")
    assert checked.code == 0, checked.out + checked.err


@pytest.mark.parametrize("language", _LANGUAGES)
def test_a_mistake_in_the_source_is_told_as_the_compiler_does(language, there, tamis_cli):
    assert tamis_cli("new", "spoilt", "--language", language).code == 0
    name, text, place = _SYNTAX[language]
    source = there / "spoilt" / name
    line = len(source.read_text().splitlines()) + 1
    source.write_text(source.read_text() + text)
    ended = tamis_cli("build", "spoilt")
    first = ended.err.splitlines()[0]
    assert ended.code == 1, ended.out + ended.err
    assert f"spoilt/{place.format(line=line)}" in first
    assert "Traceback" not in ended.err
    assert str(there) not in ended.err.replace(f"{there}/spoilt/tamis.toml", "")
    assert not (there / "spoilt" / "build").exists()
    ended = tamis_cli("build", "spoilt", "--json")
    assert json.loads(ended.out)["problems"][0]["place"].startswith(f"spoilt/{name}")


@pytest.mark.judge
@pytest.mark.parametrize("language", _LANGUAGES)
def test_two_folders_give_the_same_bytes(language, there, tamis_cli):
    assert tamis_cli("new", "twice", "--language", language).code == 0
    ended = tamis_cli("build", "twice", "--reproduce", "--json")
    assert ended.code == 0, ended.out + ended.err
    (proof,) = json.loads(ended.out)["reproduced"]
    assert proof["digests"][0] == proof["digests"][1]
    # The ordinary build, with its caches, makes the same once more.
    built = json.loads(tamis_cli("build", "twice", "--json").out)["modules"][0]
    assert built["digest"] == proof["digests"][0]
    wasm = (there / "twice" / "build" / "twice.wasm").read_bytes()
    assert str(there).encode() not in wasm
    assert not re.search(rb"/(root|home|Users)/", wasm)
    assert project.find(there / "twice")[0].lock.is_file()
