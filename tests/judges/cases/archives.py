"""Cases by archive: what is in the layer's tar, and what became of its gzip. All are `image`s."""

import tarfile

from tests.images import Member, file, folder, gzipped, hard, layer, soft
from tests.judges.cases.parts import MODULE, OCI_LAYER, OTHER, Case, image, part, tarball

__all__ = ["ARCHIVES", "MEMBERS"]

_PLUGIN = file("plugin.wasm", MODULE)
_OTHER = file("plugin.wasm", OTHER)
_README = file("README.md", b"# filter\n")


def _of(*members: Member, form: int = tarfile.DEFAULT_FORMAT) -> Case:
    return Case(image(tarball(*members, form=form)))


def _pax(member: Member, **headers: str) -> Member:
    """With records of a pax header of its own."""
    member[0].pax_headers = headers
    return member


def _global(**records: str) -> Case:
    """With these pax records for all members, which are one, called x if they say its name."""
    member = file("x" if "path" in records else "plugin.wasm", MODULE)
    header = tarfile.TarInfo.create_pax_global_header(records)
    return Case(image(part(OCI_LAYER, gzipped(header + layer(member, pack="plain")))))


MEMBERS = {
    "no plugin.wasm": _of(_README),
    "an archive of nothing": Case(image(part(OCI_LAYER, gzipped(bytes(1024))))),
    "plugin.wasm behind others": _of(folder("etc"), _README, soft("a", "b"), _PLUGIN),
    "plugin.wasm before others": _of(_PLUGIN, _README),
    "plugin.wasm at ./": _of(folder("."), file("./plugin.wasm", MODULE)),
    "plugin.wasm at /": _of(file("/plugin.wasm", MODULE)),
    "plugin.wasm in a folder": _of(folder("opt"), file("opt/plugin.wasm", MODULE)),
    "plugin.wasm in a folder that is not there": _of(file("a/b/plugin.wasm", MODULE)),
    "plugin.wasm above the root": _of(file("../../plugin.wasm", MODULE)),
    "plugin.wasm behind a backslash": _of(file("opt\\plugin.wasm", MODULE)),
    "plugin.wasm/ as a file": _of(file("plugin.wasm/", MODULE)),
    "plugin.wasm as the name of a folder": _of(folder("plugin.wasm")),
    "plugin.wasm as a folder with a module": _of(
        folder("plugin.wasm"), file("plugin.wasm/main.wasm", MODULE)
    ),
    "plugin.wasm as a folder, then as a file": _of(folder("plugin.wasm"), _PLUGIN),
    "plugin.wasm in capitals": _of(file("PLUGIN.WASM", MODULE)),
    "plugin.wasm by another name": _of(file("filter.wasm", MODULE)),
    "plugin.wasm with more to its name": _of(file("plugin.wasm.bak", MODULE)),
    "plugin.wasm as a link": _of(file("filter.wasm", MODULE), soft("plugin.wasm", "filter.wasm")),
    "plugin.wasm as a hard link": _of(
        file("filter.wasm", MODULE), hard("plugin.wasm", "filter.wasm")
    ),
    "plugin.wasm as a link, then as a file": _of(soft("plugin.wasm", "x"), _PLUGIN),
    "plugin.wasm as a device": _of(file("plugin.wasm", kind=tarfile.CHRTYPE)),
    "plugin.wasm as a pipe": _of(file("plugin.wasm", kind=tarfile.FIFOTYPE)),
    "plugin.wasm of the oldest type": _of(file("plugin.wasm", MODULE, kind=tarfile.AREGTYPE)),
    "plugin.wasm of a type of nobody": _of(file("plugin.wasm", MODULE, kind=b"Z")),
    "plugin.wasm that nobody may read": _of(file("plugin.wasm", MODULE, mode=0)),
    "plugin.wasm twice": _of(_OTHER, _PLUGIN),
    "plugin.wasm twice, the first is text": _of(file("plugin.wasm", b"(module)"), _PLUGIN),
    "plugin.wasm twice, the first is deeper": _of(file("a/plugin.wasm", OTHER), _PLUGIN),
    "plugin.wasm that is empty": _of(file("plugin.wasm")),
    "plugin.wasm that is text": _of(file("plugin.wasm", b"(module)")),
    "plugin.wasm that is gzipped": _of(file("plugin.wasm", gzipped(MODULE))),
    "plugin.wasm of 7 bytes": _of(file("plugin.wasm", MODULE[:7])),
    "plugin.wasm of 8 bytes": _of(file("plugin.wasm", MODULE[:8])),
    "plugin.wasm that is a component": _of(file("plugin.wasm", b"\0asm\r\0\1\0")),
    "plugin.wasm of no version": _of(file("plugin.wasm", b"\0asm\xff\xff\xff\xff")),
    "plugin.wasm that is cut short": _of(file("plugin.wasm", MODULE[:40])),
    "whiteout of plugin.wasm": _of(file(".wh.plugin.wasm")),
    "whiteout of plugin.wasm, then plugin.wasm": _of(file(".wh.plugin.wasm"), _PLUGIN),
    "whiteout of all, then plugin.wasm": _of(file(".wh..wh..opq"), _PLUGIN),
    "long folder, pax": _of(file(f"{'a/' * 150}plugin.wasm", MODULE), form=tarfile.PAX_FORMAT),
    "long folder, GNU": _of(file(f"{'a/' * 150}plugin.wasm", MODULE), form=tarfile.GNU_FORMAT),
    "prefix of ustar": _of(file(f"{'a' * 99}/plugin.wasm", MODULE), form=tarfile.USTAR_FORMAT),
    "name in pax only": _of(_pax(file("x", MODULE), path="plugin.wasm"), form=tarfile.PAX_FORMAT),
    "another name in pax": _of(
        _pax(file("plugin.wasm", MODULE), path="x"), form=tarfile.PAX_FORMAT
    ),
    "another size in pax": _of(
        _pax(file("plugin.wasm", MODULE), size="40"), form=tarfile.PAX_FORMAT
    ),
    "a size in pax that is no number": _of(
        _pax(file("plugin.wasm", MODULE), size="none"), form=tarfile.PAX_FORMAT
    ),
    "sparse, of pax": _of(
        _pax(
            file("GNUSparseFile.0/x", b"1\n512\n115\n".ljust(512, b"\0") + MODULE),
            **{
                "GNU.sparse.major": "1",
                "GNU.sparse.minor": "0",
                "GNU.sparse.name": "plugin.wasm",
                "GNU.sparse.realsize": "1000",
            },
        ),
        form=tarfile.PAX_FORMAT,
    ),
    "plugin.wasm behind a global header": _global(comment="x"),
    "plugin.wasm's name in a global header": _global(path="plugin.wasm"),
}

_TAR = layer(_PLUGIN, pack="plain")
_ENTRY = 512  # bytes of a header; the module is in the block behind it
_SPARSE = layer(
    file("plugin.wasm", MODULE, kind=tarfile.GNUTYPE_SPARSE), pack="plain", form=tarfile.GNU_FORMAT
)
_TWICE = layer(_README, _PLUGIN, pack="plain")


def _packed(content: bytes) -> Case:
    """That as the layer, gzip and all."""
    return Case(image(part(OCI_LAYER, content)))


def _flipped(content: bytes, at: int) -> bytes:
    """One byte differs."""
    at %= len(content)
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


def _forged(at: int, value: bytes, tar: bytes = _TAR) -> Case:
    """The first header has that value there, and a checksum to fit."""
    header = bytearray(tar[:_ENTRY])
    header[at : at + len(value)] = value
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return _packed(gzipped(bytes(header) + tar[_ENTRY:]))


def _sized(size: bytes) -> Case:
    """The header claims that size of the module."""
    return _forged(124, size.ljust(12, b"\0"))


def _flags(flags: int, more: bytes) -> Case:
    """The gzip's header has those flags, and what belongs to them."""
    return _packed(b"\x1f\x8b\x08" + bytes([flags]) + bytes(6) + more + gzipped(_TAR)[10:])


ARCHIVES = {
    "tar without its end": _packed(gzipped(_TAR[: 2 * _ENTRY])),
    "tar of only its end's first block": _packed(gzipped(_TAR[: 3 * _ENTRY])),
    "tar cut in the module": _packed(gzipped(_TAR[: _ENTRY + 50])),
    "tar cut behind the module": _packed(gzipped(_TAR[: _ENTRY + len(MODULE)])),
    "tar cut in the header": _packed(gzipped(_TAR[:100])),
    "tar of no bytes": _packed(gzipped(b"")),
    "tar cut in a member before": _packed(gzipped(_TWICE[: _ENTRY + 5])),
    "tar with something behind its end": _packed(gzipped(_TAR + b"garbage" * 99)),
    "tar with a second tar behind its end": _packed(gzipped(layer(_README, pack="plain") + _TAR)),
    "tar with a bad checksum": _packed(gzipped(_flipped(_TAR, 148))),
    "tar with a bad checksum behind plugin.wasm": _packed(
        gzipped(_flipped(layer(_PLUGIN, _README, pack="plain"), 2 * _ENTRY + 1))
    ),
    "tar that is text": _packed(gzipped(b"(module)" * 200)),
    "tar that is the module": _packed(gzipped(MODULE)),
    "tar with a block of nothing before it": _packed(gzipped(bytes(_ENTRY) + _TAR)),
    "tar of before ustar": _forged(257, bytes(8)),
    "tar with names of its own kind": _forged(257, b"nobody"),
    "size in base 256": _sized(b"\x80" + bytes(10) + bytes([len(MODULE)])),
    "size of 2 GiB": _sized(b"20000000000"),
    "size of 4 EiB": _sized(b"\x80\0\0\0\x40"),
    "size below 0": _sized(b"\xff" * 12),
    "size that is no number": _sized(b"none"),
    "sparse, of GNU": _forged(
        386, b"%011o\0%011o\0" % (512, len(MODULE)) + bytes(73) + b"%011o\0" % 1000, _SPARSE
    ),
    "gzip in a gzip": _packed(gzipped(gzipped(_TAR))),
    "gzip of two members": _packed(gzipped(_TAR[:600]) + gzipped(_TAR[600:])),
    "gzip of two members, the tar in one": _packed(gzipped(_TAR) + gzipped(b"more")),
    "gzip with something behind it": _packed(gzipped(_TAR) + b"garbage"),
    "gzip with something behind it, no plugin.wasm": _packed(
        gzipped(layer(_README, pack="plain")) + b"garbage"
    ),
    "gzip with a name": _flags(8, b"a\0"),
    "gzip with a comment": _flags(16, b"a\0"),
    "gzip with a field": _flags(4, b"\2\0ab"),
    "gzip with a name that has no end": _packed(b"\x1f\x8b\x08\x08" + bytes(6) + b"a"),
    "gzip with a bad checksum of its header": _flags(2, bytes(2)),
    "gzip with flags of nobody": _flags(0xE0, b""),
    "gzip of another method": _packed(_flipped(gzipped(_TAR), 2)),
    "gzip with a bad checksum": _packed(_flipped(gzipped(_TAR), -8)),
    "gzip with a bad length": _packed(_flipped(gzipped(_TAR), -1)),
    "gzip with a bad checksum, no plugin.wasm": _packed(
        _flipped(gzipped(layer(_README, pack="plain")), -8)
    ),
    "gzip damaged in the module": _packed(_flipped(gzipped(_TAR), 10 + 5 + _ENTRY + 60)),
    "gzip damaged in the magic": _packed(_flipped(gzipped(_TAR), 10 + 5 + _ENTRY)),
    "gzip damaged at its first block": _packed(_flipped(gzipped(_TAR), 10)),
    "gzip cut in the module": _packed(gzipped(_TAR)[: 10 + 5 + _ENTRY + 60]),
    "gzip cut behind the module": _packed(gzipped(_TAR)[: 10 + 5 + _ENTRY + len(MODULE)]),
    "gzip cut behind a member, no plugin.wasm": _packed(
        gzipped(layer(_README, pack="plain"))[: 10 + 5 + 2 * _ENTRY]
    ),
    "gzip cut in its header": _packed(gzipped(_TAR)[:5]),
}
