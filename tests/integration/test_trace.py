"""`tamis test --trace` and `--only`, as a user meets them."""

import json
from pathlib import Path

import jsonschema
import pytest
import wasmtime

from tamis import schemas

MODULE = wasmtime.wat2wasm(
    """(module
  (import "env" "proxy_get_header_map_value"
    (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "x-a")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) i32.const 4096)
  (func $look (drop (call $get (i32.const 0) (i32.const 16) (i32.const 3) (i32.const 64)
    (i32.const 68)))
    (if (i32.eqz (i32.load (i32.const 68))) (then unreachable)))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (call $look) i32.const 0))"""
)
STEPS = "exchanges: [{{request: {{headers: [[:method, GET], [:path, /]{}]}}}}]\n"
FIXTURES = {
    "first": "name: it is there\n" + STEPS.format(", [x-a, b]"),
    "second": "name: it lacks\n" + STEPS.format(""),
}


@pytest.fixture
def told(tmp_path: Path, tamis_cli):
    """What `tamis test` says of the module."""
    (tmp_path / "looks.wasm").write_bytes(MODULE)
    (tmp_path / "fixtures").mkdir()
    for name, text in FIXTURES.items():
        (tmp_path / "fixtures" / f"{name}.yaml").write_text(text)
    command = ("test", tmp_path / "looks.wasm", "--fixtures", tmp_path / "fixtures")
    return lambda *options: tamis_cli(*command, *options)


def test_a_trace_is_printed_call_by_call(told):
    ended = told("--trace", "--only", "first")
    assert ended.code == 0
    host, *lines = ended.out.splitlines()
    assert host.startswith("trace of it is there (wasmtime ")
    assert [line.partition(" [fuel")[0] for line in lines] == [
        "  step 0",
        "    [host->vm] proxy_on_request_headers(2, 6, 1) -> 0",
        '      [vm->host] proxy_get_header_map_value(0, "x-a") -> OK "b"',
        "        [host->vm] malloc(1) -> 4096",
        lines[-1],
    ]


def test_a_trap_shows_where_it_was(told):
    ended = told("--only", "it lacks")
    assert ended.code == 1
    assert "trap: expected none, got unreachable in proxy_on_request_headers" in ended.out
    assert "\n      at look\n" in ended.out


def test_a_trace_as_values(told):
    schema = schemas.load("trace")
    for options in (("--trace-format", "json"), ("--trace", "--json")):
        ended = told(*options, "--only", "i*")
        *lines, last = map(json.loads, ended.out.splitlines())
        for line in lines:
            jsonschema.validate(line, schema)
        assert {line["fixture"] for line in lines} == {"it is there", "it lacks"}
        assert lines[1]["arguments"] == [0, {"bytes": "x-a", "size": 3}]
        assert (lines[1]["status"], lines[1]["values"]) == ("OK", [{"bytes": "b", "size": 1}])
        jsonschema.validate(last, schemas.of_output("test"))
        assert (ended.code, last["ok"]) == (1, False)


@pytest.mark.parametrize("name", ["first", "f*", "it is there", "it is*"])
def test_one_fixture_by_name_or_file(name: str, told):
    ended = told("--only", name)
    assert (ended.code, "1 fixture" in ended.out) == (0, True)


def test_a_name_that_none_has(told):
    ended = told("--only", "third")
    assert ended.code == 2
    assert "--only 'third': no fixture has such a name, or such a file" in ended.err
    assert "Files: first, second." in ended.err


def test_envoy_has_no_trace(told):
    ended = told("--trace", "--host", "envoy")
    assert (ended.code, "Say --host wasmtime as well." in ended.err) == (2, True)
