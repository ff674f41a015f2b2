"""Guests that call host functions with constants, made from the ABI table; and their costs."""

import struct
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from tamis.abi import table
from tamis.benches.advice import advise
from tamis.benches.counts import count, counted
from tamis.benches.prices import load
from tamis.model.exchange import Answer, Exchange, Fixture, Request

REQUEST = (
    (":method", "GET"),
    (":path", "/a"),
    (":scheme", "http"),
    (":authority", "h"),
    ("x-a", "1"),
    ("x-b", "2"),
    ("x-c", "3"),
)
#: Where constants stand, where results go, and what the allocator gives.
_DATA, _OUT, _ROOM = 1024, 64, 32768


def serialized(*pairs):
    """Header pairs as a guest hands them over."""
    sizes = [len(text) for pair in pairs for text in pair]
    texts = "".join(f"{text}\0" for pair in pairs for text in pair).encode()
    return struct.pack(f"<{1 + len(sizes)}I", len(pairs), *sizes) + texts


class _Guest:
    """Collects functions and constants."""

    def __init__(self):
        self.data = b""
        self.used = set()

    def call(self, name, *arguments):
        """A call with numbers, and bytes where the function takes an address and a size."""
        self.used.add(name)
        given, constants, out = list(arguments), [], _OUT
        roles = iter(table.raw()["imports"][name]["params"])
        for param in roles:
            letter = param["type"]
            if param["role"].startswith("out_"):
                constants.append(f"({letter}.const {out})")
                out += 8
            elif isinstance(given[0], bytes):
                text = given.pop(0)
                constants += [f"(i32.const {_DATA + len(self.data)})", f"(i32.const {len(text)})"]
                self.data += text
                next(roles)
            else:
                constants.append(f"({letter}.const {given.pop(0)})")
        assert not given
        return f"(drop (call ${name} {' '.join(constants)}))"

    def module(self, callbacks):
        bodies = {name: [self.call(*each) for each in calls] for name, calls in callbacks.items()}
        lines = ["(module"]
        for name in sorted(self.used):
            shape = table.imports()[name]
            lines.append(
                f'(import "env" "{name}" (func ${name} {_params(shape.params)}'
                f" {_results(shape.results)}))"
            )
        lines.append('(func (export "proxy_abi_version_0_2_1"))(memory (export "memory") 2)')
        lines.append(f'(func (export "malloc") (param i32) (result i32) i32.const {_ROOM})')
        text = "".join(f"\\{byte:02x}" for byte in self.data)
        lines.append(f'(data (i32.const {_DATA}) "{text}")')
        for name, body in bodies.items():
            shape = table.callbacks()[f"proxy_{name}"]
            yes = name in ("on_done", "on_configure", "on_vm_start")
            result = f"(i32.const {int(yes)})" if shape.results else ""
            lines.append(
                f'(func (export "proxy_{name}") {_params(shape.params["0.2.1"])}'
                f" {_results(shape.results)} {' '.join(body)} {result})"
            )
        return bytes(wat2wasm("\n".join([*lines, ")"])))


def _params(letters):
    return f"(param {' '.join('i64' if each == 'I' else 'i32' for each in letters)})"


def _results(letters):
    return "(result i32)" if letters else ""


@pytest.fixture
def guest():
    """Makes a module: guest(on_log=[("proxy_log", 2, b"text")])."""
    return lambda **callbacks: _Guest().module(callbacks)


@pytest.fixture
def fixture_of():
    """Makes a fixture; without steps: of one exchange with bodies both ways."""

    def make(*steps, name="t", **rest):
        default = Exchange(Request(REQUEST, (b"a" * 2000, b"b" * 2000)), Answer(body=(b"c" * 100,)))
        return Fixture(name=name, path=Path(f"{name}.yaml"), steps=steps or (default,), **rest)

    return make


@pytest.fixture
def ran(fixture_of):
    """Runs a module, to be counted."""

    def run(module, *fixtures):
        return tuple(count(module, fixtures or (fixture_of(),)))

    return run


@pytest.fixture
def costs(ran):
    """What a module costs."""
    return lambda module, *fixtures: counted(ran(module, *fixtures))


@pytest.fixture
def advised(ran):
    """The rules that find something in a module, with what they say."""

    def advise_on(module, *fixtures):
        return {each.rule: each for each in advise(ran(module, *fixtures), load())}

    return advise_on


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """No test sees another's compiled modules."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
