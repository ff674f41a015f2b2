"""The archive inside an image layer, ours and other people's."""

import io
import subprocess
import tarfile
from collections.abc import Callable

import pytest

from tamis.errors import BadInput
from tamis.oci.packing import tar

MODULE = b"\0asm\1\0\0\0" + b"m" * 1000


def archive(*entries: tuple[str, bytes, bytes], link: str = "/etc/passwd") -> bytes:
    """A foreign archive of (name, type, content)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for name, kind, content in entries:
            info = tarfile.TarInfo(name)
            info.type, info.size = kind, len(content)
            info.linkname = link if kind in {tarfile.SYMTYPE, tarfile.LNKTYPE} else ""
            made.addfile(info, io.BytesIO(content))
    return out.getvalue()


def test_python_reads_it() -> None:
    with tarfile.open(fileobj=io.BytesIO(tar.write(MODULE))) as made:
        (member,) = made.getmembers()
        file = made.extractfile(member)
        assert file
        assert file.read() == MODULE
        assert (member.name, member.mode, member.mtime) == ("plugin.wasm", 0o644, 0)
        assert (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", "")


def test_tar_reads_it() -> None:
    listed = subprocess.run(
        ["tar", "-xO"], input=tar.write(MODULE), capture_output=True, check=True
    )
    assert listed.stdout == MODULE
    assert listed.stderr == b""


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513])
def test_round_trip(size: int) -> None:
    made = tar.write(b"x" * size)
    assert tar.read(made) == b"x" * size
    assert len(made) == 512 + (size + 511) // 512 * 512 + 1024


@pytest.mark.parametrize(
    "name", ["plugin.wasm", "./plugin.wasm", "/plugin.wasm", "a/b/plugin.wasm"]
)
def test_any_folder(name: str) -> None:
    made = archive(("README", tarfile.REGTYPE, b"r"), (name, tarfile.REGTYPE, MODULE))
    assert tar.read(made) == MODULE


def test_first_one_wins() -> None:
    made = archive(
        ("a/plugin.wasm", tarfile.REGTYPE, b"first"), ("plugin.wasm", tarfile.REGTYPE, b"second")
    )
    assert tar.read(made) == b"first"


def _sparse() -> bytes:
    """A file of four bytes that claims to be a terabyte (old GNU sparse format)."""
    info = tarfile.TarInfo("plugin.wasm")
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[156:157] = b"S"
    header[386:398], header[398:410] = b"00000000000\0", b"00000000000\0"
    header[483:495] = bytes([0x80, *(1 << 40).to_bytes(11, "big")])
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + bytes(1024)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: archive(("other.wasm", tarfile.REGTYPE, MODULE)), "plugin.wasm not found"),
        (lambda: archive(), "plugin.wasm not found"),
        (lambda: archive(("plugin.wasm", tarfile.SYMTYPE, b"")), "is a link or a folder"),
        (lambda: archive(("plugin.wasm", tarfile.LNKTYPE, b"")), "is a link or a folder"),
        (lambda: archive(("plugin.wasm", tarfile.DIRTYPE, b"")), "is a link or a folder"),
        (lambda: archive(("plugin.wasm", tarfile.FIFOTYPE, b"")), "is a link or a folder"),
        (lambda: archive(("../plugin.wasm", tarfile.REGTYPE, MODULE)), "leads out of the archive"),
        (lambda: archive(("a/../../plugin.wasm", tarfile.REGTYPE, MODULE)), "leads out"),
        (_sparse, "not a plain file"),
        (lambda: tar.write(MODULE)[:700], "not a valid tar archive: unexpected end"),
        (lambda: b"\0asm" + bytes(2000), "not a valid tar"),
        (lambda: b"", "not a valid tar"),
    ],
)
def test_refuses(made: Callable[[], bytes], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        tar.read(made())


def test_a_size_that_leads_back_ends() -> None:
    """tarfile before 3.11.14 reads the same header again and again."""
    packed = bytearray(tar.write(b"x"))
    packed[:100] = b"a".ljust(100, b"\0")
    packed[124:136] = (-1024 & (1 << 96) - 1).to_bytes(12, "big")
    packed[148:156] = b"%06o\0 " % (sum(packed[:148]) + 256 + sum(packed[156:512]))
    with pytest.raises(BadInput):
        tar.read(bytes(packed))


def test_long_names_upon_long_names_end() -> None:
    header = bytearray(tar.write(b"")[:512])
    header[156:157] = b"L"
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + 256 + sum(header[156:512]))
    with pytest.raises(BadInput, match="never end"):
        tar.read(bytes(header) * 5000)
