"""What a module says of itself, without reading the rest of it: a large one stays on disk."""

import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from tamis.abi import table as abi
from tamis.wasm.cursor import Cursor, malformed
from tamis.wasm.custom import METADATA

__all__ = ["Brief", "brief"]

_HEAD = b"\0asm\1\0\0\0"
_CUSTOM, _EXPORT, _FUNCTION = 0, 7, 0


@dataclass(frozen=True, slots=True)
class Brief:
    """The ABI it is marked for (None: none), and its section tamis.metadata (None: it has none)."""

    abi: str | None
    metadata: bytes | None


def brief(path: Path) -> Brief:
    """Look at the sections of a file one after the other. Raises BadInput for what has none as a
    module has them, OSError.
    """
    with path.open("rb") as file:
        if file.read(len(_HEAD)) != _HEAD:
            raise malformed(0, "it does not begin as a module does")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            # It is read as bytes are; only the pages that are looked at come into memory.
            return _brief(Cursor(cast("bytes", mapped), len(_HEAD), len(mapped)))


def _brief(at: Cursor) -> Brief:
    found, metadata = None, None
    while at.left:
        number = at.byte()
        content = at.part(at.unsigned())
        if number == _EXPORT:
            found = _marked(content)
        elif number == _CUSTOM and metadata is None and content.name() == METADATA:
            metadata = content.take(content.left)
    return Brief(found, metadata)


def _marked(at: Cursor) -> str | None:
    for _ in range(at.count()):
        name, kind, _ = at.name(), at.byte(), at.unsigned()
        version = abi.markers().get(name) if kind == _FUNCTION else None
        if version:
            return version
    return None
