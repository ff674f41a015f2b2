"""The module reader in Python against the native one, wasmtime being the third judge.

What wasmtime calls valid both must read, and alike; what either cannot read is a TamisError or a
refusal with a reason.
"""

import random

import pytest
import wasmtime
from tests.fuzz.mutation import Rounds, damage, told
from tests.fuzz.sections import join, split

from tamis import _core, wasm
from tamis.errors import BadInput
from tamis.host.engine import engine

pytestmark = pytest.mark.judge

PLAIN = bytes(
    wasmtime.wat2wasm("""
(module
  (type $pair (func (param i32 i64) (result i32)))
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1 4)
  (table 2 funcref)
  (global $g (mut i32) (i32.const 8))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) global.get $g)
  (func (export "proxy_on_vm_start") (param i32 i32) (result i32) (local i64)
    (block (br_table 0 0 (local.get 0))) (drop (call $log (i32.const 2) (i32.const 0)
      (i32.const 3)))
    i32.const 1)
  (func $start (if (global.get $g) (then nop)))
  (start $start)
  (elem (i32.const 0) func $log $start)
  (data (i32.const 8) "hello"))
""")
)
RICH = bytes(
    wasmtime.wat2wasm("""
(module
  (import "env" "counter" (global $c (mut i64)))
  (import "env" "table" (table 1 2 funcref))
  (type $two (func (result i32 i64)))
  (memory (export "memory") 2)
  (table $t (export "refs") 3 externref)
  (global $v v128 (v128.const i32x4 1 2 3 4))
  (tag $e (param i32))
  (func $f (type $two) i32.const 1 i64.const 2)
  (func (export "proxy_abi_version_0_2_0") (try_table (catch_all 0) (throw $e (i32.const 1))))
  (func (export "malloc") (param i32) (result i32) (f64.store (i32.const 8) (f64.const 1))
    i32.const 0
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 8)))
  (data $passive "bytes") (elem declare func $f))
""")
)
_UNREADABLE = "Failed to parse corrupted Wasm module"
_NO_MARKER = "Missing or unknown Proxy-Wasm ABI version"


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Whole, or one section of it, its length made right again."""
    parts = split(data)
    at = chance.randrange(len(parts))
    match chance.randrange(6):
        case 0:
            return damage(data, chance)
        case 1:
            parts.insert(chance.randrange(len(parts)), parts[at])
        case 2:
            del parts[at]
        case _:
            parts[at] = parts[at][0], damage(parts[at][1], chance)
    return join(parts)


def test_readers_agree(rounds: Rounds) -> None:
    native, judge = engine(fuel=False, stack=512 << 10), _judge()
    valid = 0
    for chance in rounds("wasm", 12_000):
        data = damaged(chance.choice((PLAIN, RICH)), chance)
        info = _python(data)
        fine = _valid(judge, data)
        valid += fine
        assert info or not fine, data.hex()
        if not fine and chance.randrange(4):  # compiling is what costs
            continue
        refusal = _core.load(native, data, "", 40, []).refusal
        assert refusal is None or refusal[0]
        if fine and info:
            assert not refusal or not refusal[0].startswith(_UNREADABLE), data.hex()
            assert (info.abi is None) == bool(refusal and refusal[0] == _NO_MARKER), data.hex()
        assert refusal or info, data.hex()
    assert valid > 100


def _judge() -> wasmtime.Engine:
    features = wasmtime.Config()
    features.wasm_exceptions = True
    return wasmtime.Engine(features)


def _valid(judge: wasmtime.Engine, data: bytes) -> bool:
    try:
        wasmtime.Module.validate(judge, data)
    except wasmtime.WasmtimeError:
        return False
    return True


def _python(data: bytes) -> wasm.ModuleInfo | None:
    try:
        return wasm.read(data)
    except BadInput as error:
        told(error)
        return None
