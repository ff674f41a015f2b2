"""Modules that come compiled."""

from dataclasses import replace

import pytest

from tamis.errors import BadInput
from tamis.toolchains import Prebuilt, toolchain_for


def test_the_module_is_taken_as_it_is(make_filter):
    filter_ = make_filter(language="prebuilt", file="x.wasm")
    filter_.sources[0].write_bytes(b"\0asm\1\0\0\0")
    assert toolchain_for("prebuilt").build(filter_).wasm == b"\0asm\1\0\0\0"
    assert Prebuilt().fingerprint() == "prebuilt"
    assert Prebuilt().find().version == "prebuilt"


def test_what_is_no_module_is_refused(make_filter):
    with pytest.raises(BadInput, match="is not a WebAssembly module") as caught:
        Prebuilt().build(make_filter(language="prebuilt"))
    assert str(caught.value.at).endswith("tamis.toml")


def test_a_missing_module_is_named(make_filter):
    filter_ = make_filter(language="prebuilt")
    filter_.sources[0].unlink()
    with pytest.raises(BadInput, match=r"cannot read the module .*filter.cc: No such file"):
        Prebuilt().build(filter_)


def test_exactly_one_module_is_named(make_filter):
    with pytest.raises(BadInput, match="hello is prebuilt and names 0 sources"):
        Prebuilt().build(replace(make_filter(language="prebuilt"), sources=()))


def test_a_language_without_toolchain_is_said_so():
    with pytest.raises(BadInput, match="cannot build rust yet") as caught:
        toolchain_for("rust")
    assert "prebuilt" in caught.value.advice()
