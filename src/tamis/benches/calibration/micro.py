"""Micro-filters, each of which isolates one price: written as WebAssembly text, made on the spot.

Their memory: what the host writes at `FOUND` and above, words at `WORDS`, a long value at `VALUE`,
and room for whatever the host gives at `ROOM` (`malloc` always gives the same).
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import wasmtime

from tamis.abi import table

__all__ = ["FOUND", "LIFE", "LONG", "ROOM", "VALUE", "WORDS", "Micro", "call", "loop", "made"]

FOUND, WORDS, VALUE, ROOM = 0, 256, 4096, 65536
#: Bytes of the long value.
LONG = 4096
#: Callbacks of a stream that a filter of any SDK has.
LIFE = (
    "proxy_on_context_create",
    "proxy_on_request_headers",
    "proxy_on_response_headers",
    "proxy_on_done",
    "proxy_on_log",
    "proxy_on_delete",
)
_PAGES = 8
#: Words that scattered code reads from.
_DATA = 8192
_ABI = "0.2.1"
_TYPES = {"i": "i32", "I": "i64"}
#: What callbacks return: whether to go on is 0, whether something is done is 1.
_DONE = ("proxy_on_done", "proxy_on_configure", "proxy_on_vm_start")


@dataclass(frozen=True, slots=True)
class Micro:
    """A filter with `callbacks`, of which some do something: `code` by name, `times` over.

    `once`: code before it, in the same callback. `words`: text at addresses. `result`: of a
    callback, where it is not the usual one. `functions`: of the module's own, each a few steps of
    arithmetic from a number to a number.
    """

    callbacks: Sequence[str] = LIFE
    code: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    once: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[int, bytes] = field(default_factory=dict)
    result: Mapping[str, int] = field(default_factory=dict)
    functions: tuple[str, ...] = ()


def call(function: str, *arguments: int | str) -> str:
    """A call of a host function; a text is an expression."""
    kinds = table.imports()[function].params
    values = [
        f"({_TYPES[kind]}.const {value})" if isinstance(value, int) else value
        for kind, value in zip(kinds, arguments, strict=True)
    ]
    return f"(drop (call ${function} {' '.join(values)}))"


def loop(rounds: int) -> str:
    """A hash of bytes in memory: arithmetic, loads, and a branch that is taken now and then, as
    filters have them.
    """
    return f"""(local.set $n (i32.const {rounds}))
      (loop $again
        (local.set $hash (i32.mul (i32.const 16777619) (i32.xor (local.get $hash)
          (i32.load8_u (i32.add (i32.const {VALUE})
            (i32.and (local.get $n) (i32.const {LONG - 1})))))))
        (if (i32.eqz (i32.and (local.get $hash) (i32.const 7)))
          (then (local.set $hash (i32.add (local.get $hash) (i32.const 1)))))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (i32.store (i32.const {FOUND}) (local.get $hash))"""


def made(micro: Micro) -> bytes:
    """The module."""
    bodies = {name: _body(micro, name) for name in micro.callbacks}
    used = [
        name for name in table.imports() if any(f"${name} " in body for body in bodies.values())
    ]
    parts = [
        *map(_imported, used),
        f'(memory (export "memory") {_PAGES})',
        *(f'(data (i32.const {at}) "{_escaped(text)}")' for at, text in micro.words.items()),
        f'(data (i32.const {VALUE}) "{"a" * LONG}")',
        f'(func (export "proxy_abi_version_{_ABI.replace(".", "_")}"))',
        f'(func (export "malloc") (param i32) (result i32) (i32.const {ROOM}))',
        *(_callback(micro, *each) for each in bodies.items()),
        *(_function(name, random.Random(name)) for name in micro.functions),
    ]
    return bytes(wasmtime.wat2wasm(f"(module {' '.join(parts)})"))


def _body(micro: Micro, name: str) -> str:
    return micro.once.get(name, "") + micro.code.get(name, "") * micro.times


def _imported(name: str) -> str:
    kinds = " ".join(_TYPES[kind] for kind in table.imports()[name].params)
    return f'(import "env" "{name}" (func ${name} (param {kinds}) (result i32)))'


def _callback(micro: Micro, name: str, body: str) -> str:
    known = table.callbacks()[name]
    kinds = " ".join(_TYPES[kind] for kind in known.params[_ABI])
    if not known.results:
        return f'(func (export "{name}") (param {kinds}) (local $n i32) (local $hash i32) {body})'
    result = micro.result.get(name, int(name in _DONE))
    return (
        f'(func (export "{name}") (param {kinds}) (result i32) (local $n i32) (local $hash i32) '
        f"{body} (i32.const {result}))"
    )


def _function(name: str, chance: random.Random) -> str:
    """Five steps, each with a branch and a load: filters have data all over the place, too."""
    steps = "".join(
        f"""(local.set 0 (i32.mul (i32.const {chance.randrange(1, 1 << 14) | 1})
              (i32.xor (local.get 0) (i32.load (i32.const {ROOM + 4 * chance.randrange(_DATA)})))))
            (if (i32.and (local.get 0) (i32.const {1 << chance.randrange(10)}))
              (then (local.set 0 (i32.add (local.get 0) (i32.const {chance.randrange(1024)})))))"""
        for _ in range(5)
    )
    return f"(func ${name} (param i32) (result i32) {steps} (local.get 0))"


def _escaped(text: bytes) -> str:
    return "".join(f"\\{byte:02x}" for byte in text)
