"""`tamis bench --host envoy`, as a user meets it: what is told, never how long it took."""

import json
import re
import shutil
import sys
from functools import partial
from pathlib import Path

import jsonschema
import pytest
import wasmtime

import tamis
from tamis import schemas, toolchains
from tamis.benches.timing import footprint, slices
from tamis.benches.timing import timed as timing
from tamis.envoy import Binary, find
from tamis.errors import BadInput
from tamis.model.filter import Filter
from tamis.verbs.contenders import contenders_of
from tamis.verbs.subject import Subject

pytestmark = [
    pytest.mark.alone,
    pytest.mark.envoy,
    pytest.mark.skipif(sys.platform != "linux", reason="what Envoy takes is in /proc"),
]

LUA = 'function envoy_on_request(h) h:headers():replace("x-hello", "world") end\n'
MUTATION = """\
"@type": type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
mutations:
  request_mutations:
  - append: {header: {key: x-hello, value: world}, append_action: OVERWRITE_IF_EXISTS_OR_ADD}
"""
MODULE = """(module
  (import "env" "proxy_send_local_response"
    (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) i32.const 4096)
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) {body}))"""
#: Requests with more than 40 headers break the filter; those with more than 20 are refused.
PICKY = """
    (if (i32.gt_u (local.get 1) (i32.const 40)) (then unreachable))
    (if (i32.gt_u (local.get 1) (i32.const 20))
      (then (drop (call $reply (i32.const 403) (i32.const 0) (i32.const 0) (i32.const 0)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const -1)))
        (return (i32.const 1))))
    i32.const 0"""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """As little as there can be."""
    monkeypatch.setattr(
        timing, "Setting", partial(timing.Setting, envoys=1, rounds=2, seconds=0.1, whole=False)
    )
    monkeypatch.setattr(timing, "_AGAIN", 0)
    monkeypatch.setattr(slices, "WARM", 100)
    monkeypatch.setattr(footprint, "_TIMES", 1)


def card_of(ended) -> dict:
    found = json.loads(ended.out)
    jsonschema.validate(found, schemas.of_output("bench"))
    return found["cards"][0]


def names(timed) -> list[str]:
    return [each["name"] for each in timed["variants"]]


def test_the_filter_beside_all_other_ways(hello, tamis_cli, monkeypatch):
    whole = partial(timing.Setting.func, envoys=1, rounds=2, seconds=0.1)
    monkeypatch.setattr(timing, "Setting", whole)
    (hello / "compare.lua").write_text(LUA)
    (hello / "compare.envoy.yaml").write_text(MUTATION)
    ended = tamis_cli("bench", hello, "--host", "envoy", "--rate", "500", "--json")
    assert ended.code == 0, ended.err
    card = card_of(ended)
    timed = card["timed"]
    every = ["wasm", "native", "module", "lua", "built-in"]
    assert (timed["host"], timed["notes"], timed["left_out"]) == (find().host, [], [])
    assert (names(timed), timed["chain"], timed["exchanges"]) == (every, 8, 1)
    assert all(each["further_us"] for each in timed["variants"])
    assert [each["name"] for each in timed["latencies"]] == ["nothing", *every]
    assert {each["rate"] for each in timed["latencies"]} == {500}
    assert [each["name"] for each in timed["memory"]] == every
    assert [each["name"] for each in timed["starts"]] == ["nothing", *every]
    assert [(each["over"], each["chain"]) for each in timed["throughput"]] == [
        ("module", 1), ("module", 8), ("native", 1), ("native", 8),
    ]  # fmt: skip
    assert timed["predicted_us"]["value"] > 0
    assert card["exchanges"] == 1


def test_the_card_is_told_and_compared(hello, tamis_cli):
    old = hello / "old.json"
    old.write_text(tamis_cli("bench", hello, "--host", "envoy", "--json").out)
    ended = tamis_cli("bench", hello, "--host", "envoy", "--against", old)
    assert ended.code == 0, ended.err
    lines = ended.out.splitlines()
    assert f"measured in {find().host}" in lines
    assert any(line.startswith("added to a request, us ") for line in lines)
    assert "  crossings " not in ended.out[ended.out.index("against ") :]


def test_callouts_are_answered_by_an_origin(root, tmp_path, tamis_cli):
    filter_ = tmp_path / "callout"
    skipped = shutil.ignore_patterns("build")
    shutil.copytree(root / "benchmarks" / "filters" / "callout", filter_, ignore=skipped)
    only = ("--only", "200 lets *", "--host", "envoy", "--json")
    timed = card_of(tamis_cli("bench", filter_, *only))["timed"]
    assert (names(timed), timed["exchanges"]) == (["wasm", "native", "module"], 2)
    # Without an answer the filter refuses: the host core would have said so, and Envoy not.
    assert (timed["chain"], timed["notes"], timed["left_out"]) == (8, [], [])


def exchanges(*headers: int) -> str:
    """One with so many headers each, more than all have."""
    every = (", ".join(f'[x-{at}, "1"]' for at in range(number)) for number in headers)
    asked = (f'[":method", GET], [":path", /], {more}' for more in every)
    return "exchanges:\n" + "".join(f"- request: {{headers: [{each}]}}\n" for each in asked)


def prebuilt(folder: Path, body: str, text: str) -> Path:
    (folder / "fixtures").mkdir(parents=True)
    (folder / "m.wasm").write_bytes(wasmtime.wat2wasm(MODULE.replace("{body}", body)))
    manifest = 'name = "picky"\nversion = "1.0.0"\nlanguage = "prebuilt"\nsources = ["m.wasm"]\n'
    (folder / "tamis.toml").write_text(manifest)
    (folder / "fixtures" / "f.yaml").write_text(text)
    return folder


def test_what_breaks_the_filter_is_left_out(tmp_path, tamis_cli):
    folder = prebuilt(tmp_path / "picky", PICKY, exchanges(1, 45, 1))
    timed = card_of(tamis_cli("bench", folder, "--host", "envoy", "--json"))["timed"]
    assert timed["left_out"] == [{"why": "the filter breaks on it", "exchanges": 1}]
    assert (timed["chain"], timed["exchanges"]) == (8, 2)
    assert timed["notes"] == ["no native twin: its source is not here"]
    (folder / "fixtures" / "f.yaml").write_text(exchanges(45))
    ended = tamis_cli("bench", folder, "--host", "envoy")
    assert ended.code == 2
    assert "none of the fixtures can be sent to Envoy: the filter breaks on it (1)" in ended.err


def test_what_the_filter_answers_itself_has_no_chain(tmp_path, tamis_cli):
    folder = prebuilt(tmp_path / "picky", PICKY, exchanges(1, 25))
    timed = card_of(tamis_cli("bench", folder, "--host", "envoy", "--json"))["timed"]
    assert (timed["chain"], timed["exchanges"], timed["left_out"]) == (1, 2, [])
    assert timed["notes"][1].startswith("the filter answers 1 of the exchanges itself: a chain of")
    assert timed["variants"][0]["further_us"] is None


def test_a_module_alone_has_no_twin(tmp_path, tamis_cli):
    folder = prebuilt(tmp_path / "picky", "i32.const 0", exchanges(1))
    fixtures = folder / "fixtures"
    ended = tamis_cli("bench", folder / "m.wasm", "--fixtures", fixtures, "--host", "envoy")
    assert ended.code == 0, ended.err
    assert "note       no native twin: its source is not here" in ended.out


def test_native_code_that_envoy_does_not_take_is_left_out(hello, tamis_cli, monkeypatch):
    monkeypatch.setattr(toolchains, "shim", lambda: b"of another machine")
    timed = card_of(tamis_cli("bench", hello, "--host", "envoy", "--json"))["timed"]
    assert names(timed) == ["wasm", "module"]
    (note,) = timed["notes"]
    assert note.startswith(f"no native: {find().host} does not take it: ")


def test_a_filter_that_refuses_its_configuration_is_not_measured(tmp_path, tamis_cli):
    folder = prebuilt(tmp_path / "picky", "i32.const 0", exchanges(1))
    refuses = '(func (export "proxy_on_configure") (param i32 i32) (result i32) i32.const 0)'
    text = MODULE.replace("{body}", "i32.const 0").removesuffix(")") + refuses + ")"
    (folder / "m.wasm").write_bytes(wasmtime.wat2wasm(text))
    ended = tamis_cli("bench", folder, "--host", "envoy")
    assert ended.code == 2
    assert "the filter does not start with the configuration of most fixtures: " in ended.err


def test_native_code_that_crashes_is_a_fault(hello, tamis_cli):
    source = hello / "filter.cc"
    breaks = "if (sizeof(void*) == 8) __builtin_trap();\n    headers.set("
    source.write_text(source.read_text().replace("headers.set(", breaks))
    ended = tamis_cli("bench", hello, "--host", "envoy")
    assert ended.code == 4
    assert "Envoy ended with SIGILL when native was asked" in ended.err
    kept = re.search(r"Its bootstrap and log are kept in (\S+?)\.?$", ended.err, re.MULTILINE)
    assert kept
    assert (Path(kept[1]) / "envoy.log").exists()
    shutil.rmtree(kept[1])


@pytest.fixture
def library(hello, tamis_cli) -> Path:
    """A dynamic module of Envoy."""
    ended = tamis_cli("build", hello, "--envoy-module")
    assert ended.code == 0, ended.err
    return hello / "build" / "hello.envoy.so"


def test_a_dynamic_module_is_timed_and_not_counted(library, hello, tamis_cli, tmp_path):
    command = ("bench", library, "--fixtures", hello / "fixtures", "--budget", "size=10000000")
    reports = [f"--report={kind}={tmp_path / kind}" for kind in ("html", "markdown")]
    ended = tamis_cli(*command, "--host", "envoy", *reports)
    assert ended.code == 0, ended.err
    lines = ended.out.splitlines()
    assert lines[0].endswith(" 0.0.0: nothing is counted")
    assert "not optimised: it is native code" in ended.out
    assert "of a VM" not in ended.out
    card = card_of(tamis_cli(*command, "--host", "envoy", "--json"))
    assert (names(card["timed"]), card["exchanges"], card["cold"]) == (["module"], 0, None)
    assert card["timed"]["predicted_us"] is None
    for file in ("html", "markdown"):
        assert "native module" in (tmp_path / file).read_text()
    counted = tamis_cli(*command)
    assert counted.code == 2
    assert "is native code: nothing of it can be counted" in counted.err
    assert "Say --host envoy" in counted.err
    budget = tamis_cli(*command, "--budget", "crossings=3", "--host", "envoy")
    assert (budget.code, "--budget crossings: " in budget.err) == (2, True)


BAD_FILES = {
    "empty": ("compare.envoy.yaml", "", "compare.envoy.yaml: the file is empty"),
    "no yaml": ("compare.envoy.yaml", "a: [", "compare.envoy.yaml:1:5: this is not YAML"),
    "text": ("compare.envoy.yaml", "no", ":1:1: a string is no filter's configuration"),
    "no type": (
        "compare.envoy.yaml",
        "\na: 1",
        ':2:1: a filter\'s configuration names its "@type"',
    ),
    "number": ("compare.envoy.yaml", '- "@type": 1', ":1:12: a filter's configuration names its"),
    "none": ("compare.envoy.yaml", "[]", ":1:1: the list is empty"),
    "unknown": ("compare.envoy.yaml", '"@type": type.googleapis.com/x.Y', "refuses it: "),
    "lua": ("compare.lua", "function (", "compare.lua: envoy 1."),
    "bytes": ("compare.lua", "\udcff", "compare.lua: cannot read it: it is not UTF-8"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_to_compare_with_that_is_none(name, hello, tamis_cli):
    file, text, words = BAD_FILES[name]
    (hello / file).write_bytes(text.encode("utf-8", "surrogateescape"))
    ended = tamis_cli("bench", hello, "--host", "envoy")
    assert ended.code == 2, ended.err
    assert words in ended.err
    assert file in ended.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--host", "envoy-native"), "it measures native code beside the module"),
        (("--host", "wasmtime@1.38"), "not a host that bench has"),
        (("--host", "envoy@"), "not a host tamis has"),
        (("--rate", "100"), "--rate: without --host envoy no request is sent"),
        (("--host", "envoy", "--rate", "1"), "10"),
    ],
)
def test_bad_input(arguments, words, hello, tamis_cli):
    ended = tamis_cli("bench", hello, *arguments)
    assert (ended.code, words in ended.err) == (2, True), ended.err


def test_one_envoy_at_a_time(hello, tamis_cli, tmp_path):
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\necho 'version: abc/1.39.0/Clean/RELEASE'\n")
    other.chmod(0o755)
    ended = tamis_cli("bench", hello, "--host", "envoy", "--host", f"envoy@{other}")
    assert (ended.code, "and envoy 1.39.0 are two" in ended.err) == (2, True), ended.err


def test_a_network_filter_is_not_measured(hello, tamis_cli):
    manifest = hello / "tamis.toml"
    manifest.write_text(manifest.read_text().replace("root_id", 'layer = "network"\nroot_id'))
    ended = tamis_cli("bench", hello, "--host", "envoy")
    assert ended.code == 2
    assert "hello is a network filter, only HTTP is measured" in ended.err


def test_linux_alone_tells_what_envoy_takes(hello, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    (subject,) = tamis.subject(str(hello))
    with pytest.raises(BadInput, match="this is darwin"):
        tamis.bench(subject, hosts=["envoy"])


def test_without_an_envoy_the_extra_is_named(hello, tamis_cli, monkeypatch, tmp_path):
    tamis_cli("build", hello)
    monkeypatch.setenv("TAMIS_ENVOY", str(tmp_path / "none"))
    ended = tamis_cli("bench", hello, "--host", "envoy")
    assert ended.code == 3
    assert "tamis[envoy]" in ended.err


@pytest.mark.parametrize(
    ("language", "version", "words"),
    [
        ("go", "1.40.0", "no native twin: Go imports host functions into WebAssembly alone"),
        ("assemblyscript", "1.40.0", "no native twin: AssemblyScript compiles to"),
        ("cpp", "1.39.2", "no native code: tamis makes it for Envoy 1.40, not for 1.39.2"),
    ],
)
def test_where_there_is_no_native_code(language, version, words, hello):
    (subject,) = tamis.subject(str(hello))
    assert subject.filter
    other = Filter(hello, "hello", "1.0.0", language, ())
    found, notes = contenders_of(
        Subject("hello", subject.module, subject.metadata, filter=other),
        Binary(Path("envoy"), version),
    )
    assert [each.name for each in found] == ["wasm"]
    assert notes[0].startswith(words)


def test_source_that_does_not_compile_natively_is_told_of(hello):
    (subject,) = tamis.subject(str(hello))
    (hello / "filter.cc").write_text("#error no\n")
    found, notes = contenders_of(subject, find())
    assert [each.name for each in found] == ["wasm"]
    assert [note.partition(":")[0] for note in notes] == ["no native twin", "no native module"]
