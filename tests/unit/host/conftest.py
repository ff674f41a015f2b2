"""Guests written in WAT, and the shortest ways to run them."""

from pathlib import Path

import pytest
from wasmtime import wat2wasm

from tamis import host
from tamis.model.exchange import Answer, Exchange, Fixture, Request

REQUEST = ((":method", "POST"), (":path", "/a"), (":scheme", "http"), (":authority", "h"))
IMPORTS = {
    "log": ("env", "proxy_log", "(param i32 i32 i32) (result i32)"),
    "add": ("env", "proxy_add_header_map_value", "(param i32 i32 i32 i32 i32) (result i32)"),
    "get": ("env", "proxy_get_header_map_value", "(param i32 i32 i32 i32 i32) (result i32)"),
    "pairs": ("env", "proxy_get_header_map_pairs", "(param i32 i32 i32) (result i32)"),
    "reply": (
        "env",
        "proxy_send_local_response",
        "(param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)",
    ),
    "set_body": ("env", "proxy_set_buffer_bytes", "(param i32 i32 i32 i32 i32) (result i32)"),
    "http_call": (
        "env",
        "proxy_http_call",
        "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)",
    ),
    "done": ("env", "proxy_done", "(result i32)"),
    "buffer": ("env", "proxy_get_buffer_bytes", "(param i32 i32 i32 i32 i32) (result i32)"),
    "property": ("env", "proxy_get_property", "(param i32 i32 i32 i32) (result i32)"),
    "resume": ("env", "proxy_continue_stream", "(param i32) (result i32)"),
    "close": ("env", "proxy_close_stream", "(param i32) (result i32)"),
    "effective": ("env", "proxy_set_effective_context", "(param i32) (result i32)"),
    "share": ("env", "proxy_set_shared_data", "(param i32 i32 i32 i32 i32) (result i32)"),
    "shared": ("env", "proxy_get_shared_data", "(param i32 i32 i32 i32 i32) (result i32)"),
    "timer": ("env", "proxy_set_tick_period_milliseconds", "(param i32) (result i32)"),
    "random": ("wasi_snapshot_preview1", "random_get", "(param i32 i32) (result i32)"),
    "write": ("wasi_snapshot_preview1", "fd_write", "(param i32 i32 i32 i32) (result i32)"),
    "exit": ("wasi_snapshot_preview1", "proc_exit", "(param i32)"),
    "time": ("env", "proxy_get_current_time_nanoseconds", "(param i32) (result i32)"),
}
TYPES = {
    "proxy_on_context_create": "(param i32 i32)",
    "proxy_on_vm_start": "(param i32 i32) (result i32)",
    "proxy_on_configure": "(param i32 i32) (result i32)",
    "proxy_on_request_headers": "(param i32 i32 i32) (result i32)",
    "proxy_on_request_body": "(param i32 i32 i32) (result i32)",
    "proxy_on_request_trailers": "(param i32 i32) (result i32)",
    "proxy_on_response_headers": "(param i32 i32 i32) (result i32)",
    "proxy_on_response_body": "(param i32 i32 i32) (result i32)",
    "proxy_on_response_trailers": "(param i32 i32) (result i32)",
    "proxy_on_log": "(param i32)",
    "proxy_on_done": "(param i32) (result i32)",
    "proxy_on_delete": "(param i32)",
    "proxy_on_tick": "(param i32)",
    "proxy_on_http_call_response": "(param i32 i32 i32 i32 i32)",
    "proxy_on_new_connection": "(param i32) (result i32)",
    "proxy_on_downstream_data": "(param i32 i32 i32) (result i32)",
    "proxy_on_upstream_data": "(param i32 i32 i32) (result i32)",
    "proxy_on_downstream_connection_close": "(param i32 i32)",
    "proxy_on_upstream_connection_close": "(param i32 i32)",
}
#: One value is alive at a time: the same room again and again.
DEFAULT_MALLOC = '(func (export "malloc") (param i32) (result i32) i32.const 4096)'


def _wat(
    *,
    abi: str = "0_2_1",
    malloc: str = DEFAULT_MALLOC,
    memory: str = '(memory (export "memory") 1)',
    data: str = "",
    extra: str = "",
    uses: str = "",
    types: dict[str, str] | None = None,
    **callbacks: str,
) -> bytes:
    """A module; `uses` names IMPORTS, keyword arguments are the bodies of callbacks."""
    lines = ["(module"]
    for name in uses.split():
        module, function, signature = IMPORTS[name]
        lines.append(f'(import "{module}" "{function}" (func ${name} {signature}))')
    lines += [f'(func (export "proxy_abi_version_{abi}"))', malloc, memory, extra]
    if data:
        lines.append(f'(data (i32.const 1024) "{data}")')
    for name, body in callbacks.items():
        full = f"proxy_{name}"
        signature = (types or {}).get(full, TYPES.get(full, "(result i32)"))
        lines.append(f'(func (export "{full}") {signature} {body})')
    return bytes(wat2wasm("\n".join([*lines, ")"])))


@pytest.fixture
def guest():
    """Makes a module from WAT: guest(uses="log", on_log="...")."""
    return _wat


@pytest.fixture
def fixture_of():
    """Makes a fixture of exchanges."""

    def make(*exchanges: Exchange, **rest) -> Fixture:
        steps = exchanges or (Exchange(Request(REQUEST)),)
        return Fixture(name="t", path=Path("t.yaml"), steps=steps, **rest)

    return make


@pytest.fixture
def outcome_of(fixture_of):
    """Runs a module over exchanges and gives the outcome."""

    def outcome(module: bytes, *exchanges: Exchange, fixture: dict | None = None, **options):
        run = host.run(module, fixture_of(*exchanges, **(fixture or {})), **options)
        assert run.outcome is not None, run
        return run.outcome

    return outcome


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """No test sees another's compiled modules."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.fixture
def exchange():
    """One exchange with bodies, duplicates and trailers both ways."""
    return Exchange(
        Request((*REQUEST, ("x-a", "1"), ("x-a", "2")), (b"one", b"two"), (("t", "1"),)),
        Answer(((":status", "200"), ("x-b", "1"), ("x-b", "2")), (b"three",), (("u", "2"),)),
    )
