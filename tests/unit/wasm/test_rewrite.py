"""Sections out and in; everything else keeps its bytes."""

import pytest
import wasmtime

from tamis.errors import BadInput
from tamis.wasm import keep_exports, read, strip
from tamis.wasm.rewrite import pack_data, with_section, without_sections

MODULE = bytes(
    wasmtime.wat2wasm(
        '(module (memory (export "memory") 1) (func $named (export "proxy_on_log"))'
        ' (func (export "malloc")) (global (export "g") i32 (i32.const 1)))'
    )
)


def exports(wasm):
    return [each.name for each in wasmtime.Module(wasmtime.Engine(), wasm).exports]


def test_only_the_wanted_exports_stay():
    kept = keep_exports(MODULE, lambda name: name != "proxy_on_log")
    assert exports(MODULE) == ["memory", "proxy_on_log", "malloc", "g"]
    assert exports(kept) == ["memory", "malloc", "g"]
    assert len(kept) == len(MODULE) - len("proxy_on_log") - 3
    assert keep_exports(MODULE, lambda _: True) == MODULE
    assert exports(keep_exports(MODULE, lambda _: False)) == []


def test_names_and_debug_information_go_and_the_rest_stays():
    wasm = with_section(MODULE, "name", b"\0\1\0")
    wasm = with_section(wasm, ".debug_info", b"abc")
    wasm = with_section(wasm, "producers", b"\0")
    wasm = with_section(wasm, ".dep-v0", b"zlib")
    stripped = strip(wasm)
    assert b".debug_info" not in stripped
    assert b"producers" in stripped
    assert b".dep-v0zlib" in stripped
    assert stripped == strip(stripped)
    assert exports(stripped) == exports(MODULE)


def test_a_section_replaces_its_namesake():
    once = with_section(MODULE, "x", b"old" * 100)
    assert with_section(once, "x", b"new") == with_section(MODULE, "x", b"new")
    assert without_sections(once, lambda name: name == "x") == without_sections(
        MODULE, lambda name: name == "x"
    )


@pytest.mark.parametrize(
    "wasm", [b"", b"\0asm\x0d\0\1\0", MODULE[:-1], MODULE + b"\0", MODULE + b"\7\2\5a"]
)
def test_what_is_damaged_is_bad_input(wasm):
    with pytest.raises(BadInput, match="not a valid WebAssembly module"):
        keep_exports(wasm, lambda _: True)


def memory(wasm):
    store = wasmtime.Store()
    instance = wasmtime.Instance(store, wasmtime.Module(store.engine, wasm), [])
    return bytes(instance.exports(store)["memory"].read(store, 0, 65536))


def data(*segments, more=""):
    written = "".join(f'(data (i32.const {at}) "{content}")' for at, content in segments)
    text = f'(module (memory (export "memory") 1) {more} {written})'
    return bytes(wasmtime.wat2wasm(text))


ZEROS = "\\00" * 8
SHORT = "\\00" * 7


@pytest.mark.parametrize(
    ("segments", "segments_left"),
    [
        ([(8, f"{ZEROS}abc{ZEROS}")], 1),
        ([(8, f"a{ZEROS}b{ZEROS * 30}c")], 3),
        ([(8, f"a{SHORT}b")], 1),
        ([(8, "a"), (9, "b"), (17, "c")], 1),
        ([(8, "a"), (17, "b")], 2),
        ([(8, ZEROS)], 0),
        ([(0, "a"), (65535, "b")], 2),
        ([(63, "a"), (8191, "b"), (8300, "\\ff" * 200)], 3),
    ],
)
def test_data_without_its_zeros_makes_the_same_memory(segments, segments_left):
    wasm = data(*segments)
    packed = pack_data(wasm)
    assert memory(packed) == memory(wasm)
    assert len(packed) <= len(wasm)
    assert pack_data(packed) == packed
    (section,) = (each for each in read(packed).sections if each.name == "data")
    assert packed[section.offset] == segments_left


@pytest.mark.parametrize(
    "wasm",
    [
        data((8, f"{ZEROS}a"), (8, f"{ZEROS}b")),  # one overwrites the other
        data((32, "b"), (8, f"{ZEROS}a")),
        data((8, ZEROS), more=f'(data "{ZEROS}")'),  # one is there for the asking
        data((300, "a"), more=f'(data "\\08\\0b\\3e{ZEROS}{"x" * 54}")'),  # reads as if it were not
        data((8, ZEROS), more="(func (data.drop 0))"),
        bytes(
            wasmtime.wat2wasm(
                '(module (memory (import "env" "memory") 1) (global $g i32 (i32.const 8))'
                f' (data (i32.const 8) "{ZEROS}a"))'
            )
        ),
        bytes(
            wasmtime.wat2wasm(
                '(module (import "env" "g" (global $g i32)) (memory 1)'
                f' (data (global.get $g) "{ZEROS}a"))'
            )
        ),
        MODULE,
    ],
)
def test_data_that_may_mean_more_stays(wasm):
    assert pack_data(wasm) == wasm
