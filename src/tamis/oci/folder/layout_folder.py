"""An OCI image-layout folder as a store: what `ship` fills without a server, and skopeo reads.

Source of facts: OCI image spec 1.1, image-layout. Every file appears whole or not at all, and every
digest is verified on reading.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from tamis.errors import BadInput, Rejected
from tamis.model.artifact import Descriptor
from tamis.oci.blobs import PIECE, InFile, InMemory, Reader, Source, write
from tamis.oci.digests import Verified, is_digest, verify
from tamis.oci.folder import files
from tamis.oci.folder.index import FILE, IndexFile, media_type_of, tag_of
from tamis.oci.manifests import MAX_MANIFEST, Manifest, Stored, parse, stored

__all__ = ["MARKER", "LayoutFolder"]

#: The file that makes a folder a layout.
MARKER = "oci-layout"
_VERSION = b'{"imageLayoutVersion":"1.0.0"}'


class LayoutFolder:
    """The store in one folder; the folder is made by the first write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._index = IndexFile(folder)

    @property
    def name(self) -> str:
        """The folder, as the user wrote it."""
        return str(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def read_manifest(self, name: str, media_type: str | None = None) -> Stored:
        """The entry with this tag or digest; "" is the only entry there is."""
        self._check()
        if name.startswith("sha256:"):
            listed = next((e for e in self._index.entries() if e.get("digest") == name), {})
            return self._manifest(name, media_type or media_type_of(listed))
        entry = self._index.tagged(name)
        digest = entry.get("digest")
        if not isinstance(digest, str):
            raise files.broken(self.folder, FILE, "has an entry without digest")
        return self._manifest(digest, media_type_of(entry))

    def find_manifest(self, name: str) -> Stored | None:
        """The entry with this tag or digest; None where there is none, or no folder."""
        if not self.folder.exists():
            return None
        self._check()
        if is_digest(name):
            return self._manifest(name, None) if self._path(name).is_file() else None
        known = any(tag_of(entry) == name for entry in self._index.entries())
        return self.read_manifest(name) if known else None

    def knows(self, name: str) -> str:  # noqa: ARG002
        """Nothing: files go away without the manifest's knowing; writing again repairs them."""
        return ""

    def read_blob(self, descriptor: Descriptor) -> bytes:
        """The bytes of a blob; their number must be the descriptor's."""
        self._check()
        content = self._blob(descriptor.digest, descriptor.size, "blob")
        if len(content) != descriptor.size:
            raise files.broken(
                self.folder,
                f"blobs/{descriptor.digest.replace(':', '/')}",
                f"has {len(content)} bytes, its descriptor says {descriptor.size}",
            )
        return content

    def save_blob(self, descriptor: Descriptor, path: Path) -> None:
        """A copy of the blob, which is verified, so that nobody changes it afterwards."""
        write(self.blob(descriptor), path)

    def blob(self, descriptor: Descriptor) -> Source:
        """The bytes of a blob, verified as they are read."""
        self._check()
        return _Kept(self._blob_path(descriptor.digest, "blob"), descriptor)

    def has_blob(self, descriptor: Descriptor) -> bool:
        """Whether the blob is there and whole; a damaged one is to be written again."""
        path = self._path(descriptor.digest)
        if not path.is_file() or path.stat().st_size != descriptor.size:
            return False
        with path.open("rb") as file:
            reader = Verified(file, descriptor.digest, descriptor.size, str(path))
            try:
                while reader.read(PIECE):
                    pass
            except Rejected:
                return False
        return True

    def write_blob(self, descriptor: Descriptor, source: Source, *, origin: str = "") -> bool:  # noqa: ARG002
        """Write a blob under its digest; one that is there and whole is left alone."""
        self._prepare()
        if self.has_blob(descriptor):
            return False
        with files.writing(self._path(descriptor.digest)) as file, source.open() as opened:
            where = "the blob to be written"
            reader = Verified(opened, descriptor.digest, descriptor.size, where)
            while piece := reader.read(PIECE):
                file.write(piece)
        return True

    def write_manifest(self, manifest: Stored, tag: str | None) -> bool:
        """Write the manifest; `tag` then names it and no other. None: it gets no entry, but for
        one about another manifest.
        """
        size = len(manifest.content)
        kept = Descriptor(manifest.media_type, manifest.digest, size)
        written = self.write_blob(kept, InMemory(manifest.content))
        document = parse(manifest)
        about = isinstance(document, Manifest) and document.subject
        return (self._index.note(manifest, tag) or written) if tag or about else written

    def tags(self) -> tuple[str, ...]:
        """Every tag, sorted."""
        self._check()
        return tuple(sorted({tag for e in self._index.entries() if (tag := tag_of(e))}))

    def referrers(self, digest: str) -> tuple[Descriptor, ...] | None:
        """The manifests of the index that are about this one, oldest first."""
        self._check()
        found: dict[str, Descriptor] = {}
        for entry in self._index.entries():
            listed = str(entry.get("digest"))
            document = parse(self._manifest(listed, media_type_of(entry)))
            if not isinstance(document, Manifest) or not document.subject:
                continue
            if document.subject.digest == digest:
                found[listed] = self._described(listed, document)
        return tuple(found.values())

    def _described(self, digest: str, document: Manifest) -> Descriptor:
        size = self._path(digest).stat().st_size
        known = Descriptor(document.media_type, digest, size, document.annotations)
        return replace(known, artifact_type=document.kind)

    def _manifest(self, digest: str, media_type: str | None) -> Stored:
        return stored(self._blob(digest, MAX_MANIFEST, "manifest"), media_type)

    def _path(self, digest: str) -> Path:
        return self.folder / "blobs" / "sha256" / digest.removeprefix("sha256:")

    def _blob(self, digest: str, limit: int, what: str) -> bytes:
        path = self._blob_path(digest, what)
        return verify(files.read(path, limit), digest, str(path))

    def _blob_path(self, digest: str, what: str) -> Path:
        """Where it must lie. Raises BadInput when it does not."""
        if not is_digest(digest):
            raise files.broken(self.folder, FILE, f"names a digest that is none: {digest[:80]}")
        path = self._path(digest)
        if not path.is_file():
            raise BadInput(
                f"{self.folder} has no {what} {digest}",
                advice="The folder is not complete: copy the artifact into it again.",
            )
        return path

    def _check(self) -> None:
        """Raises BadInput unless the folder is an image layout of a version we know."""
        marker = self.folder / MARKER
        if not self.folder.is_dir():
            raise BadInput(f"there is no folder {self.folder}", advice=files.ADVICE)
        if not marker.is_file():
            raise BadInput(
                f"{self.folder} is not an OCI image layout: it has no file {MARKER}",
                advice=files.ADVICE,
            )
        try:
            version = json.loads(files.read(marker, 4096))["imageLayoutVersion"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            what = "does not name an imageLayoutVersion"
            raise files.broken(self.folder, MARKER, what) from error
        if not str(version).startswith("1."):
            what = f"has version {version!r}; tamis reads 1.0.0"
            raise files.broken(self.folder, MARKER, what)

    def _prepare(self) -> None:
        """Make a new layout in an absent or empty folder; check one that is there."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._index.locked():
                if not any(self.folder.iterdir()):
                    self._index.create()
                    with files.writing(self.folder / MARKER) as file:
                        file.write(_VERSION)
                self._check()
                self._path("").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise files.unwritable(self.folder, error) from error


@dataclass(frozen=True, slots=True)
class _Kept:
    """A blob of the folder, read from its start: verified; from further on: only a part of it."""

    path: Path
    descriptor: Descriptor

    @property
    def size(self) -> int:
        return self.descriptor.size

    @contextmanager
    def open(self, start: int = 0) -> Iterator[Reader]:
        with InFile(self.path).open(start) as file:
            known = self.descriptor
            yield file if start else Verified(file, known.digest, known.size, str(self.path))
