"""The archive inside an image layer, ours and other people's, read as Go reads it."""

import io
import subprocess
import tarfile

import pytest

from tamis.oci.blobs import InMemory
from tamis.oci.packing.broken import Broken
from tamis.oci.packing.tar import archived
from tamis.oci.packing.untar import Entry, Untar

MODULE = b"\0asm\1\0\0\0" + b"m" * 1000
INVALID = "archive/tar: invalid tar header"


def written(content: bytes) -> bytes:
    return b"".join(archived(InMemory(content)))


def found(data: bytes, limit: int = 1 << 30) -> tuple[Entry | None, bytes]:
    """The entry that consumers take, and its content."""
    archive = Untar(io.BytesIO(data), limit)
    entry = archive.plugin()
    parts = []
    while entry and (piece := archive.read(300)):
        parts.append(piece)
    return entry, b"".join(parts)


def read(data: bytes) -> bytes:
    return found(data)[1]


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
    with tarfile.open(fileobj=io.BytesIO(written(MODULE))) as made:
        (member,) = made.getmembers()
        file = made.extractfile(member)
        assert file
        assert file.read() == MODULE
        assert (member.name, member.mode, member.mtime) == ("plugin.wasm", 0o644, 0)
        assert (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", "")


def test_tar_reads_it() -> None:
    listed = subprocess.run(["tar", "-xO"], input=written(MODULE), capture_output=True, check=True)
    assert listed.stdout == MODULE
    assert listed.stderr == b""


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513])
def test_round_trip(size: int) -> None:
    made = written(b"x" * size)
    assert read(made) == b"x" * size
    assert len(made) == 512 + (size + 511) // 512 * 512 + 1024


@pytest.mark.parametrize(
    "name", ["plugin.wasm", "./plugin.wasm", "/plugin.wasm", "a/b/plugin.wasm"]
)
def test_any_folder(name: str) -> None:
    made = archive(("README", tarfile.REGTYPE, b"r"), (name, tarfile.REGTYPE, MODULE))
    assert read(made) == MODULE


def test_first_one_wins() -> None:
    made = archive(
        ("a/plugin.wasm", tarfile.REGTYPE, b"first"), ("plugin.wasm", tarfile.REGTYPE, b"second")
    )
    assert read(made) == b"first"


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


def _headed(kind: bytes = b"0", content: bytes = b"", **fields: bytes) -> bytes:
    """A header as nobody writes it, with its content; `fields` by where they begin: at124=..."""
    block = bytearray(written(content)[:512])
    block[156:157] = kind
    for name, value in fields.items():
        at = int(name.removeprefix("at"))
        block[at : at + len(value)] = value
    block[148:156] = b"%06o\0 " % (sum(block[:148]) + 256 + sum(block[156:]))
    return bytes(block) + content + bytes(-len(content) % 512)


def _pax(*records: bytes) -> bytes:
    return _headed(
        b"x",
        b"".join(b"%d %s\n" % (len(r) + 4, r) for r in records),
        at0=b"pax\0".ljust(100, b"\0"),
    )


OTHER = _headed(at0=b"other".ljust(100, b"\0"))
PLUGIN = written(MODULE)


@pytest.mark.parametrize(
    ("data", "plain"),
    [
        (archive(("plugin.wasm", tarfile.SYMTYPE, b"")), False),
        (archive(("plugin.wasm", tarfile.LNKTYPE, b"")), False),
        (archive(("plugin.wasm", tarfile.DIRTYPE, b"")), False),
        (archive(("plugin.wasm", tarfile.FIFOTYPE, b"")), False),
        (_sparse(), False),
        (_headed(b"\0"), True),
        (_headed(b"7"), True),
    ],
)
def test_an_entry_of_any_kind_is_taken(data: bytes, plain: bool) -> None:
    entry, content = found(data + PLUGIN)
    assert entry
    assert (entry.name.rstrip("/"), entry.plain, content) == ("plugin.wasm", plain, b"")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(512),
        bytes(1024) + PLUGIN,
        archive(),
        archive(("other.wasm", tarfile.REGTYPE, MODULE)),
        archive(("plugin.wasm.bak", tarfile.REGTYPE, MODULE)),
        OTHER,
    ],
)
def test_no_plugin(data: bytes) -> None:
    assert found(data) == (None, b"")


@pytest.mark.parametrize(
    "data",
    [
        _pax(b"path=plugin.wasm") + OTHER,
        _pax(b"path=a/plugin.wasm", b"mtime=12.5", b"comment=x") + OTHER,
        _headed(b"L", b"deep/plugin.wasm\0") + OTHER,
        _headed(b"K", b"target") + _headed(),
        _headed(
            at0=b"other".ljust(100, b"\0"), at257=b"ustar  \0", at345=b"none, none" + bytes(145)
        )
        + _headed(),
        _headed(at257=bytes(8)),  # of 1979
        _headed(b"g", b"", at0=b"plugin.wasm"),
    ],
)
def test_names_in_all_forms(data: bytes) -> None:
    entry, _ = found(data)
    assert entry
    assert entry.name.rpartition("/")[2] == "plugin.wasm"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (PLUGIN[:700], "unexpected EOF"),
        (PLUGIN[:100], "unexpected EOF"),
        (b"\0asm" + bytes(2000), INVALID),
        (bytes(512) + PLUGIN, INVALID),
        (OTHER[:140] + b"9" + OTHER[141:], INVALID),
        (_headed(at124=b"none"), INVALID),
        (_headed(at124=b"\xff" * 12), INVALID),
        (_headed(at124=b"\x80" + b"\xff" * 11), INVALID),
        (_headed(at100=b"8"), INVALID),
        (_headed(at329=b"z"), INVALID),
        (_headed(at124=b"\x80\0\0\0\x7f" + bytes(7)), "makeslice: len out of range"),
        (_headed(b"x", b"9 a=b\n") + PLUGIN, INVALID),
        (_headed(b"x", b"a=b\n") + PLUGIN, INVALID),
        (_headed(b"x", b"4 a\n") + PLUGIN, INVALID),
        (_headed(b"x", b"7 =abc\n") + PLUGIN, INVALID),
        (_pax(b"size=-10") + PLUGIN, INVALID),
        (_pax(b"size=9999999999999999999") + PLUGIN, INVALID),
        (_pax(b"mtime=late") + PLUGIN, INVALID),
        (_pax(b"path=a\0b") + PLUGIN, INVALID),
        (_headed(b"L", bytes(2 << 20)) + PLUGIN, "archive/tar: header field too long"),
        (_headed(b"S", at257=b"ustar  \0", at482=b"\1"), "unexpected EOF"),
    ],
)
def test_breaks_in_the_words_of_go(data: bytes, words: str) -> None:
    with pytest.raises(Broken, match=words):
        found(data)


def test_no_more_is_read_than_consumers_read() -> None:
    entry, content = found(PLUGIN, 512 + len(MODULE))
    assert entry
    assert content == MODULE
    with pytest.raises(Broken, match="unexpected EOF"):
        found(PLUGIN, 512 + len(MODULE) - 1)


def test_long_names_upon_long_names_end() -> None:
    assert found(_headed(b"L") * 5000) == (None, b"")
