"""What a module in a file says of itself, found without reading the file."""

from pathlib import Path

import pytest
import wasmtime

from tamis.errors import BadInput
from tamis.model.artifact import Metadata
from tamis.model.metadata import encode
from tamis.verbs.embedded import embedded
from tamis.wasm.brief import Brief, brief

_WAT = """(module
  (func (export "other") (export "proxy_abi_version_0_2_1") (export "memory_"))
  (memory (export "memory") 1) (data (i32.const 0) "x"))"""


def section(name: bytes, content: bytes) -> bytes:
    body = bytes([len(name)]) + name + content
    return b"\0" + bytes([len(body) & 0x7F | 0x80, len(body) >> 7]) + body


@pytest.fixture
def module() -> bytes:
    return bytes(wasmtime.wat2wasm(_WAT))


def found(tmp_path: Path, content: bytes) -> Brief:
    (tmp_path / "x.wasm").write_bytes(content)
    return brief(tmp_path / "x.wasm")


def test_the_abi_and_the_metadata(tmp_path: Path, module: bytes) -> None:
    assert found(tmp_path, module) == Brief("0.2.1", None)
    told = section(b"tamis.metadata", b"first") + section(b"tamis.metadata", b"second")
    assert found(tmp_path, module + section(b"name", b"n") + told) == Brief("0.2.1", b"first")
    assert found(tmp_path, module[:8]) == Brief(None, None)


def test_a_global_of_that_name_is_no_marker(tmp_path: Path) -> None:
    text = '(module (global (export "proxy_abi_version_0_2_1") i32 (i32.const 0)))'
    assert found(tmp_path, bytes(wasmtime.wat2wasm(text))).abi is None


def test_metadata_as_the_whole_reader_finds_it(tmp_path: Path, module: bytes) -> None:
    known = Metadata("hello", "1.2.3", abi="0.2.1", targets=("istio",))
    (tmp_path / "x.wasm").write_bytes(module + section(b"tamis.metadata", encode(known).encode()))
    assert embedded(tmp_path / "x.wasm") == known
    (tmp_path / "y.wasm").write_bytes(module)
    assert embedded(tmp_path / "y.wasm") == Metadata("y", "0.0.0", abi="0.2.1")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0asm",
        b"#!/bin/sh",
        b"\0asm\1\0\0\0\1",
        b"\0asm\1\0\0\0\1\x7f",
        b"\0asm\1\0\0\0\0\1\5",
    ],
)
def test_what_is_none(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadInput, match="not a valid WebAssembly module"):
        found(tmp_path, content)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file"):
        embedded(tmp_path / "none.wasm")
