"""The module out of an artifact's layer, as it streams by; what the layer holds is not trusted."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import IO

from tamis.errors import BadInput
from tamis.model.artifact import Artifact, Descriptor
from tamis.oci.blobs import PIECE, Reader, Source
from tamis.oci.manifests import Manifest
from tamis.oci.packing.broken import NO_GZIP, Broken
from tamis.oci.packing.contents import check_promise, content
from tamis.oci.packing.gunzip import Gunzip
from tamis.oci.packing.module import MAX_MODULE, check_module
from tamis.oci.packing.tar import PLUGIN
from tamis.oci.packing.untar import Untar

__all__ = ["extract"]

#: A tar archive holds more than the module: its header, and what a foreign image has beside it.
_ARCHIVE_LIMIT = MAX_MODULE + (64 << 20)
_ADVICE = "Push it again with tamis push --layout image, which every consumer reads."


def extract(
    manifest: Manifest, told: Artifact, blob: Callable[[Descriptor], Source], target: IO[bytes]
) -> Artifact:
    """Write the exact bytes of the module into `target`, a piece at a time.

    `told`: what `described` makes of the manifest; it comes back with the digest and size of what
    was written. `blob` gives a blob whose last read verifies it, so all of it is read. Raises
    BadInput when it is malformed, Rejected when the module is not the one that was promised,
    OSError; what was written until then must not be used.
    """
    found = content(manifest)
    if found.layer.size > _ARCHIVE_LIMIT:
        raise BadInput(
            f"the layer has {found.layer.size >> 20} MiB, more than consumers take "
            f"({MAX_MODULE >> 20} MiB)",
            advice=_ADVICE,
        )
    name = told.metadata.name or PLUGIN
    module = _Module(target, name, "" if found.archived else found.layer.digest)
    with blob(found.layer).open() as reader:
        if found.archived:
            _unarchive(reader, module)
        else:
            module.take(reader)
        while reader.read(PIECE):
            pass
    digest = module.finish()
    check_promise(told.module_digest, digest)
    return replace(told, module_digest=digest, module_size=module.size)


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
