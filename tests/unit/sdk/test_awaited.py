"""Answers that come late or never: two plugins in one module, streams and plugins that go first.

The scaffolds of kind `callout`, against a host that answers in any order, which a proxy does not.
"""

import struct
from itertools import count
from pathlib import Path

import pytest

import tamis
from tamis.model.filter import Filter
from tamis.toolchains import Here, toolchain_for

from .test_two_plugins import SOURCES, Machine

CONFIGURATION = b'{"cluster": "authz", "path": "/"}'


class Calls(Machine):
    """Takes calls, and gives answers without any header."""

    def __init__(self, wasm: bytes) -> None:
        super().__init__(wasm)
        self.configuration = CONFIGURATION
        self.numbers = count(4, 4)
        self.acting: list[int] = []

    def proxy_http_call(self, *arguments) -> int:
        self.memory.write(self.store, struct.pack("<I", next(self.numbers)), arguments[-1])
        return 0

    def proxy_get_header_map_value(self, *_) -> int:
        return 1

    def proxy_set_effective_context(self, context: int) -> int:
        self.acting.append(context)
        return 0

    def plugin(self, plugin: int) -> None:
        self.call("proxy_on_context_create", plugin, 0)
        assert self.call("proxy_on_configure", plugin, len(CONFIGURATION)) == 1

    def ask(self, stream: int, plugin: int) -> None:
        self.call("proxy_on_context_create", stream, plugin)
        assert self.call("proxy_on_request_headers", stream, 0, 1) == 1

    def answer(self, plugin: int, number: int) -> list[int]:
        """Whose stream was acted on."""
        self.acting.clear()
        self.call("proxy_on_http_call_response", plugin, number, 0, 0, 0)
        return list(self.acting)


@pytest.fixture(params=SOURCES)
def machine(request):
    folder = Path(tamis.__file__).parent / "templates" / "languages" / request.param / "callout"
    source = folder / SOURCES[request.param]
    with Here() as shop:
        filter_ = Filter(folder, "callout", "1.0.0", request.param, (source,))
        return Calls(toolchain_for(request.param).build(filter_, shop).wasm)


def test_each_answer_goes_to_who_asked_and_once(machine):
    machine.plugin(1)
    machine.plugin(2)
    for stream, plugin in ((3, 1), (4, 2), (5, 1), (6, 1)):
        machine.ask(stream, plugin)  # calls 4, 8, 12, 16
    machine.call("proxy_on_delete", 5)
    assert machine.answer(1, 16) == [6]
    assert machine.answer(2, 8) == [4]
    assert machine.answer(1, 12) == []  # it is gone
    assert machine.answer(1, 4) == [3]
    assert machine.answer(1, 4) == machine.answer(2, 8) == machine.answer(1, 400) == []
    # Another configuration takes the place of the first; what that asked for is nobody's.
    machine.ask(7, 1)
    for context in (7, 3, 6, 1):
        machine.call("proxy_on_delete", context)
    machine.plugin(8)
    machine.ask(9, 8)
    assert machine.answer(8, 20) == []
    assert machine.answer(8, 24) == [9]


def test_what_is_never_answered_is_not_kept(machine):
    streams = count(10)

    def configured_anew() -> int:
        plugin = next(streams)
        machine.plugin(plugin)
        asking = [next(streams) for _ in range(30)]
        for stream in asking:
            machine.ask(stream, plugin)
        for context in (*asking, plugin):
            machine.call("proxy_on_delete", context)
        return machine.memory.size(machine.store)

    sizes = [configured_anew() for _ in range(150)]
    assert sizes[-1] == sizes[2]
