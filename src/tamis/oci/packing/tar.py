"""A tar archive with one file, byte for byte ours; and a reader that never touches the disk.

Consumers take the first regular file whose base name is `plugin.wasm`, in any folder.
"""

import io
import tarfile

from tamis.errors import BadInput

__all__ = ["PLUGIN", "read", "write"]

#: The name every consumer looks for.
PLUGIN = "plugin.wasm"
_BLOCK = 512
_ADVICE = "Push the module again, with tamis push or with a Dockerfile that copies plugin.wasm."


def write(content: bytes) -> bytes:
    """A ustar archive with `plugin.wasm` (mode 0644, root, time 0) and nothing else."""
    padding = bytes(-len(content) % _BLOCK)
    return _header(len(content)) + content + padding + bytes(2 * _BLOCK)


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


def read(archive: bytes) -> bytes:
    """The content of `plugin.wasm` in an uncompressed tar archive.

    Raises BadInput when it is missing, a link, outside of the archive (`..`), or cut short.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as tar:
            return _plugin(tar)
    except RecursionError as error:  # tarfile follows long names upon long names
        raise BadInput("the layer's tar headers never end", advice=_ADVICE) from error
    except (tarfile.TarError, ValueError, OverflowError, EOFError) as error:
        raise BadInput(f"the layer is not a valid tar archive: {error}", advice=_ADVICE) from error


def _plugin(tar: tarfile.TarFile) -> bytes:
    last = -1
    for member in tar:
        # A negative size leads back: older versions of tarfile then turn in circles for ever.
        if member.offset <= last or member.size < 0:
            raise BadInput("the layer's tar headers lead backwards", advice=_ADVICE)
        last = member.offset
        folders, _, name = member.name.rpartition("/")
        if name != PLUGIN:
            continue
        if ".." in folders.split("/"):
            raise BadInput(f"the layer's {member.name} leads out of the archive", advice=_ADVICE)
        # A sparse file of a few bytes may claim terabytes of zeros.
        plain = member.isreg() and not member.issparse()
        content = tar.extractfile(member) if plain else None
        if content is None:
            raise BadInput(
                f"the layer's {member.name} is a link or a folder, not a plain file",
                advice=_ADVICE,
            )
        return content.read()
    raise BadInput("plugin.wasm not found in the archive", advice=_ADVICE)
