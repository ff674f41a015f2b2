"""Small modules, each with one thing about its loading; what Envoy 1.40 says to them is a test.

`CASES`: name -> (WAT, ids of the findings that are errors, the words in which Envoy refuses).
"""

import wasmtime

__all__ = ["CASES", "GOOD", "LENIENT", "module"]

_MALLOC = '(func (export "malloc") (param i32) (result i32) (i32.const 0)) '
_MEMORY = '(memory (export "memory") 1) '
_CALLBACK = (
    '(func (export "proxy_on_context_create") (param i32 i32)) '
    '(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (i32.const 0)) '
)
_MARKER = '(func (export "proxy_abi_version_0_2_1")) '
_REST = _MEMORY + _MALLOC + _MARKER + _CALLBACK
_MISSING = "Failed to load Wasm module due to a missing import: "
_MISMATCH = "Failed to load Wasm module due to an import type mismatch: "
_BAD = "Bad function signature for: "

GOOD = f"(module {_REST})"


def _imports(text: str) -> str:
    return f"(module {text} {_REST})"


def _with(text: str, base: str = _REST) -> str:
    return f"(module {base} {text})"


CASES: dict[str, tuple[str, set[str], str]] = {
    "no marker": (
        _with("", _MEMORY + _MALLOC),
        {"load/abi-marker"},
        "Missing or unknown Proxy-Wasm ABI version",
    ),
    "marker of no known version": (
        _with('(func (export "proxy_abi_version_0_3_0"))', _MEMORY + _MALLOC),
        {"load/abi-marker"},
        "Missing or unknown Proxy-Wasm ABI version",
    ),
    "marker as a global": (
        _with('(global (export "proxy_abi_version_0_2_1") i32 (i32.const 0))', _MEMORY + _MALLOC),
        {"load/abi-marker"},
        "Missing or unknown Proxy-Wasm ABI version",
    ),
    "unknown import": (
        _imports('(import "env" "proxy_nope" (func))'),
        {"load/unknown-import"},
        f"{_MISSING}env.proxy_nope",
    ),
    "import of another module": (
        _imports('(import "env" "fd_write" (func (param i32 i32 i32 i32) (result i32)))'),
        {"load/unknown-import"},
        f"{_MISSING}env.fd_write",
    ),
    "import that WASI has and Envoy has not": (
        _imports('(import "wasi_snapshot_preview1" "proc_raise" (func (param i32) (result i32)))'),
        {"load/unknown-import"},
        f"{_MISSING}wasi_snapshot_preview1.proc_raise",
    ),
    "import of another type": (
        _imports('(import "env" "proxy_log" (func (param i32)))'),
        {"load/import-type"},
        f"{_MISMATCH}env.proxy_log, want: i32 -> void, but host exports: i32 i32 i32 -> i32",
    ),
    "path_link as WASI has it": (
        _imports(
            '(import "wasi_snapshot_preview1" "path_link" '
            "(func (param i32 i32 i32 i32 i32 i32 i32) (result i32)))"
        ),
        {"load/import-type"},
        (
            f"{_MISMATCH}wasi_snapshot_preview1.path_link, "
            "want: i32 i32 i32 i32 i32 i32 i32 -> i32, "
            "but host exports: i32 i32 i32 i32 i32 i32 -> i32"
        ),
    ),
    "import of an older ABI": (
        _imports('(import "env" "proxy_continue_request" (func (result i32)))'),
        {"load/import-abi"},
        f"{_MISSING}env.proxy_continue_request",
    ),
    "import of a global": (
        _imports('(import "env" "g" (global i32))'),
        {"load/global-import"},
        f"{_MISSING}env.g",
    ),
    "callback of another type": (
        _with('(func (export "proxy_on_log") (param i32 i32))'),
        {"load/callback-type"},
        f"{_BAD}proxy_on_log, want: i32 -> void, but the module exports: i32 i32 -> void",
    ),
    "callback of a newer ABI's type": (
        _with(
            '(func (export "proxy_abi_version_0_1_0")) ' + _CALLBACK,
            _MEMORY + _MALLOC,
        ),
        {"load/callback-type"},
        (
            f"{_BAD}proxy_on_request_headers, want: i32 i32 -> i32, "
            "but the module exports: i32 i32 i32 -> i32"
        ),
    ),
    "no allocator": (
        _with("", _MEMORY + _MARKER + _CALLBACK),
        {"load/no-allocator"},
        "Wasm module is missing malloc function.",
    ),
    "malloc of another type": (
        _with('(func (export "malloc"))', _MEMORY + _MARKER + _CALLBACK),
        {"load/allocator-type"},
        f"{_BAD}malloc, want: i32 -> i32, but the module exports: void -> void",
    ),
    "_initialize of another type": (
        _with('(func (export "_initialize") (param i32))'),
        {"load/entry-type"},
        f"{_BAD}_initialize, want: void -> void, but the module exports: i32 -> void",
    ),
    "_start of another type": (
        _with('(func (export "_start") (result i32) (i32.const 0))'),
        {"load/entry-type"},
        f"{_BAD}_start, want: void -> void, but the module exports: void -> i32",
    ),
    "main of another type": (
        _with('(func (export "_initialize")) (func (export "main"))'),
        {"load/entry-type"},
        f"{_BAD}main, want: i32 i32 -> i32, but the module exports: void -> void",
    ),
    "__main_void of another type, beside main": (
        _with(
            '(func (export "_initialize")) (func (export "__main_void")) '
            '(func (export "main") (param i32 i32) (result i32) (i32.const 0))'
        ),
        {"load/entry-type"},
        f"{_BAD}__main_void, want: void -> i32, but the module exports: void -> void",
    ),
    "more memory than a VM has": (
        _with('(memory (export "memory") 16385)', _MALLOC + _MARKER + _CALLBACK),
        {"load/memory-size"},
        "Failed to create new Wasm instance",
    ),
}

#: What Envoy loads: name -> (WAT, ids of all findings).
LENIENT: dict[str, tuple[str, set[str]]] = {
    "nothing wrong": (GOOD, set()),
    "as much memory as a VM has": (
        _with('(memory (export "memory") 16384)', _MALLOC + _MARKER + _CALLBACK),
        set(),
    ),
    "memory of another name": (
        _with('(memory (export "ram") 1)', _MALLOC + _MARKER + _CALLBACK),
        set(),
    ),
    "imported memory": (
        f'(module (import "env" "memory" (memory 1)) {_MALLOC}{_MARKER}{_CALLBACK})',
        set(),
    ),
    "no memory (crashes later)": (
        _with("", _MALLOC + _MARKER + _CALLBACK),
        {"load/no-memory"},
    ),
    "memory that is not exported (crashes later)": (
        _with("(memory 1)", _MALLOC + _MARKER + _CALLBACK),
        {"load/no-memory"},
    ),
    "two memories": (_with('(memory (export "second") 1)'), {"load/many-memories"}),
    "64-bit memory": (
        _with('(memory (export "memory") i64 1)', _MALLOC + _MARKER + _CALLBACK),
        {"load/memory-64"},
    ),
    "the same import twice": (
        _imports('(import "env" "proxy_done" (func (result i32))) ' * 2),
        set(),
    ),
    "imported table": (
        _imports('(import "env" "t" (table 1 funcref))'),
        {"load/table-import"},
    ),
    "two markers": (
        _with('(func (export "proxy_abi_version_0_1_0"))'),
        {"load/abi-markers"},
    ),
    "old allocator": (
        _with(
            '(func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 0))',
            _MEMORY + _MARKER + _CALLBACK,
        ),
        {"load/allocator-old"},
    ),
    "old allocator of another type beside malloc": (
        _with('(func (export "proxy_on_memory_allocate"))'),
        set(),
    ),
    "callback as a global": (
        _with('(global (export "proxy_on_log") i32 (i32.const 0))'),
        {"load/callback-kind"},
    ),
    "callback of a newer ABI": (
        _with(
            '(func (export "proxy_abi_version_0_1_0")) (func (export "proxy_on_log") (param i32)) '
            '(func (export "proxy_on_foreign_function") (param i32))',
            _MEMORY + _MALLOC,
        ),
        {"load/never-called"},
    ),
    "misspelt callback": (
        _with('(func (export "proxy_on_request_header") (param i32))'),
        {"load/never-called"},
    ),
    "the SDK's own misspelling": (
        _with('(func (export "proxy_on_grpc_trailing_metadata") (param i32))'),
        {"load/never-called"},
    ),
    "no callback": (_with("", _MEMORY + _MALLOC + _MARKER), {"load/no-callbacks"}),
    "_start that nobody calls": (
        _with('(func (export "_initialize")) (func (export "_start") (param i32))'),
        {"load/entry-ignored"},
    ),
    "main that nobody calls": (_with('(func (export "main"))'), set()),
    "harmless start section": (_with("(func) (start 4)"), set()),
    "start section with an indirect call": (
        _with(
            "(table 1 funcref) (elem (i32.const 0) 4) (func) "
            "(func (call_indirect (i32.const 0))) (start 5)"
        ),
        {"load/start-unsure"},
    ),
}


def module(text: str) -> bytes:
    """The binary of WAT."""
    return bytes(wasmtime.wat2wasm(text))
