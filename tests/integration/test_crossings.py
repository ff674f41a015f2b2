"""How often our filters cross the boundary: as often as proxy-wasm makes them, and no more.

Why there is no fewer, for each kind of crossing of an exchange:

- `proxy_on_context_create` is the only one that says to which plugin a stream belongs. Envoy runs
  several plugins in one VM: those of one module, and old and new ones while a configuration is
  replaced. A filter with a configuration must be told.
- `proxy_on_delete` is the only one after which nothing of the stream comes: without it what was
  kept of a stream is kept for ever.
- a callback of headers, for each message that the filter may change.
- two to read a map: the host asks the module for room (`malloc`). One header by itself costs the
  same two, unless it is absent; so the map is read whole, once, and only by who asks for something.
- one for each change that changes something. All of a map could go out in one, but a header of a
  map costs Envoy as much as a call (docs/cost.md): only with more changes than headers that is
  less.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.machine import Machine

ROOT = Path(__file__).parents[2]
CREATE, DELETE = "proxy_on_context_create", "proxy_on_delete"
REQUEST, RESPONSE = "proxy_on_request_headers", "proxy_on_response_headers"
READ, ROOM = "proxy_get_header_map_pairs", "malloc"
ADD, SET, REMOVE, WHOLE = (
    "proxy_add_header_map_value",
    "proxy_replace_header_map_value",
    "proxy_remove_header_map_value",
    "proxy_set_header_map_pairs",
)
BY_HAND = "one-header-by-hand"


def exchanges(folder: Path, tamis_cli) -> list[tuple[str, Mapping[str, Mapping[str, int]]]]:
    """The fixture of each exchange, and its callbacks with the functions that each led to."""
    ended = tamis_cli("bench", folder, "--json")
    assert ended.code == 0, ended.out + ended.err
    (card,) = json.loads(ended.out)["cards"]
    found = []
    for fixture in card["fixtures"]:
        for step in fixture["steps"]:
            if step["kind"] != "exchange":
                continue
            assert all(each["runs"] == 1 for each in step["callbacks"])
            callbacks = {
                each["callback"]: {one["function"]: one["calls"] for one in each["functions"]}
                for each in step["callbacks"]
            }
            counted = len(callbacks) + sum(sum(each.values()) for each in callbacks.values())
            assert step["crossings"] == counted
            found.append((fixture["fixture"], callbacks))
    return found


@pytest.mark.parametrize("name", ["one-header", BY_HAND])
def test_one_header_crosses_four_times(name: str, tamis_cli):
    seen = exchanges(ROOT / "benchmarks" / "filters" / name, tamis_cli)
    assert len(seen) == 4
    for _, callbacks in seen:
        assert callbacks == {CREATE: {}, REQUEST: {ADD: 1}, DELETE: {}}


def test_the_default_policy_reads_once_and_writes_what_changes(tamis_cli):
    seen = exchanges(ROOT / "filters" / "header-policy", tamis_cli)
    both = [each for name, each in seen if name.startswith("the default policy")]
    assert both == [
        {
            CREATE: {},
            # x-debug and x-user go; x-policy and x-forwarded-user are set; x-scope has two values.
            REQUEST: {READ: 1, ROOM: 1, REMOVE: 2, SET: 2, ADD: 2},
            # x-powered-by goes; two headers are always set, and cache-control where there is none.
            RESPONSE: {READ: 1, ROOM: 1, REMOVE: 1, SET: 3},
            DELETE: {},
        },
        {
            CREATE: {},
            # Nothing to remove: that is known from reading, and so costs nothing.
            REQUEST: {READ: 1, ROOM: 1, SET: 1},
            RESPONSE: {READ: 1, ROOM: 1, SET: 2},
            DELETE: {},
        },
    ]


def test_no_policy_reads_twice_or_for_nothing(tamis_cli):
    seen = exchanges(ROOT / "filters" / "header-policy", tamis_cli)
    idle, whole = 0, 0
    for name, callbacks in seen:
        assert set(callbacks) <= {CREATE, REQUEST, RESPONSE, DELETE}, name
        for calls in callbacks.values():
            assert set(calls) <= {READ, ROOM, ADD, SET, REMOVE, WHOLE}, name
            assert calls.get(READ, 0) == calls.get(ROOM, 0) <= 1, name
            assert calls.get(WHOLE, 0) == 0 or set(calls) == {READ, ROOM, WHOLE}, name
            whole += calls.get(WHOLE, 0)
        idle += not any(callbacks.values())
    assert idle > 3, "policies without rules ask for nothing"
    assert whole, "one fixture has more changes than headers"


@pytest.mark.parametrize("name", ["one-header", BY_HAND])
def test_each_exchange_has_the_value_of_its_own_plugin(name: str, tamis_cli):
    """What the first and the last crossing are for."""
    folder = ROOT / "benchmarks" / "filters" / name
    assert tamis_cli("build", folder).code == 0
    machine = Machine((folder / "build" / f"{name}.wasm").read_bytes())

    def configure(plugin: int, value: str) -> bool:
        machine.configuration = value.encode()
        machine.call(CREATE, plugin, 0)
        return machine.call("proxy_on_configure", plugin, len(machine.configuration)) == 1

    def added(stream: int) -> list[bytes]:
        machine.written.clear()
        assert machine.call(REQUEST, stream, 1, 1) == 0
        return [value for _, value in machine.written]

    assert configure(1, '"old"')
    assert configure(3, '"the new one"')
    machine.call(CREATE, 2, 1)
    machine.call(CREATE, 1026, 3)  # falls into the bucket of 2
    assert (added(2), added(1026)) == ([b"old"], [b"the new one"])
    machine.call(DELETE, 2)
    machine.call(DELETE, 1)
    assert not configure(4, "1")
    assert configure(5, '"one"')
    machine.call(DELETE, 4)
    assert configure(6, '"two"')
    machine.call(CREATE, 7, 5)
    assert added(7) == [b"one"]
    # Many configurations and streams later there is no more memory in use than at first.
    before = machine.memory.size(machine.store)
    for turn in range(3000):
        plugin = 2000 + 2 * turn
        assert configure(plugin, f'"{turn % 7:0>40}"')
        machine.call(CREATE, plugin + 1, plugin)
        assert added(plugin + 1) == [b"%040d" % (turn % 7)]
        machine.call(DELETE, plugin + 1)
        machine.call(DELETE, plugin)
    assert added(1026) == [b"the new one"]
    assert machine.memory.size(machine.store) == before
