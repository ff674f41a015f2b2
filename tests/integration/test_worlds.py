"""`tamis test` on a module that calls out: rules to paste, strictness, limits."""

import json
from pathlib import Path

import jsonschema
import pytest
import wasmtime

from tamis import schemas

HEADERS = ((":method", "POST"), (":path", "/check"), (":authority", "authz"))


def pairs() -> bytes:
    """Headers as proxy_http_call takes them."""
    sizes = [len(part) for pair in HEADERS for part in pair]
    numbers = b"".join(number.to_bytes(4, "little") for number in (len(HEADERS), *sizes))
    return numbers + b"".join(part.encode() + b"\0" for pair in HEADERS for part in pair)


def escaped(raw: bytes) -> str:
    return "".join(f"\\{byte:02x}" for byte in raw)


#: It asks for no property at all, then calls the cluster authz, and lets the request go on.
MODULE = wasmtime.wat2wasm(
    f"""(module
  (type $call (func (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_property" (func $get (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_http_call" (func $call (type $call)))
  (memory (export "memory") 4)
  (data (i32.const 16) "authz")
  (data (i32.const 64) "{escaped(pairs())}")
  (data (i32.const 256) "who")
  (data (i32.const 272) "\\00\\00\\00\\00")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) i32.const 4096)
  (func (export "proxy_on_context_create") (param i32 i32))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (drop (call $get (i32.const 0) (i32.const 0) (i32.const 512) (i32.const 516)))
    (drop (call $call (i32.const 16) (i32.const 5) (i32.const 64) (i32.const {len(pairs())})
      (i32.const 256) (i32.const 3) (i32.const 272) (i32.const 4) (i32.const 1000)
      (i32.const 520)))
    (i32.const 0))
  )"""
)
STEP = 'exchanges: [{request: {headers: [[":method", GET], [":path", /]]}}]\n'
RULE = "callouts:\n- {match: {cluster: authz}, reply: {status: 200}}\n"


@pytest.fixture
def told(tmp_path: Path, tamis_cli):
    """What `tamis test` says of the module and one fixture."""
    (tmp_path / "calls.wasm").write_bytes(MODULE)
    (tmp_path / "fixtures").mkdir()

    def run(fixture: str, *options: str):
        (tmp_path / "fixtures" / "f.yaml").write_text(fixture)
        return tamis_cli(
            "test", tmp_path / "calls.wasm", "--fixtures", tmp_path / "fixtures", *options
        )

    return run


def test_a_callout_without_a_rule_fails_with_the_rule_to_paste(told):
    ended = told(STEP)
    text = ended.out + ended.err
    assert ended.code == 1
    assert 'unanswered: HTTP call to "authz" /check: no rule of `callouts` names its' in text
    for line in (":method: POST", ":path: /check", ":authority: authz", 'body: "who"'):
        assert f"      {line}\n" in text
    (rule,) = (line.strip() for line in text.splitlines() if line.strip().startswith("- {match"))
    pasted = f"callouts:\n{rule}\n{STEP}expect: {{callouts: [{{path: /check, body: who}}]}}\n"
    assert told(pasted).code == 0


def test_a_rule_that_does_not_match(told):
    ended = told(f"callouts: [{{match: {{cluster: authz, path: /x}}, reply: {{}}}}]\n{STEP}")
    assert ended.code == 1
    assert "no rule of `callouts` matches it" in ended.out + ended.err


def test_the_same_in_json(told):
    ended = told(STEP, "--json")
    document = json.loads(ended.out)
    jsonschema.validate(document, schemas.of_output("test"))
    (run,) = document["runs"]
    jsonschema.validate(run["outcome"], schemas.load("outcome"))
    (call,) = run["outcome"]["unanswered"]
    assert (call["kind"], call["cluster"], call["body"]) == ("http", "authz", "who")
    assert ended.code == 1
    assert "- {match: {cluster" in document["problems"][0]["message"]


def test_strict_wants_every_failure_expected(told):
    assert told(RULE + STEP).code == 0
    ended = told(RULE + STEP, "--strict")
    assert ended.code == 1
    assert "proxy_get_property returned SERIALIZATION_FAILURE (once)" in ended.out + ended.err
    allowed = "expect: {failed_calls: {proxy_get_property: [SERIALIZATION_FAILURE]}}\n"
    assert told(RULE + STEP + allowed, "--strict").code == 0


def test_a_limit_is_a_verdict(told):
    assert told(RULE + STEP, "--limit", "memory=256KiB").code == 0
    ended = told(RULE + STEP, "--limit", "memory=192KiB")
    assert ended.code == 1
    assert "Failed to create new Wasm instance" in ended.out + ended.err


@pytest.mark.envoy
def test_both_hosts_agree_about_a_callout(told):
    expect = "expect: {callouts: [{cluster: authz, method: POST, path: /check, body: who}]}\n"
    ended = told(RULE + STEP + expect, "--host", "wasmtime", "--host", "envoy")
    assert ended.code == 0, ended.out + ended.err
    assert "no differences" in ended.out + ended.err
