"""One module that serves two configurations at once, as Envoy lets plugins of one VM do."""

import json
from pathlib import Path

import pytest
from tests.machine import Machine

import tamis
from tamis.model.filter import Filter
from tamis.toolchains import Here, toolchain_for

SOURCES = {"cpp": "filter.cc", "c": "filter.c", "zig": "filter.zig"}


@pytest.mark.parametrize("language", SOURCES)
def test_each_exchange_has_the_settings_of_its_plugin(language):
    folder = Path(tamis.__file__).parent / "templates" / "languages" / language / "headers"
    source = folder / SOURCES[language]
    with Here() as shop:
        filter_ = Filter(folder, "headers", "1.0.0", language, (source,))
        machine = Machine(toolchain_for(language).build(filter_, shop).wasm)

    def configure(plugin, value):
        machine.configuration = json.dumps({"header": "x-a", "value": value}).encode()
        machine.call("proxy_on_context_create", plugin, 0)
        assert machine.call("proxy_on_configure", plugin, len(machine.configuration)) == 1

    def seen(stream):
        machine.written.clear()
        assert machine.call("proxy_on_request_headers", stream, 1, 1) == 0
        return list(machine.written)

    configure(1, "one")
    configure(2, "two")
    # 1026 falls into the bucket of 2.
    for stream, plugin in ((3, 1), (4, 2), (1026, 1), (1027, 2)):
        machine.call("proxy_on_context_create", stream, plugin)
    assert [seen(stream) for stream in (3, 4, 1026, 1027)] == [
        [(b"x-a", b"one")], [(b"x-a", b"two")], [(b"x-a", b"one")], [(b"x-a", b"two")],
    ]  # fmt: skip
    # One goes, the others stay.
    machine.call("proxy_on_delete", 1026)
    machine.call("proxy_on_delete", 3)
    machine.call("proxy_on_delete", 1)
    configure(1028, "three")
    machine.call("proxy_on_context_create", 1029, 1028)
    assert [seen(stream) for stream in (4, 1027, 1029)] == [
        [(b"x-a", b"two")], [(b"x-a", b"two")], [(b"x-a", b"three")],
    ]  # fmt: skip
    # A context that is unknown, and one that is no stream, do nothing.
    assert seen(77) == seen(3) == seen(2) == []
