"""An OCI image-layout folder as a store: what `ship` fills without a server, and skopeo reads.

Source of facts: OCI image spec 1.1, image-layout. A tag is the annotation
`org.opencontainers.image.ref.name` of an entry in index.json. Every file appears whole or not at
all, and every digest is verified on reading.
"""

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from tamis.errors import BadInput, Place, Rejected
from tamis.files import write_whole
from tamis.model.artifact import Descriptor
from tamis.oci.manifests import (
    MAX_MANIFEST,
    OCI_INDEX,
    Stored,
    digest_of,
    stored,
    verify,
    verify_file,
)

__all__ = ["LayoutFolder"]

_REF_NAME = "org.opencontainers.image.ref.name"
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}\Z")
_MARKER = b'{"imageLayoutVersion":"1.0.0"}'
_ADVICE = "Name a folder that tamis ship, tamis copy or skopeo wrote, or a new one."


class LayoutFolder:
    """The store in one folder; the folder is made by the first write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def read_manifest(self, name: str, media_type: str | None = None) -> Stored:
        """The entry with this tag or digest; "" is the only entry there is."""
        self._check()
        if name.startswith("sha256:"):
            listed = next((e for e in self._entries() if e.get("digest") == name), {})
            kind = media_type or _media_type(listed)
            return stored(self._blob(name, MAX_MANIFEST, "manifest"), kind)
        entry = self._tagged(name)
        digest = entry.get("digest")
        if not isinstance(digest, str):
            raise self._broken("index.json", "has an entry without digest")
        return stored(self._blob(digest, MAX_MANIFEST, "manifest"), _media_type(entry))

    def read_blob(self, descriptor: Descriptor) -> bytes:
        """The bytes of a blob; their number must be the descriptor's."""
        self._check()
        content = self._blob(descriptor.digest, descriptor.size, "blob")
        if len(content) != descriptor.size:
            raise self._broken(
                f"blobs/{descriptor.digest.replace(':', '/')}",
                f"has {len(content)} bytes, its descriptor says {descriptor.size}",
            )
        return content

    def save_blob(self, descriptor: Descriptor, path: Path) -> None:
        """A copy of the blob, which is verified, so that nobody changes it afterwards."""
        self._check()
        kept = self._blob_path(descriptor.digest, "blob")
        shutil.copyfile(kept, path)
        verify_file(path, descriptor.digest, str(kept))

    def has_blob(self, descriptor: Descriptor) -> bool:
        """Whether the blob is there and whole; a damaged one is to be written again."""
        return self._whole(descriptor.digest, descriptor.size)

    def write_blob(self, descriptor: Descriptor, content: bytes) -> bool:
        """Write a blob under its digest; one that is there and whole is left alone."""
        self._prepare()
        verify(content, descriptor.digest, "the blob to be written")
        return self._put(descriptor.digest, content)

    def write_manifest(self, manifest: Stored, tag: str | None) -> bool:
        """Write the manifest; `tag` then names it and no other. None: it gets no entry."""
        self._prepare()
        written = self._put(manifest.digest, manifest.content)
        return (self._tag(manifest, tag) or written) if tag else written

    def _tag(self, manifest: Stored, tag: str) -> bool:
        entry = {
            "mediaType": manifest.media_type,
            "digest": manifest.digest,
            "size": len(manifest.content),
            "annotations": {_REF_NAME: tag},
        }
        with self._locked():
            index = self._index()
            entries = self._entries(index)
            same = [e for e in entries if _tag_of(e) == tag]
            if len(same) == 1 and same[0].get("digest") == manifest.digest:
                return False
            kept = [e for e in entries if _tag_of(e) != tag]
            try:
                content = _compact({**index, "manifests": [*kept, entry]})
            except UnicodeEncodeError as error:
                raise self._broken("index.json", "has half a character in a text") from error
            except RecursionError as error:
                raise self._broken("index.json", "is nested too deeply") from error
            _write(self.folder / "index.json", content)
        return True

    def _tagged(self, tag: str) -> Mapping[str, Any]:
        entries = self._entries()
        found = [entry for entry in entries if not tag or _tag_of(entry) == tag]
        if len(found) == 1 or (tag and found):
            return found[-1]
        tags = ", ".join(sorted({_tag_of(entry) or "(no tag)" for entry in entries})) or "nothing"
        if not tag and entries:
            raise BadInput(
                f"{self.folder} holds {len(entries)} artifacts: {tags}",
                advice=f"Name one: oci-layout://{self.folder}:TAG.",
            )
        asked = f"tag {tag}" if tag else "artifact"
        raise BadInput(
            f"{self.folder} has no {asked}; it has {tags}", advice="Name a tag that is there."
        )

    def _path(self, digest: str) -> Path:
        return self.folder / "blobs" / "sha256" / digest.removeprefix("sha256:")

    def _blob(self, digest: str, limit: int, what: str) -> bytes:
        path = self._blob_path(digest, what)
        return verify(_read(path, limit), digest, str(path))

    def _blob_path(self, digest: str, what: str) -> Path:
        """Where it must lie. Raises BadInput when it does not."""
        if not _DIGEST.match(digest):
            raise self._broken("index.json", f"names a digest that is none: {digest[:80]}")
        path = self._path(digest)
        if not path.is_file():
            raise BadInput(
                f"{self.folder} has no {what} {digest}",
                advice="The folder is not complete: copy the artifact into it again.",
            )
        return path

    def _put(self, digest: str, content: bytes) -> bool:
        if self._whole(digest, len(content)):
            return False
        _write(self._path(digest), content)
        return True

    def _whole(self, digest: str, size: int) -> bool:
        path = self._path(digest)
        if not path.is_file() or path.stat().st_size != size:
            return False
        return digest_of(_read(path, size)) == digest

    def _index(self) -> dict[str, Any]:
        path = self.folder / "index.json"
        if not path.is_file():
            return {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}
        try:
            index = json.loads(_read(path, MAX_MANIFEST))
        except (ValueError, RecursionError) as error:
            raise self._broken("index.json", f"is not JSON: {error}") from error
        if not isinstance(index, dict) or not isinstance(index.get("manifests"), list):
            raise self._broken("index.json", "has no list 'manifests'")
        return index

    def _entries(self, index: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = (self._index() if index is None else index)["manifests"]
        if not all(isinstance(entry, dict) for entry in entries):
            raise self._broken("index.json", "has an entry that is no object")
        return entries

    def _check(self) -> None:
        """Raises BadInput unless the folder is an image layout of a version we know."""
        marker = self.folder / "oci-layout"
        if not self.folder.is_dir():
            raise BadInput(f"there is no folder {self.folder}", advice=_ADVICE)
        if not marker.is_file():
            raise BadInput(
                f"{self.folder} is not an OCI image layout: it has no file oci-layout",
                advice=_ADVICE,
            )
        try:
            version = json.loads(_read(marker, 4096))["imageLayoutVersion"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise self._broken("oci-layout", "does not name an imageLayoutVersion") from error
        if not str(version).startswith("1."):
            raise self._broken("oci-layout", f"has version {version!r}; tamis reads 1.0.0")

    def _prepare(self) -> None:
        """Make a new layout in an absent or empty folder; check one that is there."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._locked():
                if not any(self.folder.iterdir()):
                    _write(self.folder / "index.json", _compact(self._index()))
                    _write(self.folder / "oci-layout", _MARKER)
                self._check()
                self._path("").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(self.folder, error) from error

    def _broken(self, file: str, what: str) -> BadInput:
        place = Place(self.folder / file)
        return BadInput(f"this image layout is damaged: {file} {what}", advice=_ADVICE, at=place)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer of index.json at a time; the lock is on the folder, so no file is left."""
        try:
            descriptor = os.open(self.folder, os.O_RDONLY)
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        try:
            # Some network file systems know no locks: then writers must not race.
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _tag_of(entry: Mapping[str, Any]) -> str | None:
    notes = entry.get("annotations")
    tag = notes.get(_REF_NAME) if isinstance(notes, dict) else None
    return tag if isinstance(tag, str) else None


def _media_type(entry: Mapping[str, Any]) -> str | None:
    kind = entry.get("mediaType")
    return kind if isinstance(kind, str) else None


def _compact(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def _read(path: Path, limit: int) -> bytes:
    """A whole file, at most `limit` bytes."""
    try:
        with path.open("rb") as file:
            # A descriptor may announce an exabyte, which read() would try to make room for.
            content = file.read(min(limit, os.fstat(file.fileno()).st_size) + 1)
    except OSError as error:
        raise BadInput(
            f"cannot read {path}: {error.strerror}", advice="Check its permissions."
        ) from error
    if len(content) > limit:
        raise Rejected(
            f"{path} is larger than the {limit} bytes it may have",
            advice="The folder is damaged: copy the artifact into it again.",
        )
    return content


def _write(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> BadInput:
    return BadInput(
        f"cannot write {path}: {error.strerror}",
        advice="Name a folder that you may write to, on a disk with room.",
    )
