"""Memory: nothing is kept that nobody needs any more, and nobody gets less than was asked for."""

import pytest
import wasmtime


def test_a_stream_keeps_what_it_was_given(outcome_of):
    outcome = outcome_of("memory", b"", [("x-a", "kept " * 100)])
    assert ("x-kept", "kept " * 100) in outcome.exchanges[0].response.headers
    assert ("x-copy", "kept " * 100) in outcome.exchanges[0].request.headers


def test_memory_does_not_grow_with_exchanges(replayed):
    headers = [("x-a", "v" * 3000)]
    few = replayed("memory", 10, b"", headers)
    many = replayed("memory", 100_000, b"", headers)
    assert many.exchanges == 100_000
    assert many.counts.memory_high_water == few.counts.memory_high_water <= 2 * 65536


@pytest.mark.parametrize("size", [2**30, 2**31, 2**32 - 8, 2**32 - 1])
def test_more_than_there_can_be_is_a_trap(module_of, size):
    store = wasmtime.Store()
    linker = wasmtime.Linker(store.engine)
    module = wasmtime.Module(store.engine, module_of("memory"))
    linker.define_unknown_imports_as_traps(module)
    malloc = linker.instantiate(store, module).exports(store)["malloc"]
    signed = size - 2**32 if size >= 2**31 else size
    with pytest.raises(wasmtime.Trap, match="unreachable"):
        malloc(store, signed)
