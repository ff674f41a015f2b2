"""A tar archive with one file, byte for byte ours."""

from collections.abc import Iterator

from tamis.oci.blobs import Source, pieces

__all__ = ["PLUGIN", "archived"]

#: The name every consumer looks for.
PLUGIN = "plugin.wasm"
_BLOCK = 512


def archived(content: Source) -> Iterator[bytes]:
    """A ustar archive with `plugin.wasm` (mode 0644, root, time 0) and nothing else."""
    yield _header(content.size)
    yield from pieces(content)
    yield bytes(-content.size % _BLOCK + 2 * _BLOCK)


def _header(size: int) -> bytes:
    fields = (
        PLUGIN.encode().ljust(100, b"\0"),
        b"0000644\0",  # mode
        b"0000000\0",  # owner
        b"0000000\0",  # group
        b"%011o\0" % size,
        b"00000000000\0",  # mtime
        b" " * 8,  # the checksum counts itself as spaces
        b"0",  # a regular file
        bytes(100),
        b"ustar\x0000",
    )
    header = b"".join(fields).ljust(_BLOCK, b"\0")
    return header[:148] + b"%06o\0 " % sum(header) + header[156:]
