"""What a layer of a container image holds: gzip, zstd or plain tar, read once from front to back.

Nothing of it is ever unpacked to where it wants to be, and all of it is bounded: what a registry
serves is not trusted. Source of facts: OCI image spec 1.1, layer (whiteouts are `.wh.NAME`, and
`.wh..wh..opq` for all that lower layers have in that folder).
"""

import shutil
import tarfile
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from tamis.errors import BadInput
from tamis.oci.unpacking import MOST_AT_ONCE, members, opened

__all__ = ["Entry", "Layer", "copy", "read"]

_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
#: Bytes of an entry beside its names.
_ENTRY = 128
_ADVICE = "Do not use this image: no tool made it so."

Kind = Literal["file", "folder", "symlink", "hardlink", "other"]


@dataclass(frozen=True, slots=True)
class Entry:
    """`target`: of a link, a name in this layer for a hard one. `size` in bytes."""

    kind: Kind
    target: str = ""
    executable: bool = False
    size: int = 0


@dataclass(frozen=True, slots=True)
class Layer:
    """Entries by name (`usr/bin/envoy`), and what they take away from the layers below.

    `weight`: what all that takes in memory, about, in bytes.
    """

    path: Path
    weight: int = 0
    entries: dict[str, Entry] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    opaque: set[str] = field(default_factory=set)

    def hides(self, name: str) -> bool:
        """Whether lower layers' `name` is not to be seen through this one."""
        if name in self.gone:
            return True
        above = name
        while above:
            above = above.rpartition("/")[0]
            if above in self.gone or above in self.opaque:
                return True
            entry = self.entries.get(above)
            if entry and entry.kind != "folder":
                return True
        return False


def read(path: Path, shown: str, room: int) -> Layer:
    """What the layer in the file `path` holds. `shown`: what errors call it; `room`: for `weight`.

    Raises BadInput for what is no layer, or one that is hostile.
    """
    layer, weight = Layer(path), 0
    with _opened(path, shown) as tar:
        for member in members(tar, shown):
            weight += len(member.name) + len(member.linkname) + _ENTRY
            if weight > room:
                raise BadInput(f"{shown} holds too many files", advice=_ADVICE)
            _note(layer, member, shown)
    return replace(layer, weight=weight)


def copy(layer: Layer, name: str, to: Path, shown: str) -> None:
    """Write the last file `name` of the layer to the new file `to`, executable."""
    with _opened(layer.path, shown) as tar:
        for member in members(tar, shown):
            if not member.isreg() or _clean(member.name, shown) != name:
                continue
            content = tar.extractfile(member)
            assert content
            with to.open("wb") as file:
                shutil.copyfileobj(content, file, MOST_AT_ONCE)
    to.chmod(0o755)


def _opened(path: Path, shown: str) -> AbstractContextManager[tarfile.TarFile]:
    advice = "Name a container image that holds Envoy."
    return opened(path, shown, what="layer of a container image", advice=advice)


def _note(layer: Layer, member: tarfile.TarInfo, shown: str) -> None:
    name = _clean(member.name, shown)
    folder, _, base = name.rpartition("/")
    if base == _OPAQUE:
        layer.opaque.add(folder)
    elif base.startswith(_WHITEOUT):
        layer.gone.add(f"{folder}/{base.removeprefix(_WHITEOUT)}".lstrip("/"))
    elif name:
        layer.entries[name] = _entry(member, shown)


def _entry(member: tarfile.TarInfo, shown: str) -> Entry:
    if member.issym():
        return Entry("symlink", member.linkname)
    if member.islnk():
        return Entry("hardlink", _clean(member.linkname, shown))
    if member.isdir():
        return Entry("folder")
    # A sparse file of a few bytes may claim terabytes of zeros.
    if member.isreg() and not member.issparse():
        return Entry("file", executable=bool(member.mode & 0o111), size=member.size)
    return Entry("other")


def _clean(name: str, shown: str) -> str:
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise BadInput(f"{shown}: {name[:80]!r} leads out of the image", advice=_ADVICE)
    return "/".join(parts)
