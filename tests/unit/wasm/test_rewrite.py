"""Sections out and in; everything else keeps its bytes."""

import pytest
import wasmtime

from tamis.errors import BadInput
from tamis.wasm import keep_exports, strip
from tamis.wasm.rewrite import with_section, without_sections

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
