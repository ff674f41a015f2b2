"""Behind the compiler: exports, debug information, an optimiser that is not there."""

from pathlib import Path

import pytest
import wasmtime

from tamis.errors import Missing, Rejected
from tamis.model.build import BuildSettings
from tamis.model.filter import Filter
from tamis.toolchains import Here, find_optimizer, finish, saved
from tamis.wasm.rewrite import with_section

MODULE = with_section(
    bytes(
        wasmtime.wat2wasm(
            '(module (memory (export "memory") 1)'
            ' (func (export "proxy_abi_version_0_2_1"))'
            ' (func (export "proxy_on_memory_allocate") (param i32) (result i32) i32.const 0)'
            ' (func (export "proxy_on_configure") (param i32 i32) (result i32) i32.const 1)'
            ' (func (export "proxy_on_log") (param i32))'
            ' (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)'
            " i32.const 0))"
        )
    ),
    "name",
    b"\0\2\1x",
)


def filter_with(**build) -> Filter:
    return Filter(Path("/f"), "x", "1.0.0", "cpp", (), build=BuildSettings(**build))


def exports(wasm):
    return {each.name for each in wasmtime.Module(wasmtime.Engine(), wasm).exports}


def test_by_default_only_names_go():
    with Here() as shop:
        wasm = finish(MODULE, filter_with(), shop, None)
    assert exports(wasm) == exports(MODULE)
    assert len(wasm) < len(MODULE)
    assert [(step.what, step.size) for step in shop.steps] == [("strip", len(wasm))]


def test_names_stay_where_they_are_wanted():
    with Here() as shop:
        assert finish(MODULE, filter_with(strip=False), shop, None) == MODULE
    assert shop.steps == []


def test_only_what_counts_stays_exported():
    with Here() as shop:
        wasm = finish(MODULE, filter_with(exports=("proxy_on_request_headers",)), shop, None)
    assert exports(MODULE) - exports(wasm) == {"proxy_on_log"}


def test_a_callback_that_is_not_there_is_told():
    wanted = filter_with(exports=("proxy_on_log", "proxy_on_tick", "proxy_on_body"))
    with pytest.raises(Rejected, match="names proxy_on_body, proxy_on_tick, which") as caught:
        finish(MODULE, wanted, Here(), None)
    assert caught.value.at.file == Path("/f/tamis.toml")


def test_no_optimiser_is_wanted():
    assert find_optimizer(filter_with(), Here()) is None


def test_an_optimiser_that_is_absent_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match="wants wasm-opt 108, and none is installed") as caught:
        find_optimizer(filter_with(optimize="wasm-opt@108"), Here())
    assert caught.value.exit_code == 3
    assert "Binaryen 108" in caught.value.advice()
    assert saved(MODULE, Here()) is None


def test_an_optimiser_that_refuses_takes_no_step_away(monkeypatch, tmp_path):
    stand_in = tmp_path / "wasm-opt"
    stand_in.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "wasm-opt version 1" || exit 1\n')
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with Here() as shop:
        finish(MODULE, filter_with(), shop, None)
        assert saved(MODULE, shop) is None
    assert [step.what for step in shop.steps] == ["strip"]


def test_another_version_will_not_do(monkeypatch, tmp_path):
    stand_in = tmp_path / "wasm-opt"
    stand_in.write_text("#!/bin/sh\necho 'wasm-opt version 109 (version_109)'\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match=r"wants wasm-opt 108, and version 109 is installed"):
        find_optimizer(filter_with(optimize="wasm-opt@108"), Here())
    assert find_optimizer(filter_with(optimize="wasm-opt@109"), Here()).version == "109"
