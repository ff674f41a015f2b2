"""What a shared library offers and asks for, and what a program needs."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tamis import elf

SOURCE = """
extern int wanted(void);
static int local(void) { return 1; }
int offered(void) { return wanted() + local(); }
__attribute__((visibility("hidden"))) int hidden(void) { return 2; }
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("elf")
    (folder / "a.c").write_text(SOURCE)
    command = [sys.executable, "-m", "ziglang", "cc", "-shared", "-fPIC", "-o", "a.so", "a.c"]
    subprocess.run(command, cwd=folder, check=True)
    return (folder / "a.so").read_bytes()


def test_names_are_read(library: bytes) -> None:
    found = elf.read(library)
    assert "offered" in found.exports
    assert "wanted" in found.imports
    assert not {"hidden", "local", "wanted"} & found.exports


@pytest.mark.parametrize("content", [b"", b"\0asm", b"\x7fELF\x02\x01" + bytes(58)])
def test_what_is_none_is_refused(content: bytes) -> None:
    assert not elf.is_library(content)
    with pytest.raises(ValueError, match="no shared library"):
        elf.read(content)


def test_a_damaged_one_is_refused(library: bytes) -> None:
    with pytest.raises(ValueError, match="damaged"):
        elf.read(library[: len(library) // 2])


def test_what_a_program_needs(library: bytes) -> None:
    needed = elf.program(Path(sys.executable).resolve().read_bytes()[: 1 << 16])
    assert needed
    assert needed.machine == platform.machine()
    assert Path(needed.loader).is_file()
    assert elf.program(library) == elf.Program(platform.machine(), "")


@pytest.mark.parametrize(
    "content", [b"", b"#!/bin/sh", b"\x7fELF\x02\x01", b"\x7fELF\x01\x01" * 40]
)
def test_what_is_no_program(content: bytes) -> None:
    assert elf.program(content) is None


def test_a_program_for_a_machine_nobody_knows() -> None:
    head = b"\x7fELF\x02\x01".ljust(18, b"\0") + b"\xff\xfe" + bytes(100)
    assert elf.program(head) == elf.Program("65279", "")


def test_tables_that_are_nowhere() -> None:
    head = bytearray(b"\x7fELF\x02\x01".ljust(64, b"\0"))
    head[56:58] = b"\xff\xff"
    head[32:40] = b"\xff" * 8
    assert elf.program(bytes(head)) is None
    head[16:18], head[40:48], head[60:62] = b"\3\0", b"\xff" * 8, b"\1\0"
    with pytest.raises(ValueError, match="a damaged shared library"):
        elf.read(bytes(head))
