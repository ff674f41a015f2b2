"""C++ filters of an SDK in the official one's shape: found, built, exported, refused."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import wasmtime

from tamis import host
from tamis.errors import BadInput, Missing
from tamis.model.build import BuildSettings
from tamis.model.exchange import Exchange, Fixture, Request
from tamis.toolchains import cpp_sdk

SDK = Path(__file__).parents[2] / "assets" / "cpp_sdk"
SOURCE = """\
#include "proxy_wasm_intrinsics.h"

class Hello : public Context {
 public:
  explicit Hello(uint32_t id) : Context(id) {}
  FilterHeadersStatus onRequestHeaders(uint32_t, bool) override {
    addRequestHeader("x-hello", std::string("wor") + "ld");
    return FilterHeadersStatus::Continue;
  }
};

static RegisterContextFactory hello([](uint32_t id) { return std::make_unique<Hello>(id); });
"""
pytestmark = pytest.mark.timeout(600)  # zig compiles its C++ library once


@pytest.fixture
def make_sdk_filter(make_filter):
    def make(source: str = SOURCE, **settings):
        return make_filter(source, settings={"sdk": "proxy-wasm", **settings})

    return make


def exports(wasm):
    return {each.name for each in wasmtime.Module(wasmtime.Engine(), wasm).exports}


@pytest.mark.judge  # half a minute: all of the SDK, and nothing of it is known to the compiler
def test_the_sdk_compiles_with_the_filter_and_runs(make_sdk_filter, compiled):
    built = compiled(make_sdk_filter(sdk_path=str(SDK)))
    assert exports(built.wasm) >= {
        "memory", "malloc", "_initialize", "proxy_abi_version_0_2_1", "proxy_on_context_create",
        "proxy_on_request_headers", "proxy_on_response_headers", "proxy_on_log", "proxy_on_delete",
    }  # fmt: skip
    assert built.outside == ()
    assert b"/tests/assets" not in built.wasm
    fixture = Fixture(
        "f", Path("f.yaml"), (Exchange(Request(((":method", "GET"), (":path", "/")))),)
    )
    outcome = host.run(built.wasm, fixture).outcome
    assert ("x-hello", "world") in outcome.exchanges[0].request.headers


def test_only_the_callbacks_that_count_are_exported(make_sdk_filter, compiled):
    every = make_sdk_filter(sdk_path=str(SDK))
    few = replace(every, build=BuildSettings(exports=("proxy_on_request_headers",)))
    all_of_it, part = compiled(every).wasm, compiled(few).wasm
    callbacks = {name for name in exports(part) if name.startswith("proxy_on_")}
    assert callbacks == {"proxy_on_request_headers", "proxy_on_context_create", "proxy_on_delete"}
    assert exports(part) >= {"malloc", "memory", "_initialize", "proxy_abi_version_0_2_1"}
    assert len(part) < len(all_of_it)


def test_the_environment_names_it_too(make_sdk_filter, compiled, monkeypatch, tmp_path):
    filter_ = make_sdk_filter()
    monkeypatch.setenv("TAMIS_CPP_SDK", str(shutil.copytree(SDK, tmp_path / "sdk")))
    assert compiled(filter_).wasm
    monkeypatch.setenv("TAMIS_CPP_SDK", str(tmp_path))
    with pytest.raises(
        BadInput, match=r"no proxy-wasm-cpp-sdk: it has no proxy_wasm_intrinsics\.cc"
    ):
        compiled(filter_)


def test_what_is_named_wins_over_the_environment(make_sdk_filter, monkeypatch, tmp_path):
    monkeypatch.setenv("TAMIS_CPP_SDK", str(tmp_path))
    assert cpp_sdk.folder(make_sdk_filter(sdk_path=str(SDK))) == SDK


def test_nobody_says_where_it_lies(make_sdk_filter, compiled, monkeypatch):
    monkeypatch.delenv("TAMIS_CPP_SDK", raising=False)
    with pytest.raises(Missing, match="nobody says where it lies") as caught:
        compiled(make_sdk_filter())
    assert "--sdk PATH" in caught.value.advice()


def test_an_sdk_that_nobody_has_is_bad_input(make_filter, compiled):
    with pytest.raises(BadInput, match=r"\[cpp\] sdk: 'mine' is not one of tamis, proxy-wasm"):
        compiled(make_filter(settings={"sdk": "mine"}))
