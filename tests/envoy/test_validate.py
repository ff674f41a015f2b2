"""Envoy's verdicts on bootstraps and modules, without traffic."""

import json
from pathlib import Path

import pytest
import wasmtime

from tamis.envoy import Binary, loads, validate
from tamis.envoy.folder import Folder
from tamis.envoy.judging.bootstrap import bootstrap, slots
from tamis.envoy.judging.setup import Setup

START = '(func (export "{}") (param i32 i32) (result i32) {})'
BARE = """(module (memory (export "memory") 1) (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 0)) {})"""


def module(more: str = "") -> bytes:
    return bytes(wasmtime.wat2wasm(BARE.format(more)))


@pytest.mark.parametrize(
    "setup",
    [
        Setup(),
        Setup(http1=True, default_limits=True),
        Setup(network=True, clusters=("a", "b"), beside=2, state=("wasm.x",)),
    ],
)
def test_our_own_bootstrap_is_good(binary: Binary, tmp_path: Path, setup: Setup) -> None:
    folder = Folder(tmp_path)
    for slot in slots(setup):
        folder.plugin(slot).parent.mkdir(parents=True)
        folder.plugin(slot).touch()
    assert validate(binary, bootstrap(setup, folder, "@ ")) is None


def test_yaml_is_read(binary: Binary) -> None:
    assert validate(binary, "admin: {address: {pipe: {path: admin.sock}}}\n") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{nonsense: 1}", "nonsense"),
        ("]", "illegal flow end"),
        (
            json.dumps({"static_resources": {"clusters": [{"name": ""}]}}),
            "value length must be at least 1",
        ),
    ],
)
def test_the_reason_is_envoys(binary: Binary, text: str, words: str) -> None:
    reason = validate(binary, text)
    assert reason
    assert words in reason


def test_a_module_loads(binary: Binary) -> None:
    assert loads(binary, module()) is None


#: Breaks where its root id is not of five letters.
PARTICULAR = """(module
  (import "env" "proxy_get_property" (func $get (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1) (func (export "proxy_abi_version_0_2_1"))
  (global $made (mut i32) (i32.const 0))
  (data (i32.const 16) "plugin_root_id")
  (func (export "malloc") (param i32) (result i32) (i32.const 64))
  (func (export "proxy_on_context_create") (param i32 i32)
    (drop (call $get (i32.const 16) (i32.const 14) (i32.const 0) (i32.const 4)))
    (if (i32.ne (i32.load (i32.const 4)) (i32.const 5)) (then unreachable))
    (global.set $made (i32.const 1)))
  (func (export "proxy_on_vm_start") (param i32 i32) (result i32) (global.get $made)))"""


def test_a_module_is_loaded_under_its_root_id(binary: Binary) -> None:
    particular = bytes(wasmtime.wat2wasm(PARTICULAR))
    assert loads(binary, particular, "guest") is None
    assert loads(binary, particular)


@pytest.mark.parametrize("callback", ["proxy_on_vm_start", "proxy_on_configure"])
@pytest.mark.parametrize("verdict", ["(i32.const 0)", "unreachable"])
def test_a_module_that_refuses_to_start_does_load(
    binary: Binary, callback: str, verdict: str
) -> None:
    assert loads(binary, module(START.format(callback, verdict))) is None


@pytest.mark.parametrize(
    ("wasm", "words"),
    [
        (b"", "Unable to create Wasm"),
        (b"\0asm\1\0\0\0garbage", "Failed to parse corrupted Wasm module"),
        (module('(func (export "_initialize") unreachable)'), "unreachable"),
        (module('(func (export "proxy_on_log"))'), "Bad function signature for: proxy_on_log"),
    ],
)
def test_why_a_module_does_not_load(binary: Binary, wasm: bytes, words: str) -> None:
    reason = loads(binary, wasm)
    assert reason
    assert words in reason
