"""Each mistake a user can make: one clear error, what to do, and the right exit code."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import wasmtime

from tamis import schemas

NO_MARKER = wasmtime.wat2wasm('(module (memory (export "memory") 1))')
UNKNOWN_IMPORT = wasmtime.wat2wasm(
    '(module (import "env" "proxy_nope" (func)) (memory (export "memory") 1)'
    ' (func (export "proxy_abi_version_0_2_1")) (func (export "malloc") (param i32) (result i32)'
    " i32.const 0))"
)


def edit(file: str, old: str, new: str) -> Callable[[Path], None]:
    def do(folder: Path) -> None:
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new))

    return do


def write(file: str, content: str | bytes) -> Callable[[Path], None]:
    def do(folder: Path) -> None:
        data = content.encode() if isinstance(content, str) else content
        (folder / file).write_bytes(data)

    return do


def nothing(_: Path) -> None:
    pass


# What is broken, the command ({f}: the filter's folder), exit code, what the error says.
TABLE = {
    "source": (edit("filter.cc", "world", 'world" oops'), "build {f}", 1, "filter.cc:6:"),
    "toml syntax": (edit("tamis.toml", "language =", "language"), "build {f}", 2, "tamis.toml:5"),
    "toml key": (edit("tamis.toml", "sources", "sauces"), "build {f}", 2, "tamis.toml:6"),
    "toml value": (edit("tamis.toml", "1.2.3", "one"), "build {f}", 2, "tamis.toml:2"),
    "budget": (
        edit("tamis.toml", "[publish]", "[budgets]\nfuel = 1\n[publish]"),
        "bench {f}", 1, "tamis.toml:13:1: budget fuel: ",
    ),
    "unknown budget": (nothing, "bench {f} --budget size_=1", 2, "Budgets are size, gzipped"),
    "older card missing": (nothing, "bench {f} --against {f}/no.json", 2, "no.json"),
    "default config": (
        edit("tamis.toml", '"hi"', "1"), "build {f}", 2, "greeting",
    ),
    "source missing": (edit("tamis.toml", "filter.cc", "f.cc"), "build {f}", 2, "f.cc"),
    "no filter": (nothing, "build {f}/fixtures", 2, "tamis.toml"),
    "no such folder": (nothing, "build {f}/nope", 2, "nope"),
    "no such module": (nothing, "inspect {f}/x.wasm", 2, "x.wasm"),
    "not a module": (write("x.wasm", "hello"), "inspect {f}/x.wasm", 2, "not a valid WebAss"),
    "no marker": (write("x.wasm", NO_MARKER), "check {f}/x.wasm", 1, "load/abi"),
    "unknown import": (
        write("x.wasm", UNKNOWN_IMPORT), "check {f}/x.wasm", 1, "env.proxy_nope",
    ),
    "unknown target": (nothing, "check {f} --target itsio@1.30", 2, "istio"),
    "fixture syntax": (
        edit("fixtures/added.yaml", "name: a", "name: [a"), "test {f}", 2, "added.yaml:",
    ),
    "fixture key": (
        edit("fixtures/added.yaml", "expect:", "expects:"), "test {f}", 2, "added.yaml:4:",
    ),
    "fixture value": (
        edit("fixtures/added.yaml", "[world]", "[no]"), "test {f}", 2, 'added.yaml:4:',
    ),
    "fixture contradiction": (
        edit("fixtures/added.yaml", "exchanges:", "exchanges:\n- tick: 0s"),
        "test {f}", 2, "added.yaml:3:9: exchanges[0].tick: no time passes",
    ),
    "fixture callout": (
        edit("fixtures/added.yaml", "exchanges:", "callouts: [{match: {}}]\nexchanges:"),
        "test {f}", 2, "added.yaml:2:12",
    ),
    "compressed fixtures": (
        write("fixtures/bulk.jsonl.zst", "hello"), "test {f}", 2, "this is not zstd",
    ),
    "toml plugin": (
        edit("tamis.toml", "[publish]", "[plugin]\ncapabilities = ['proxy_lgo']\n[publish]"),
        "build {f}", 2, "tamis.toml:13:17: 'plugin.capabilities[0]'",
    ),
    "toml limit": (
        edit("tamis.toml", "[publish]", "[limits]\nmemory = '64MB'\n[publish]"),
        "build {f}", 2, "tamis.toml:13:1: 'limits.memory'",
    ),
    "limit name": (nothing, "test {f} --limit memry=1MiB", 2, "'memry' is not a limit"),
    "limit value": (nothing, "test {f} --limit memory=9GiB", 2, "from 64KiB to 4GiB"),
    "limit form": (nothing, "test {f} --limit memory", 2, "--limit memory: no KEY=VALUE"),
    "limit before the build": (
        edit("filter.cc", "world", 'world" oops'), "test {f} --limit fuel=x", 2, "'x' is not",
    ),
    "expectation": (
        edit("fixtures/added.yaml", "world", "moon"), "test {f}", 1, 'x-hello: expected ["moon"]',
    ),
    "no fixtures": (
        lambda f: (f / "fixtures" / "added.yaml").unlink(), "test {f}", 2, "no fixtures",
    ),
    "module without fixtures": (
        write("x.wasm", NO_MARKER), "test {f}/x.wasm", 2, "--fixtures",
    ),
    "unknown host": (nothing, "test {f} --host chrome", 2, "wasmtime, native, envoy"),
    "host without a path": (nothing, "test {f} --host envoy@", 2, "envoy@PATH"),
    "host before the build": (
        edit("filter.cc", "world", 'world" oops'), "test {f} --host chrome", 2, "chrome",
    ),
    "address before the build": (
        edit("filter.cc", "world", 'world" oops'), "push {f} x", 2, "'x' names no registry",
    ),
    "fixtures folder": (nothing, "test {f} --fixtures {f}/nope", 2, "there is no folder"),
    "reference without scheme": (nothing, "inspect ghcr.io/a/b:1", 2, "oci://HOST/REPO:TAG"),
    "build a reference": (nothing, "build oci-layout://{f}:1", 2, "not a filter's folder"),
    "report place": (
        nothing, "test {f} --report junit={f}/tamis.toml/x", 2, "cannot write the report",
    ),
    "config bytes": (
        write("c.json", b"\xff"), "render {f} --config {f}/c.json", 2, "is not UTF-8",
    ),
    "layout name": (nothing, "push {f} a.io/b:1 --layout x", 2, "'x' is no layout"),
    "envoy missing": (nothing, "test {f} --host envoy@{f}/nope", 3, "there is no Envoy"),
    "envoy without Wasm": (
        nothing, "test {f} --host envoy@1.38.3", 3, "1.38.3 is a build without Wasm",
    ),
    "envoy is a folder": (nothing, "test {f} --host envoy@{f}", 2, "is a folder, not an Envoy"),
    "envoy is no program": (
        nothing, "test {f} --host envoy@{f}/tamis.toml", 2, "tamis.toml is not executable",
    ),
    "envoy in a registry that is down": (
        nothing, "test {f} --host envoy@127.0.0.1:1/x:1", 3, "does not answer",
    ),
    "envoy of run": (nothing, "run {f} --envoy {f}/nope", 3, "there is no Envoy"),
    "envoy in no registry": (
        nothing, "test {f} --host envoy@https://x/y:1", 2, "scheme 'https'",
    ),
    "envoy in a folder that is none": (
        nothing, "test {f} --host envoy@oci-layout://{f}:1", 2, "not an OCI image layout",
    ),
    "wasmtime as an old Envoy": (nothing, "test {f} --host wasmtime@1.12", 2, "It knows 1.36"),
    "registry port": (nothing, "push {f} localhost:99999/x:1", 2, "no port 99999"),
    "config missing": (nothing, "test {f} --config {f}/nope.json", 2, "nope.json"),
    "report": (nothing, "test {f} --report pdf=x", 2, "--report pdf=x"),
    "registry down": (nothing, "push {f} 127.0.0.1:1/x:1", 3, "does not answer"),
    "registry address": (nothing, "push {f} http://x/y", 2, "scheme 'http'"),
    "registry host": (nothing, "push {f} acme/hello:1", 2, "not a registry's host"),
    "pull nothing": (nothing, "pull oci-layout://{f}/nope:1", 2, "nope"),
    "pull no reference": (nothing, "pull x", 2, "names no registry host"),
    "copy nothing": (nothing, "copy oci-layout://{f}/nope:1 oci-layout://{f}/b:1", 2, "nope"),
    "render target": (nothing, "render {f} --target kong", 2, "'kong' is not a target"),
    "render kind": (
        nothing, "render {f} --target istio@1.29 --kind TrafficExtension", 2, "TrafficExtension",
    ),
    "render config": (
        write("c.json", '{"greeting": 1}'), "render {f} --config {f}/c.json", 2, "greeting",
    ),
    "render label": (nothing, "render {f} --label app", 2, "KEY=VALUE"),
    "render without repository": (
        edit("tamis.toml", "repository =", "#repository ="), "render {f}", 2, "[publish]",
    ),
    "ship without repository": (
        edit("tamis.toml", "repository =", "#repository ="),
        "ship {f} --out {f}/out --host wasmtime", 2, "tamis.toml",
    ),
    "ship a failing gate": (
        edit("fixtures/added.yaml", "world", "moon"),
        "ship {f} --out {f}/out --host wasmtime", 1, 'expected ["moon"]',
    ),
    "ship without Envoy": (
        nothing, "ship {f} --out {f}/out --host envoy@{f}/nope", 3, "there is no Envoy",
    ),
    "usage": (nothing, "test {f} --bogus", 2, "--bogus"),
    "unknown verb": (nothing, "tset {f}", 2, "tset"),
    "unknown schema": (nothing, "schema nope", 2, "tamis, fixture"),
    "unknown shell": (nothing, "completion tcsh", 2, "bash, zsh"),
    "too many arguments": (nothing, "push {f} a.io/b:1 c.io/d:1", 2, "at most"),
    "several filters": (
        lambda f: shutil.copytree(f, f.parent / "other"), "push {f}/.. a.io/b:1", 2, "2 filters",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_a_mistake_gives_one_clear_error(case: str, hello: Path, tamis_cli):
    breaks, command, code, says = TABLE[case]
    breaks(hello)
    ended = tamis_cli(*command.format(f=hello).split())
    told = ended.out + ended.err
    assert (ended.code, says in told) == (code, True), told
    if ended.code >= 2:
        first, advice, *rest = ended.err.splitlines()
        assert first.startswith("error: ")
        assert advice.startswith("  ")
        assert rest == [] or case == "source"


VERBS = (
    "build", "inspect", "check", "test", "bench", "push", "pull", "copy", "render", "ship",
    "doctor",
)  # fmt: skip


@pytest.mark.parametrize("case", [c for c, row in TABLE.items() if row[1].split()[0] in VERBS])
def test_the_same_in_json_is_one_object_of_the_published_shape(case: str, hello: Path, tamis_cli):
    breaks, command, code, _ = TABLE[case]
    breaks(hello)
    ended = tamis_cli(*command.format(f=hello).split(), "--json")
    document = json.loads(ended.out)
    jsonschema.validate(document, schemas.of_output(document["verb"]))
    assert (ended.code, document["ok"]) == (code, False)
    assert document["problems"]
    assert all(problem["message"] and problem["advice"] for problem in document["problems"])


def test_an_option_without_a_value_points_at_the_help_of_its_verb(tamis_cli):
    ended = tamis_cli("test", "--host")
    assert (ended.code, "See tamis test --help." in ended.err) == (2, True)


def test_a_build_that_fails_keeps_the_old_module(hello: Path, tamis_cli):
    assert tamis_cli("build", hello).code == 0
    before = (hello / "build" / "hello.wasm").read_bytes()
    edit("filter.cc", "world", 'world" oops')(hello)
    assert tamis_cli("build", hello).code == 1
    assert (hello / "build" / "hello.wasm").read_bytes() == before
    assert [p.name for p in (hello / "build").iterdir()] == ["hello.wasm"]
