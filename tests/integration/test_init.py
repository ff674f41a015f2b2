"""`tamis init` as users run it: what it writes, what it leaves alone, and each mistake."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from tamis import project, schemas

_CARGO = """\
[package]
name = "edge-tag"
version = "1.2.3"
license = "MIT"
[lib]
crate-type = ["cdylib"]
[dependencies]
proxy-wasm = "0.2"
"""
_CC = """\
#include <tamis/http.h>

class Filter : public tamis::HttpFilter {
 public:
  tamis::FilterStatus on_request_headers(tamis::Headers& headers, bool) override {
    headers.set("x-hello", "world");
    return tamis::FilterStatus::Continue;
  }
};

TAMIS_HTTP_FILTER(Filter)
"""
_OFFICIAL = """\
#include "proxy_wasm_intrinsics.h"
static RegisterContextFactory register_Tag(CONTEXT_FACTORY(Tag), ROOT_FACTORY(Root), "tag");
"""
_GO = "module x.example/tag\nrequire github.com/proxy-wasm/proxy-wasm-go-sdk v0.0.0-2026\n"
_NPM = '{"name": "tag", "version": "1.0.0", "devDependencies": {"assemblyscript": "0.17.14"}}'
_TS = 'registerRootContext((id: u32) => { return new Root(id); }, "tag");\n'
_PLUGIN = """\
kind: WasmPlugin
metadata: {name: tag}
spec:
  url: oci://ghcr.io/acme/tag:1.0.0
  phase: AUTHN
  pluginConfig: {greeting: hi, list: [1, {a: b}]}
"""
PROJECTS = {
    "rust": {"Cargo.toml": _CARGO, ".cargo/config.toml": '[build]\ntarget = "wasm32-wasip1"'},
    "go": {"go.mod": _GO, "cmd/tag/main.go": "package main\n"},
    "tinygo": {"go.mod": _GO, "main.go": "package main\n", "Makefile": "x:\n\ttinygo build ."},
    "assemblyscript": {"package.json": _NPM, "assembly/index.ts": _TS},
    "cpp": {"filter.cc": _OFFICIAL, "include/x.h": ""},
    "c": {"filter.c": "void proxy_abi_version_0_2_1(void) {}\n"},
    "zig": {"filter.zig": "export fn proxy_abi_version_0_2_1() void {}\n"},
}


_PAGE = (Path(__file__).parent.parent.parent / "docs" / "adopt.md").read_text("utf-8")


def laid(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("language", PROJECTS)
def test_a_project_becomes_a_filter_and_nothing_else_is_touched(
    language: str, tmp_path: Path, tamis_cli
):
    folder = laid(tmp_path / "tag", PROJECTS[language])
    ended = tamis_cli("init", folder, "--json")
    document = json.loads(ended.out)
    jsonschema.validate(document, schemas.of_output("init"))
    assert (ended.code, document["language"]) == (0, language)
    assert document["files"] == ["tamis.toml", "fixtures/first.yaml"]
    found = contents(folder)
    assert set(found) == {*PROJECTS[language], *document["files"]}
    assert {name: found[name] for name in PROJECTS[language]} == PROJECTS[language]
    read = project.read(folder)
    assert read.language == language
    assert read.root_id == ("tag" if language in ("assemblyscript", "cpp") else "")
    expected = {
        "rust": {"target": "wasm32-wasip1"},
        "go": {"package": "./cmd/tag"},
        "cpp": {"sdk": "proxy-wasm"},
    }
    assert read.settings == expected.get(language, {})


def test_an_adopted_filter_is_tested_at_once(tmp_path: Path, tamis_cli):
    folder = laid(tmp_path / "tag", {"filter.cc": _CC})
    ended = tamis_cli("init", folder)
    assert ended.code == 0
    assert ended.out.splitlines() == [
        "adopted tag: cpp, by its filter.cc",
        f"  wrote {folder}/tamis.toml",
        f"  wrote {folder}/fixtures/first.yaml",
        f"  next: cd {folder} && tamis test",
    ]
    assert tamis_cli("test", folder).code == 0
    assert tamis_cli("test", folder, "--update").code == 0
    assert "x-hello" in (folder / "fixtures" / "first.yaml.snap.json").read_text()


def test_a_manifest_gives_the_configuration(tmp_path: Path, tamis_cli):
    folder = laid(tmp_path / "tag", {"filter.cc": _CC, "deploy/plugin.yaml": _PLUGIN})
    ended = tamis_cli("init", folder, "--manifest", folder / "deploy" / "plugin.yaml")
    assert (ended.code, "note  tamis.toml has no place for phase" in ended.out) == (0, True)
    read = project.read(folder)
    assert json.loads(read.config) == {"greeting": "hi", "list": [1, {"a": "b"}]}
    assert read.repository == "ghcr.io/acme/tag"
    assert tamis_cli("test", folder).code == 0


TABLE = {
    "no folder": ({"x": ""}, "init {f}/nope", "there is no folder", "tamis new"),
    "nothing": ({"x": ""}, "init {f}", "no Cargo.toml with proxy-wasm", "--language"),
    "a filter": (
        {"tamis.toml": "", "Cargo.toml": _CARGO}, "init {f}", "tamis.toml already", "tamis test",
    ),
    "two": (
        {"Cargo.toml": _CARGO, "f.cc": _CC}, "init {f}", "could be rust (Cargo.toml) and cpp",
        "tamis init --language rust",
    ),
    "unknown language": (
        {"Cargo.toml": _CARGO}, "init {f} --language cobol", "'cobol'", "rust, go",
    ),
    "another language": (
        {"Cargo.toml": _CARGO}, "init {f} --language zig", "no .zig file", "folder",
    ),
    "broken": ({"Cargo.toml": "["}, "init {f}", "Cargo.toml is not TOML", "line"),
    "fixture": (
        {"Cargo.toml": _CARGO, "fixtures/first.yaml": "x"}, "init {f}", "first.yaml already",
        "Move it",
    ),
    "fixtures": ({"Cargo.toml": _CARGO, "fixtures": "x"}, "init {f}", "cannot write", "write to"),
    "no manifest": (
        {"Cargo.toml": _CARGO}, "init {f} --manifest {f}/x.yaml", "cannot read", "can be read",
    ),
    "other manifest": (
        {"Cargo.toml": _CARGO, "x.yaml": "kind: Pod"}, "init {f} --manifest {f}/x.yaml",
        "holds no WasmPlugin", "exactly one",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_a_mistake_is_one_clear_error_and_writes_nothing(case: str, tmp_path: Path, tamis_cli):
    files, command, what, advice = TABLE[case]
    folder = laid(tmp_path / "tag", files)
    before = contents(folder)
    ended = tamis_cli(*command.format(f=folder).split())
    first, second, *rest = ended.err.splitlines()
    assert (ended.code, rest) == (2, []), ended.err
    assert first.startswith("error: ")
    assert what in first
    assert advice in second
    ended = tamis_cli(*command.format(f=folder).split(), "--json")
    document = json.loads(ended.out)
    jsonschema.validate(document, schemas.of_output("init"))
    assert (ended.code, document["ok"], len(document["problems"])) == (2, False, 1)
    assert contents(folder) == before


def test_one_of_two_may_be_chosen(tmp_path: Path, tamis_cli):
    folder = laid(tmp_path / "tag", {"Cargo.toml": _CARGO, "f.cc": _CC})
    assert tamis_cli("init", folder, "--language", "cpp").code == 0
    assert project.read(folder).language == "cpp"


def _block(language: str, nth: int = 0) -> str:
    return re.findall(rf"```{language}\n(.*?)```", _PAGE, re.DOTALL)[nth]


def test_the_page_shows_what_comes_out(tmp_path: Path, monkeypatch, tamis_cli):
    files = {"Cargo.toml": _block("toml"), "deploy/wasmplugin.yaml": _block("yaml")}
    monkeypatch.chdir(laid(tmp_path / "tag", files))
    command, shown = _block("console").split("\n", 1)
    assert tamis_cli(*command.removeprefix("$ tamis ").split()).out == shown
    assert (tmp_path / "tag" / "tamis.toml").read_text() == _block("toml", 1)
    (tmp_path / "tag" / "fixtures" / "second.yaml").write_text(_block("yaml", 1))
    from tamis import fixtures

    assert len(fixtures.read(tmp_path / "tag" / "fixtures" / "second.yaml").exchanges) == 1
