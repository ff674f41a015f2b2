"""Which Envoy judges, and what is said when there is none."""

import os
import platform
import struct
from pathlib import Path

import pytest

from tamis import elf
from tamis.envoy import Binary, asking, find
from tamis.errors import BadInput, Missing


def program(path: Path, says: str) -> Path:
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def test_the_wheel_is_found(binary: Binary) -> None:
    assert binary.path.is_file()
    assert binary.host == f"envoy {binary.version}"
    assert "RELEASE" in binary.build


def test_a_path_wins_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "envoy  version: abc/1.37.0/Clean/RELEASE/BoringSSL"
    named = program(tmp_path / "named", text)
    given = program(tmp_path / "given", text.replace("1.37.0", "1.36.4"))
    monkeypatch.setenv("TAMIS_ENVOY", str(named))
    assert find() == Binary(named, "1.37.0", "Clean/RELEASE/BoringSSL")
    assert find(given).version == "1.36.4"


@pytest.mark.parametrize(
    ("says", "error", "words"),
    [
        ("hello", BadInput, "is a script that does not say an Envoy version, but 'hello'"),
        ("", BadInput, "is a script that does not say an Envoy version$"),
        ("version: abc/1.38.3/Modified/RELEASE/BoringSSL", Missing, "without Wasm"),
    ],
)
def test_what_is_no_envoy(tmp_path: Path, says: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        find(program(tmp_path / "x", says))


def test_another_build_of_a_version_whose_wheel_has_no_wasm(tmp_path: Path) -> None:
    says = "version: abc/1.38.3/Clean/RELEASE/BoringSSL"
    assert find(program(tmp_path / "x", says)).version == "1.38.3"


def put(path: Path, content: bytes, mode: int = 0o755) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def script(text: str) -> bytes:
    return f"#!/bin/sh\n{text}\n".encode()


GLIBC = """cat >&2 <<'END'
x: /lib/libm.so.6: version `GLIBC_2.38' not found (required by x)
x: /lib/libc.so.6: version `GLIBC_2.99' not found (required by x)
x: /lib/libc.so.6: version `GLIBC_2.4' not found (required by x)
END
exit 1"""
LIBRARY = "x: error while loading shared libraries: libfoo.so.1: cannot open shared object file"

#: What the file holds, its mode, what is said of it, and the advice.
FAULTS = {
    "empty": (b"", 0o755, "is an empty file, not an Envoy", "a binary or an image"),
    "text": (b"hello", 0o755, "is no program for this machine: Exec format error", "Name another"),
    "not executable": (script("exit"), 0o644, "is not executable", "Run: chmod +x /"),
    "no interpreter": (b"#!/no/sh -e\n", 0o755, "is a script for /no/sh -e, which is not", "Name"),
    "new glibc": (
        script(GLIBC), 0o755,
        f"needs glibc 2.99, and this machine has {' '.join(platform.libc_ver())}", "another system",
    ),
    "no library": (
        script(f"echo '{LIBRARY}'; exit 127"), 0o755,
        r"needs the library libfoo\.so\.1, which is not here", "another system",
    ),
    "crash": (script("kill -ILL $$"), 0o755, "ends by SIGILL at --version", "another system"),
    "talker": (
        script("yes"), 0o755, "talks without end at --version", "Name another",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_one_line_says_what_ails_a_file(tmp_path: Path, name: str) -> None:
    content, mode, words, advice = FAULTS[name]
    path = put(tmp_path / "envoy", content, mode)
    with pytest.raises(BadInput, match=words) as caught:
        find(path)
    assert caught.value.what.startswith(str(path))
    assert "\n" not in caught.value.what
    assert advice in caught.value.advice()


def test_one_for_another_machine(binary: Binary, tmp_path: Path) -> None:
    head = bytearray(binary.path.read_bytes()[: 1 << 16])
    head[18:20] = struct.pack("<H", 243)
    path = put(tmp_path / "envoy", head)
    here = platform.machine()
    with pytest.raises(BadInput, match=f"is built for riscv64, and this machine is {here}"):
        find(path)


def test_one_for_another_c_library(binary: Binary, tmp_path: Path) -> None:
    content = bytearray(binary.path.read_bytes())
    at = content.index(elf.program(bytes(content[: 1 << 16])).loader.encode())  # type: ignore[union-attr]
    loader = b"/lib/musl.so.1\0"
    content[at : at + len(loader)] = loader
    path = put(tmp_path / "envoy", content)
    words = r"needs /lib/musl\.so\.1, which this machine does not have"
    with pytest.raises(BadInput, match=words) as caught:
        find(path)
    assert "built for another system" in caught.value.advice()


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is a folder, not an Envoy") as caught:
        find(tmp_path)
    assert caught.value.advice() == f"Name {tmp_path}/envoy."
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(BadInput, match="is no regular file"):
        find(tmp_path / "fifo")
    with pytest.raises(Missing, match="there is no Envoy at"):
        find(Path("/etc/passwd/envoy"))
    with pytest.raises(BadInput, match=r"cannot look at .*: File name too long"):
        find(tmp_path / ("x" * 300))


def test_one_that_hangs_and_what_it_started_are_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_SECONDS", 1)
    os.mkfifo(tmp_path / "alive")
    reading = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    # Both hold the pipe open: reading it ends when both have ended.
    path = put(tmp_path / "envoy", script(f"exec 3>{tmp_path}/alive; sleep 600 & sleep 600"))
    with pytest.raises(BadInput, match="does not answer --version within 1 s"):
        find(path)
    os.set_blocking(reading, True)
    assert os.read(reading, 1) == b""
    os.close(reading)


def test_it_ends_with_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        """In the place of the timer: Ctrl-C as soon as the program runs."""

        def __init__(self, *_: object) -> None:
            pass

        def start(self) -> None:
            opened.append(os.open(tmp_path / "alive", os.O_RDONLY))
            raise KeyboardInterrupt

        cancel = __init__

    opened: list[int] = []
    monkeypatch.setattr(asking.threading, "Timer", Interrupted)
    os.mkfifo(tmp_path / "alive")
    path = put(tmp_path / "envoy", script(f"exec 3>{tmp_path}/alive; sleep 600"))
    with pytest.raises(KeyboardInterrupt):
        find(path)
    assert os.read(opened[0], 1) == b""
    os.close(opened[0])


def test_it_gets_no_input(tmp_path: Path) -> None:
    path = put(tmp_path / "envoy", script("cat; echo version: a/1.2.3/b"))
    assert find(path).version == "1.2.3"


def test_the_environment_names_a_version_but_no_image(
    binary: Binary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAMIS_ENVOY", binary.version)
    assert find() == binary
    monkeypatch.setenv("TAMIS_ENVOY", "istio/proxyv2:1.30.0")
    with pytest.raises(BadInput, match=r"TAMIS_ENVOY=istio/proxyv2:1\.30\.0 is an image"):
        find()


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(Missing) as caught:
        find(tmp_path / "x")
    assert "pip install 'tamis[envoy]'" in caught.value.advice()


def test_the_missing_extra_names_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TAMIS_ENVOY", raising=False)
    monkeypatch.setitem(__import__("sys").modules, "envoy", None)
    with pytest.raises(Missing) as caught:
        find()
    assert caught.value.advice() == "Run: pip install 'tamis[envoy]'"
