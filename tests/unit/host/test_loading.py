"""Verdicts on modules, in the words of Envoy 1.40 (each was put before a real one)."""

import pytest
from wasmtime import wat2wasm

from tamis import host
from tamis.errors import BadInput

MARKER = '(func (export "proxy_abi_version_0_2_1"))'
MALLOC = '(func (export "malloc") (param i32) (result i32) i32.const 1024)'
MEMORY = '(memory (export "memory") 1)'
BASE = MARKER + MALLOC + MEMORY
NO_MARKER = "Missing or unknown Proxy-Wasm ABI version"
MISSING = "Failed to load Wasm module due to a missing import: "
MISMATCH = "Failed to load Wasm module due to an import type mismatch: "
NO_MALLOC = "Wasm module is missing malloc function."
HEADERS = "proxy_on_request_headers"
BAD = "Bad function signature for: "

ACCEPTED = {
    "plain": BASE,
    "two markers": '(func (export "proxy_abi_version_0_1_0"))' + BASE,
    "memory imported": '(import "env" "memory" (memory 1))' + MARKER + MALLOC,
    "memory not exported": MARKER + MALLOC + "(memory 1)",
    "no memory": MARKER + MALLOC,
    "two memories": BASE + "(memory 1)",
    "table imported": '(import "env" "t" (table 1 funcref))' + BASE,
    "allocator of the ABI": MARKER
    + MEMORY
    + '(func (export "proxy_on_memory_allocate") (param i32) (result i32) i32.const 1024)',
    "second allocator ignored": BASE + '(func (export "proxy_on_memory_allocate") (param i64))',
    "callback that is no function": BASE + '(global (export "proxy_on_log") i32 i32.const 0)',
    "_start beside _initialize": BASE
    + '(func (export "_initialize"))(func (export "_start") (param i32))',
    "main without _initialize": BASE + '(func (export "main") (result i32) i32.const 0)',
    "one import twice": '(import "env" "proxy_done" (func (result i32)))' * 2 + BASE,
    "both WASI modules": '(import "wasi_unstable" "fd_close" (func (param i32) (result i32)))'
    '(import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))' + BASE,
    "tail calls": BASE + "(func $f (result i32) return_call $f)",
    "exceptions": "(tag $e)" + BASE + "(func (throw $e))",
    "vectors": BASE + "(func (result v128) v128.const i64x2 0 0)",
}

REFUSED = {
    "no marker": (MALLOC + MEMORY, NO_MARKER),
    "marker is a global": (
        '(global (export "proxy_abi_version_0_2_1") i32 i32.const 0)' + MALLOC + MEMORY,
        NO_MARKER,
    ),
    "unknown function": ('(import "env" "nope" (func))' + BASE, f"{MISSING}env.nope"),
    "unknown module": ('(import "foo" "proxy_log" (func))' + BASE, f"{MISSING}foo.proxy_log"),
    "global": ('(import "env" "g" (global i32))' + BASE, f"{MISSING}env.g"),
    "of another ABI": (
        '(import "env" "proxy_clear_route_cache" (func (result i32)))' + BASE,
        f"{MISSING}env.proxy_clear_route_cache",
    ),
    "wrong type": (
        '(import "env" "proxy_log" (func (param i64 f32) (result i32)))' + BASE,
        f"{MISMATCH}env.proxy_log, want: i64 f32 -> i32, but host exports: i32 i32 i32 -> i32",
    ),
    "wrong result": (
        '(import "env" "proxy_done" (func))' + BASE,
        f"{MISMATCH}env.proxy_done, want: void -> void, but host exports: void -> i32",
    ),
    "no allocator": (MARKER + MEMORY, NO_MALLOC),
    "allocator of a wrong type": (
        MARKER + MEMORY + '(func (export "malloc") (param i64) (result i32) i32.const 0)',
        f"{BAD}malloc, want: i32 -> i32, but the module exports: i64 -> i32; {NO_MALLOC}",
    ),
    "callback of a wrong type": (
        BASE + '(func (export "proxy_on_log") (param i64))',
        f"{BAD}proxy_on_log, want: i32 -> void, but the module exports: i64 -> void",
    ),
    "callback of an older ABI": (
        BASE
        + '(func (export "proxy_on_request_headers") (param i32 i32) (result i32) i32.const 0)',
        f"{BAD}{HEADERS}, want: i32 i32 i32 -> i32, but the module exports: i32 i32 -> i32",
    ),
    "entry of a wrong type": (
        BASE + '(func (export "_start") (result i32) i32.const 0)',
        f"{BAD}_start, want: void -> void, but the module exports: void -> i32",
    ),
    "main of a wrong type": (
        BASE + '(func (export "_initialize"))(func (export "main") (result i32) i32.const 0)',
        f"{BAD}main, want: i32 i32 -> i32, but the module exports: void -> i32",
    ),
    "start section traps": (
        BASE + "(func $s unreachable)(start $s)",
        "Failed to create new Wasm instance",
    ),
    "too much memory": (
        MARKER + MALLOC + '(memory (export "memory") 20000)',
        "Failed to create new Wasm instance",
    ),
    "entry traps": (
        BASE + '(func (export "_initialize") unreachable)',
        "Function: _initialize failed: wasm trap: wasm `unreachable` instruction executed",
    ),
    "entry calls what it may not": (
        '(import "env" "proxy_done" (func $d (result i32)))'
        + BASE
        + '(func (export "_start") call $d drop)',
        "Function: _start failed: restricted_callback",
    ),
}


def module(text: str) -> bytes:
    return bytes(wat2wasm(f"(module {text})"))


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepts(text):
    assert host.load(module(text)) is None


@pytest.mark.parametrize(("text", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_in_envoys_words(text, reason):
    assert host.load(module(text)) == host.Refusal(reason)


@pytest.mark.parametrize(
    ("function", "since"), [("fd_pread", 39), ("clock_res_get", 39), ("sched_yield", 33)]
)
def test_what_is_there_depends_on_envoys_version(function, since):
    types = {
        "fd_pread": "i32 i32 i32 i64 i32",
        "clock_res_get": "i32 i32",
        "sched_yield": "",
    }[function]
    import_ = f'(import "wasi_snapshot_preview1" "{function}" (func (param {types}) (result i32)))'
    text = module(import_ + BASE)
    assert host.load(text, envoy=f"1.{since}") is None
    refusal = host.load(text, envoy=f"1.{since - 1}.2")
    assert refusal == host.Refusal(f"{MISSING}wasi_snapshot_preview1.{function}")


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        (MARKER + MALLOC + '(memory (export "memory") i64 1)', "memory64"),
        (MARKER + MALLOC + '(memory (export "memory") 1 2 shared)', "threads"),
        ("(type (struct (field i32)))" + BASE, "gc"),
    ],
)
def test_features_only_v8_has_are_told_apart(text, feature):
    refusal = host.load(module(text))
    assert refusal is not None
    assert refusal.feature == feature


@pytest.mark.parametrize("content", [b"", b"\0asm\2\0\0\0", b"garbage", b"\0asm"])
def test_garbage_is_no_module(content):
    assert host.load(content) == host.Refusal(NO_MARKER)


def test_every_prefix_of_a_module_is_judged_without_a_crash():
    whole = module(BASE)
    verdicts = {host.load(whole[:size]) is None for size in range(len(whole))}
    assert verdicts == {False}


def test_invalid_code_is_named_in_one_line():
    whole = module(BASE + "(func (result i32) i32.const 7)")
    refusal = host.load(whole.replace(b"\x41\x07\x0b", b"\x42\x07\x0b"))
    assert refusal is not None
    assert refusal.reason.startswith("Failed to load Wasm bytecode: ")
    assert "type mismatch" in refusal.reason
    assert "\n" not in refusal.reason


@pytest.mark.parametrize("version", ["", "2.0", "1", "istio-1.30", "1.x"])
def test_a_version_that_is_not_envoys(version):
    with pytest.raises(BadInput, match="is not a version of Envoy"):
        host.load(module(BASE), envoy=version)
