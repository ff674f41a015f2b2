"""The module out of an artifact's layer, as it streams by; what the layer holds is not trusted."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import IO

from tamis.errors import BadInput, Rejected
from tamis.model.artifact import Artifact, Descriptor, Metadata
from tamis.oci.blobs import PIECE, InMemory, Reader, Source, whole
from tamis.oci.manifests import Manifest
from tamis.oci.packing.broken import NO_GZIP, Broken
from tamis.oci.packing.contents import Content, content, facts
from tamis.oci.packing.gunzip import Gunzip
from tamis.oci.packing.module import MAX_MODULE, check_module
from tamis.oci.packing.tar import PLUGIN
from tamis.oci.packing.untar import Untar

__all__ = ["Unpacked", "extract", "unpack"]

#: A tar archive holds more than the module: its header, and what a foreign image has beside it.
_ARCHIVE_LIMIT = MAX_MODULE + (64 << 20)
_ADVICE = "Push it again with tamis push --layout image, which every consumer reads."


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What came out: `digest` and `size` are the module's, `content` says from which layer."""

    metadata: Metadata
    content: Content
    digest: str
    size: int

    def artifact(self, digest: str) -> Artifact:
        """The artifact whose manifest has this digest."""
        layout, travels = self.content.layout, self.content.layer.size
        return Artifact(self.metadata, layout, digest, self.digest, self.size, travels)


def extract(
    manifest: Manifest,
    blob: Callable[[Descriptor], Source],
    target: IO[bytes],
    *,
    name: str = "",
    version: str = "",
) -> Unpacked:
    """Write the exact bytes of the module into `target`, a piece at a time.

    `blob` gives a blob whose last read verifies it, so all of it is read. `name` and `version`
    stand in for what a foreign artifact does not say. Raises BadInput when it is malformed,
    Rejected when the module is not the one the manifest promises, OSError; what was written until
    then must not be used.
    """
    found = content(manifest)
    if found.layer.size > _ARCHIVE_LIMIT:
        raise BadInput(
            f"the layer has {found.layer.size >> 20} MiB, more than consumers take "
            f"({MAX_MODULE >> 20} MiB)",
            advice=_ADVICE,
        )
    known, promised, _ = facts(manifest, lambda one: whole(blob(one)), name=name, version=version)
    module = _Module(target, known.name or PLUGIN, "" if found.archived else found.layer.digest)
    with blob(found.layer).open() as reader:
        if found.archived:
            _unarchive(reader, module)
        else:
            module.take(reader)
        while reader.read(PIECE):
            pass
    digest = module.finish()
    if promised and promised != digest:
        raise Rejected(
            f"the module has digest {digest}, its manifest promises {promised}",
            advice="Do not use it: the artifact was put together from different parts.",
        )
    return Unpacked(known, found, digest, module.size)


def unpack(
    manifest: Manifest, read: Callable[[Descriptor], bytes], *, name: str = "", version: str = ""
) -> tuple[Metadata, bytes]:
    """The same in memory: the metadata and the module. `read` fetches (and verifies) a blob."""
    file = io.BytesIO()
    found = extract(manifest, lambda d: InMemory(read(d)), file, name=name, version=version)
    return found.metadata, file.getvalue()


class _Module:
    """The module as it is written. `digest`: its own, where it is a blob that is verified."""

    def __init__(self, target: IO[bytes], name: str, digest: str) -> None:
        self._target = target
        self._name = name
        self._digest = digest
        self._sum = sha256()
        self._head = b""
        self.size = 0

    def take(self, reader: Reader) -> None:
        """All that there is to read. Raises BadInput at the first bytes that no module has."""
        while piece := reader.read(PIECE):
            self._head = (self._head + piece)[:8] if len(self._head) < 8 else self._head
            self.size += len(piece)
            if len(self._head) == 8:
                check_module(self._head, self.size, self._name)
            if not self._digest:
                self._sum.update(piece)
            self._target.write(piece)

    def finish(self) -> str:
        """Its digest. Raises BadInput for what is no module."""
        check_module(self._head, self.size, self._name)
        return self._digest or f"sha256:{self._sum.hexdigest()}"


def _unarchive(reader: Reader, module: _Module) -> None:
    try:
        unzipped = Gunzip(reader)
        archive = Untar(unzipped, _ARCHIVE_LIMIT)
        entry = archive.plugin()
        if entry is None:
            raise BadInput(f"{PLUGIN} not found in the archive", advice=_ADVICE)
        if ".." in entry.name.split("/"):
            raise BadInput(f"the layer's {entry.name} leads out of the archive", advice=_ADVICE)
        if not entry.plain:
            raise BadInput(
                f"the layer's {entry.name} is a link or a folder, not a plain file", advice=_ADVICE
            )
        module.take(archive)
        _finish(unzipped, _ARCHIVE_LIMIT - entry.size)
    except Broken as broken:
        raise BadInput(f"the layer cannot be unpacked: {broken.words}", advice=_ADVICE) from broken


def _finish(unzipped: Gunzip, room: int) -> None:
    """Nobody meant it who cut it short or damaged it behind the module; padding is no damage."""
    try:
        while piece := unzipped.read(PIECE):
            room -= len(piece)
            if room < 0:
                raise BadInput(
                    f"the layer unpacks to more than {_ARCHIVE_LIMIT >> 20} MiB",
                    advice="Consumers refuse or truncate such a module: make it smaller.",
                )
    except Broken as broken:
        if broken.words != NO_GZIP:
            raise
