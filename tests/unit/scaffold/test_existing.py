"""What is told from the files of projects that know nothing of tamis."""

from pathlib import Path

import pytest

from tamis.errors import BadInput
from tamis.scaffold import Project, recognise

CARGO = """\
[package]
name = "edge-tag"
version = "1.2.3+build.5"
description = "Tags\\n requests"
license = "MIT"
[lib]
crate-type = ["cdylib"]
[dependencies]
proxy-wasm = "0.2"
"""
MEMBER = """\
[package]
name = "member"
version.workspace = true
license = {workspace = true}
[lib]
crate-type = ["cdylib", "rlib"]
"""
WORKSPACE = """\
[workspace]
members = ["member"]
[workspace.package]
version = "2.0.0"
license = "Apache-2.0"
"""
GO_MOD = """\
module github.com/acme/edge-tag/v2 // the path
go 1.24
require (
\tgithub.com/proxy-wasm/proxy-wasm-go-sdk v0.0.0-20260105142703-44c7d5847745
)
"""
TINYGO_MOD = "module x.example/tags\nrequire github.com/tetratelabs/proxy-wasm-go-sdk v0.24.0\n"
HIGRESS_MOD = "module x.example/tags\nrequire github.com/higress-group/wasm-go v1.0.0\n"
GO_MAIN = "package main\nfunc main() {}\n"
PACKAGE = """\
{"name": "@acme/edge-tag", "version": "3.1.0", "license": "UNLICENSED",
 "devDependencies": {"assemblyscript": "0.17.14"},
 "scripts": {"asbuild:optimized": "asc ./src/filter.ts --outFile build/x.wasm -O3z"}}
"""
INDEX = """\
// registerRootContext((id) => new Old(id), "old");
registerRootContext((context_id: u32) => {
  return new Root(context_id);
}, "edge_tag");
"""
OFFICIAL = """\
#include <string>
#include "proxy_wasm_intrinsics.h"
class Root : public RootContext {};
static RegisterContextFactory register_Example(CONTEXT_FACTORY(Example),
                                               ROOT_FACTORY(Root), "edge_tag");
"""
ROOTLESS = OFFICIAL.replace(', "edge_tag"', "")
NAMED = OFFICIAL.replace('"edge_tag"', "kRootId")
OURS = "#include <tamis/http.h>\nTAMIS_HTTP_FILTER(Filter)\n"
PLAIN_C = "void proxy_abi_version_0_2_1(void) {}\n"
ZIG = 'export fn proxy_abi_version_0_2_1() void {}\nconst b = @import("b.zig");\n'

# Files, and what they tell: only what differs from the default is named.
TABLE: dict[str, tuple[dict[str, str], dict[str, object]]] = {
    "crate": (
        {"Cargo.toml": CARGO},
        {"language": "rust", "evidence": "Cargo.toml", "name": "edge-tag", "version": "1.2.3",
         "description": "Tags requests", "license": "MIT"},
    ),
    "crate with a target": (
        {"Cargo.toml": CARGO, ".cargo/config.toml": '[build]\ntarget = "wasm32-wasip1"'},
        {"settings": {"target": "wasm32-wasip1"}},
    ),
    "crate with an old target": (
        {"Cargo.toml": CARGO, ".cargo/config": '[build]\ntarget = ["wasm32-wasi"]'},
        {"settings": {"target": "wasm32-wasip1"}},
    ),
    "crate with the usual target": (
        {"Cargo.toml": CARGO, ".cargo/config.toml": '[build]\ntarget="wasm32-unknown-unknown"'},
        {"settings": {}},
    ),
    "crate with a target that is no Wasm": (
        {"Cargo.toml": CARGO, ".cargo/config.toml": '[build]\ntarget = "x86_64-unknown-linux-gnu"'},
        {"settings": {}},
    ),
    "crate without a library": (
        {"Cargo.toml": CARGO.replace('crate-type = ["cdylib"]', "")},
        {"notes": ('Cargo.toml builds no module yet: add [lib] crate-type = ["cdylib"]',)},
    ),
    "crate under another name": (
        {"Cargo.toml": '[package]\nname="x"\n[dependencies]\npw = {package="proxy-wasm"}'},
        {"name": "x", "version": "0.1.0"},
    ),
    "go": (
        {"go.mod": GO_MOD, "main.go": GO_MAIN},
        {"language": "go", "evidence": "go.mod", "name": "edge-tag", "version": "0.1.0"},
    ),
    "go with main elsewhere": (
        {"go.mod": GO_MOD, "lib.go": "package lib", "cmd/tag/main.go": GO_MAIN,
         "vendor/x/main.go": GO_MAIN, "cmd/tag/x_test.go": GO_MAIN},
        {"settings": {"package": "./cmd/tag"}},
    ),
    "go with two mains": (
        {"go.mod": GO_MOD, "a/main.go": GO_MAIN, "b/main.go": GO_MAIN},
        {"settings": {},
         "notes": ("several main packages (a, b): name one as 'package'",)},
    ),
    "go without main": (
        {"go.mod": GO_MOD}, {"notes": ("no main package was found: a module is built from one",)},
    ),
    "tinygo by its SDK": (
        {"go.mod": TINYGO_MOD, "main.go": GO_MAIN}, {"language": "tinygo", "name": "tags"},
    ),
    "tinygo by its Makefile": (
        {"go.mod": GO_MOD, "main.go": GO_MAIN, "Makefile": "x:\n\ttinygo build -o x.wasm ."},
        {"language": "tinygo"},
    ),
    "higress": ({"go.mod": HIGRESS_MOD, "main.go": GO_MAIN}, {"language": "go"}),
    "assemblyscript": (
        {"package.json": PACKAGE, "src/filter.ts": INDEX},
        {"language": "assemblyscript", "evidence": "package.json", "name": "edge-tag",
         "version": "3.1.0", "license": "", "root_id": "edge_tag",
         "settings": {"entry": "src/filter.ts"}},
    ),
    "assemblyscript by asconfig": (
        {"package.json": PACKAGE, "asconfig.json": '{"entries": ["./assembly/index.ts"]}',
         "assembly/index.ts": INDEX},
        {"settings": {}, "root_id": "edge_tag"},
    ),
    "assemblyscript without an entry": (
        {"package.json": '{"dependencies": {"assemblyscript": "*"}}'},
        {"name": "project", "version": "0.1.0", "root_id": "",
         "notes": ("there is no assembly/index.ts: name the 'entry'",)},
    ),
    "assemblyscript with two roots": (
        {"package.json": PACKAGE, "src/filter.ts": INDEX + INDEX.replace("edge_tag", "other")},
        {"root_id": "",
         "notes": ("several root ids are registered (edge_tag, other): set root_id",)},
    ),
    "official C++": (
        {"filter.cc": OFFICIAL, "util.cc": "int f() { return 1; }",
         "filter_test.cc": OFFICIAL, "tool.cc": "int main() {}"},
        {"language": "cpp", "evidence": "filter.cc", "name": "project", "root_id": "edge_tag",
         "sources": ["filter.cc", "util.cc"], "settings": {"sdk": "proxy-wasm"}},
    ),
    "official C++ without a root id": ({"src/f.cpp": ROOTLESS}, {"root_id": "", "notes": ()}),
    "official C++ with a constant": (
        {"f.cxx": NAMED},
        {"root_id": "", "notes": ("the root id is kRootId: write its value as root_id",)},
    ),
    "official C++ with two root ids": (
        {"f.cc": OFFICIAL, "g.cc": OFFICIAL.replace("edge_tag", "other")},
        {"root_id": "",
         "notes": ("several root ids are registered (edge_tag, other): set root_id",)},
    ),
    "our C++": (
        {"filter.cc": OURS, "sdk/proxy_wasm_intrinsics.cc": OFFICIAL},
        {"language": "cpp", "settings": {}, "sources": ["filter.cc"]},
    ),
    "C": ({"filter.c": PLAIN_C, "x.h": ""}, {"language": "c", "sources": ["filter.c"]}),
    "zig": (
        {"main.zig": ZIG, "b.zig": "", "build.zig": "// proxy_on_x("},
        {"language": "zig", "sources": ["main.zig"], "notes": ()},
    ),
}  # fmt: skip


def laid(folder: Path, files: dict[str, str]) -> Path:
    folder = folder / "project"
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize("case", TABLE)
def test_recognised(case: str, tmp_path: Path):
    files, told = TABLE[case]
    project = recognise(laid(tmp_path, files))
    assert {key: getattr(project, key) for key in told} == told


def test_a_member_inherits_from_its_workspace(tmp_path: Path):
    folder = laid(
        tmp_path,
        {
            "Cargo.toml": WORKSPACE,
            "member/Cargo.toml": MEMBER,
            ".cargo/config.toml": '[build]\ntarget = "wasm32-wasip1"\n',
        },
    )
    assert recognise(folder / "member") == Project(
        language="rust",
        evidence="Cargo.toml",
        name="member",
        version="2.0.0",
        license="Apache-2.0",
        settings={"target": "wasm32-wasip1"},
    )


BAD: dict[str, tuple[dict[str, str], str | None, str]] = {
    "nothing": ({"x": ""}, None, "no filter was recognised in project: no Cargo.toml with"),
    "other crates": ({"Cargo.toml": '[package]\nname = "x"'}, None, "no filter was recognised"),
    "other Go": ({"go.mod": "module x\n"}, None, "no filter was recognised"),
    "other npm": ({"package.json": "{}"}, None, "no filter was recognised"),
    "other C++": ({"a.cc": "// proxy_on_x()\nint a;"}, None, "no filter was recognised"),
    "workspace": ({"Cargo.toml": WORKSPACE}, None, "is a workspace, not a crate"),
    "two": (
        {"Cargo.toml": CARGO, "go.mod": GO_MOD}, None, r"could be rust \(Cargo.toml\) and go",
    ),
    "broken TOML": ({"Cargo.toml": "[package"}, None, "Cargo.toml is not TOML"),
    "broken JSON": ({"package.json": "{"}, None, "package.json is not JSON"),
    "unknown language": ({"x": ""}, "cobol", "no language 'cobol'"),
    "prebuilt": ({"x.wasm": ""}, "prebuilt", "no language 'prebuilt'"),
    "said, but not there": ({"Cargo.toml": CARGO}, "tinygo", "there is no go.mod in project"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_not_recognised(case: str, tmp_path: Path):
    files, language, why = BAD[case]
    with pytest.raises(BadInput, match=why) as refused:
        recognise(laid(tmp_path, files), language)
    assert refused.value.advice()


@pytest.mark.parametrize(
    ("language", "evidence"),
    [("rust", "Cargo.toml"), ("go", "go.mod"), ("tinygo", "go.mod"), ("cpp", "a.cc"),
     ("assemblyscript", "package.json"), ("c", "a.c"), ("zig", "a.zig")],
)  # fmt: skip
def test_what_is_said_is_believed(language: str, evidence: str, tmp_path: Path):
    files = {"Cargo.toml": '[package]\nname="x"', "go.mod": "module x", "package.json": "{}"}
    files |= {f"a.{suffix}": "" for suffix in ("cc", "c", "zig", "go")}
    project = recognise(laid(tmp_path, files), language)
    assert (project.language, project.evidence) == (language, evidence)


def test_a_text_that_looks_like_a_comment_is_none(tmp_path: Path):
    text = f'const char* kUrl = "http://x/*";\n{OFFICIAL}'
    assert recognise(laid(tmp_path, {"f.cc": text})).root_id == "edge_tag"
