"""What a bare module says of itself. A file of its own: who pushes one needs no compilers."""

from pathlib import Path

from tamis.errors import BadInput
from tamis.model.artifact import Metadata
from tamis.model.metadata import decode

__all__ = ["embedded", "named", "unreadable"]


def embedded(path: Path) -> Metadata:
    """What the module in a file says of itself; the file is not read for it. Raises BadInput."""
    from tamis.wasm.brief import brief

    try:
        told = brief(path)
    except OSError as error:
        raise unreadable(path, "a .wasm file", error) from error
    return named(path, told.metadata, told.abi)


def named(path: Path, section: bytes | None, abi: str | None) -> Metadata:
    """What the `section` in its module says; one that says nothing is named after its file."""
    from tamis.wasm.metadata import unpack

    if section is None:
        return Metadata(name=path.stem, version="0.0.0", abi=abi or "")
    where = f"{path}: its tamis.metadata section"
    return decode(unpack(section, where), where)


def unreadable(path: Path, what: str, error: OSError) -> BadInput:
    """The error for a file that cannot be read, which should be `what`."""
    return BadInput(f"cannot read {path}: {error.strerror}", advice=f"Name {what} that exists.")
