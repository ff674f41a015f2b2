"""A guest that calls foreign functions and logs each status and result."""

from collections.abc import Sequence
from pathlib import Path

from wasmtime import wat2wasm

from tamis import host
from tamis.model.exchange import Answer, Exchange, Fixture, Request, to_bytes
from tamis.model.outcome import Run
from tamis.model.plugin import Plugin

__all__ = ["Call", "answers", "module", "run"]

#: A function and its arguments; "=name" sets the property, "?a|b" gets it.
Call = tuple[str, bytes]

_HEAD = """
(import "env" "proxy_call_foreign_function"
  (func $foreign (param i32 i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_set_property" (func $set (param i32 i32 i32 i32) (result i32)))
(import "env" "proxy_get_property" (func $get (param i32 i32 i32 i32) (result i32)))
(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
(func (export "proxy_abi_version_0_2_1"))
(memory (export "memory") 64)
(global $top (mut i32) (i32.const 2097152))
(func (export "malloc") (param $size i32) (result i32)
  (global.get $top)
  (global.set $top (i32.add (global.get $top) (local.get $size))))
(func $report (param $status i32)
  (i32.store8 (i32.const 1048576) (local.get $status))
  (memory.copy (i32.const 1048577) (i32.load (i32.const 16)) (i32.load (i32.const 20)))
  (drop (call $log (i32.const 2) (i32.const 1048576)
    (i32.add (i32.const 1) (i32.load (i32.const 20)))))
  (i64.store (i32.const 16) (i64.const 0)))
"""


def module(*, configure: Sequence[Call] = (), request: Sequence[Call] = ()) -> bytes:
    """Calls in order, when the plugin is configured and for each request's headers."""
    data: list[str] = []
    at = 1024

    def place(content: bytes) -> str:
        nonlocal at
        text = "".join(f"\\{byte:02x}" for byte in content)
        data.append(f'(data (i32.const {at}) "{text}")')
        at += len(content)
        return f"(i32.const {at - len(content)}) (i32.const {len(content)})"

    def body(calls: Sequence[Call]) -> str:
        out = (" (i32.const 16) (i32.const 20)", "")
        lines = []
        for name, arguments in calls:
            if name[0] == "=":
                call = f"call $set {place(name[1:].encode())} {place(arguments)}"
            elif name[0] == "?":
                call = f"call $get {place(name[1:].encode().replace(b'|', bytes(1)))}{out[0]}"
            else:
                call = f"call $foreign {place(name.encode())} {place(arguments)}{out[0]}"
            lines.append(f"(call $report ({call}))")
        return "\n".join(lines)

    callbacks = (
        f'(func (export "proxy_on_configure") (param i32 i32) (result i32) {body(configure)}'
        " (i32.const 1))"
        '(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)'
        f" {body(request)} (i32.const 0))"
    )
    return bytes(wat2wasm("\n".join(["(module", _HEAD, callbacks, *data, ")"])))


def run(guest: bytes, *, headers: Sequence[tuple[str, str]] = (), **rest) -> Run:
    """One request against the guest; the plugin is called p, its root id r, its VM probe."""
    request = (
        (":method", "GET"),
        (":path", "/p/a?q=1"),
        (":scheme", "http"),
        (":authority", "127.0.0.1"),
        *headers,
    )
    step = Exchange(Request(request), Answer(((":status", "200"),)))
    plugin = Plugin(name="p", root_id="r", vm_id="probe")
    return host.run(guest, Fixture("t", Path("t.yaml"), plugin=plugin, steps=(step,), **rest))


def answers(guest: bytes, **rest) -> list[tuple[int, bytes]]:
    """(status, result) of each call, in order."""
    outcome = run(guest, **rest).outcome
    assert outcome is not None
    assert outcome.trap is None
    lines = [to_bytes(line.message) for line in outcome.logs]
    return [(line[0], line[1:]) for line in lines]
