"""Modules that come compiled."""

from dataclasses import replace

import pytest

from tamis.errors import BadInput
from tamis.toolchains import Here, Prebuilt


def test_the_module_is_taken_as_it_is(make_filter, compiled):
    filter_ = make_filter(language="prebuilt", file="x.wasm")
    filter_.sources[0].write_bytes(b"\0asm\1\0\0\0")
    assert compiled(filter_).wasm == b"\0asm\1\0\0\0"
    with Here() as shop:
        assert Prebuilt().fingerprint(filter_, shop).toolchain == "prebuilt"
        assert Prebuilt().find(shop).version == "prebuilt"


def test_what_is_no_module_is_refused(make_filter, compiled):
    with pytest.raises(BadInput, match="is not a WebAssembly module") as caught:
        compiled(make_filter(language="prebuilt"))
    assert str(caught.value.at).endswith("tamis.toml")


def test_a_missing_module_is_named(make_filter, compiled):
    filter_ = make_filter(language="prebuilt")
    filter_.sources[0].unlink()
    with pytest.raises(BadInput, match=r"cannot read the module .*filter.cc: No such file"):
        compiled(filter_)


def test_exactly_one_module_is_named(make_filter, compiled):
    with pytest.raises(BadInput, match="hello is prebuilt and names 0 sources"):
        compiled(replace(make_filter(language="prebuilt"), sources=()))
