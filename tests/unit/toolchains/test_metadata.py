"""The custom section that `build` writes."""

import json

import pytest
import wasmtime

from tamis.errors import BadInput
from tamis.model.artifact import Metadata
from tamis.toolchains.metadata import embed
from tamis.wasm.custom import METADATA
from tamis.wasm.metadata import unpack

MODULE = bytes(wasmtime.wat2wasm('(module (func (export "f")))'))
LONG = Metadata(name="x", version="1.0.0", description="ü" * 300, targets=("istio@1.30",))


def section(wasm):
    """The text of the last section, which must be ours."""
    name = METADATA.encode()
    at = wasm.rindex(bytes([len(name)]) + name)
    return json.loads(unpack(wasm[at + 1 + len(name) :], "here"))


@pytest.mark.parametrize("metadata", [Metadata(name="x", version="1"), LONG])
def test_the_section_is_read_back_and_the_module_still_loads(metadata):
    wasm = embed(MODULE, metadata)
    assert wasm.startswith(MODULE)
    assert section(wasm)["name"] == "x"
    assert section(wasm).get("description", "") == metadata.description
    assert [e.name for e in wasmtime.Module(wasmtime.Engine(), wasm).exports] == ["f"]


def test_an_older_section_is_replaced_and_others_stay():
    other = b"\0\x06\x05other"
    once = embed(MODULE + other, LONG)
    twice = embed(once, Metadata(name="y", version="2"))
    assert section(twice)["name"] == "y"
    assert "description" not in section(twice)
    assert twice.count(METADATA.encode()) == 1
    assert other in twice
    assert twice == embed(MODULE + other, Metadata(name="y", version="2"))


def test_the_same_metadata_gives_the_same_bytes():
    assert embed(MODULE, LONG) == embed(embed(MODULE, LONG), LONG)


@pytest.mark.parametrize(
    ("wasm", "text"),
    [
        (b"", "not a valid WebAssembly module: it does not begin as one"),
        (b"\0asm\x0d\0\1\0", "not a valid WebAssembly module: it does not begin as one"),
        (MODULE + b"\0", "unexpected end"),
        (MODULE + b"\0\x7fabc", "127 bytes announced, 3 left"),
        (MODULE + b"\0\xff\xff\xff\xff\xff\xff", "integer is too long"),
    ],
)
def test_a_damaged_module_is_bad_input(wasm, text):
    with pytest.raises(BadInput, match=text):
        embed(wasm, LONG)
