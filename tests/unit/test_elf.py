"""What a shared library offers and asks for."""

import subprocess
import sys

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
