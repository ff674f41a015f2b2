"""The C and Zig SDKs beyond JSON: every call once, state of an exchange, and memory."""

from functools import cache

import pytest
import wasmtime

from tamis.host import replay, run
from tamis.model.exchange import Answer
from tamis.model.filter import Filter
from tamis.toolchains import Here, sdk_folder, toolchain_for

from .conftest import HERE, fixture

HEADERS = sorted(path.name for path in sdk_folder("c").glob("*.h"))
FILES = [*sdk_folder("c").glob("*.h"), *sdk_folder("zig").glob("*.zig")]
ANSWER = Answer(((":status", "200"), ("x-r", "1")), (b"body",), (("x-gone", "1"), ("x-t", "2")))


#: Zig's checks turn what would be undefined in a small module into a trap.
BUILDS = [("c", "size"), ("zig", "ReleaseSmall"), ("zig", "ReleaseSafe")]


@cache
def built(language: str, optimize: str) -> bytes:
    source = HERE / "filters" / f"surface.{language}"
    settings = {"optimize": optimize}
    with Here() as shop:
        filter_ = Filter(
            source.parent, source.stem, "1.0.0", language, (source,), settings=settings
        )
        wasm = toolchain_for(language).build(filter_, shop).wasm
        assert [step.output for step in shop.steps if step.output] == []
    return wasm


@pytest.fixture(params=BUILDS, ids=" ".join)
def wasm(request):
    return built(*request.param)


def test_every_call_does_what_it_says(wasm):
    headers = [("x-in", "1"), ("x-in", ""), ("x-other", "2")]
    sent = fixture(b"", headers, body=[b"one", b"two"], trailers=[("x-t", "1")], answer=ANSWER)
    outcome = run(wasm, sent).outcome
    assert outcome.trap is None
    assert not outcome.unimplemented
    assert [line.message for line in outcome.logs] == [
        "x-in=1", "x-in=", "refused", "/ nobody 1767225600 more",
        "body 3 one", "body 6 onetwo", "log 1 2",
    ]  # fmt: skip
    (exchange,) = outcome.exchanges
    names = [name for name, _ in exchange.request.headers]
    assert not {"x-bad", "x-b\nad", "x-forged"} & set(names)
    assert [value for name, value in exchange.request.headers if name == "x-in"] == [
        "1", "", "added",
    ]  # fmt: skip
    assert exchange.request.body == b"<onetwo>"
    assert ("x-sum", "1") in exchange.request.trailers
    assert exchange.response.headers[-2:] == (("x-kept", "1"), ("x-empty", ""))
    assert ("x-r", "1") in exchange.response.headers
    assert exchange.response.body == b""
    assert exchange.response.trailers == (("x-t", "2"),)


def test_an_empty_header_is_a_header(wasm):
    outcome = run(wasm, fixture(b"", [("x-in", "")])).outcome
    assert ("x-kept", "") in outcome.exchanges[0].response.headers


def test_a_missing_header_is_none(wasm):
    outcome = run(wasm, fixture()).outcome
    assert ("x-kept", "none") in outcome.exchanges[0].response.headers


def test_a_map_too_large_for_one_call_is_left_alone(wasm):
    # Envoy would take more than 1024 pairs for none, and erase the map.
    many = Answer(((":status", "200"), *((f"x-{n}", "v") for n in range(1022))))
    outcome = run(wasm, fixture(answer=many)).outcome
    assert "not set" in [line.message for line in outcome.logs]
    assert len(outcome.exchanges[0].response.headers) >= 1023


def test_memory_does_not_grow_with_exchanges(wasm):
    sent = fixture(
        b"", [("x-in", "v" * 3000)], body=[b"b" * 5000], trailers=[("x-t", "1")], answer=ANSWER
    )
    few, many = (replay(wasm, sent, passes) for passes in (10, 20_000))
    assert many.exchanges == 20_000
    assert many.counts.memory_high_water == few.counts.memory_high_water <= 2 * 65536


@pytest.mark.parametrize("size", [2**30, 2**31, 2**32 - 8, 2**32 - 1])
def test_more_than_there_can_be_is_a_trap(wasm, size):
    store = wasmtime.Store()
    linker = wasmtime.Linker(store.engine)
    module = wasmtime.Module(store.engine, wasm)
    linker.define_unknown_imports_as_traps(module)
    malloc = linker.instantiate(store, module).exports(store)["malloc"]
    signed = size - 2**32 if size >= 2**31 else size
    with pytest.raises(wasmtime.Trap, match="unreachable"):
        malloc(store, signed)


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_compiles_alone(header, tmp_path):
    source = tmp_path / "alone.c"
    source.write_text(f"#include <{header}>\n#include <{header}>\n")
    with Here() as shop:
        toolchain_for("c").build(Filter(tmp_path, "alone", "1.0.0", "c", (source,)), shop)
        assert [step.output for step in shop.steps if step.output] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_is_small_and_says_its_license_and_purpose(path):
    lines = path.read_text().splitlines()
    assert lines[0] == "// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception"
    assert lines[2].startswith(("// ", "//! "))
    assert len(lines) <= 300
