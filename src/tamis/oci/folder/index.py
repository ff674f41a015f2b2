"""A layout's index.json: which manifests it has, and which tag names which.

A tag is the annotation `org.opencontainers.image.ref.name` of an entry. A manifest about another
one (a signature, an SBOM) has an entry without a tag, as the oras client writes it: what the list
does not lead to, nobody finds.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tamis.errors import BadInput
from tamis.model.media_types import OCI_INDEX
from tamis.oci.folder import files
from tamis.oci.manifests import MAX_MANIFEST, Stored, compact

__all__ = ["FILE", "IndexFile", "media_type_of", "tag_of"]

FILE = "index.json"
_REF_NAME = "org.opencontainers.image.ref.name"

Entry = Mapping[str, Any]


class IndexFile:
    """The file in one layout folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / FILE

    def create(self) -> None:
        """An index of nothing."""
        self._write({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []})

    def entries(self) -> list[Entry]:
        """All of them. Raises BadInput for what is no index."""
        found: list[Entry] = self._read()["manifests"]
        return found

    def tagged(self, tag: str) -> Entry:
        """The entry of that tag; "": the only artifact there is. Raises BadInput."""
        entries = self.entries()
        found = [e for e in entries if tag_of(e) == tag] if tag else self._named(entries)
        if len(found) == 1 or (tag and found):
            return found[-1]
        tags = ", ".join(sorted({tag_of(entry) or "(no tag)" for entry in entries})) or "nothing"
        if not tag and entries:
            raise BadInput(
                f"{self._folder} holds {len(entries)} artifacts: {tags}",
                advice=f"Name one: oci-layout://{self._folder}:TAG.",
            )
        asked = f"tag {tag}" if tag else "artifact"
        raise BadInput(
            f"{self._folder} has no {asked}; it has {tags}", advice="Name a tag that is there."
        )

    def note(self, manifest: Stored, tag: str | None) -> bool:
        """Let `tag` name this manifest and no other; None: let it be found. False: it was so."""
        entry = {
            "mediaType": manifest.media_type,
            "digest": manifest.digest,
            "size": len(manifest.content),
            **({"annotations": {_REF_NAME: tag}} if tag else {}),
        }
        with self.locked():
            index = self._read()
            entries: list[Entry] = index["manifests"]
            same = [e for e in entries if _is(e, tag, manifest.digest)]
            if len(same) == 1 and same[0].get("digest") == manifest.digest:
                return False
            kept = [e for e in entries if not _is(e, tag, manifest.digest)]
            self._write({**index, "manifests": [*kept, entry]})
        return True

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One writer at a time; the lock is on the folder, so no file is left."""
        try:
            descriptor = os.open(self._folder, os.O_RDONLY)
        except OSError as error:
            raise files.unwritable(self._folder, error) from error
        try:
            # Some network file systems know no locks: then writers must not race.
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @staticmethod
    def _named(entries: list[Entry]) -> list[Entry]:
        """What may be meant without a tag: those with one, else all. The fallback's tags and
        signatures (`sha256-...`) are never meant.
        """
        tagged = [e for e in entries if (t := tag_of(e)) and not t.startswith("sha256-")]
        return tagged or entries

    def _read(self) -> dict[str, Any]:
        if not self._path.is_file():
            return {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}
        try:
            index = json.loads(files.read(self._path, MAX_MANIFEST))
        except (ValueError, RecursionError) as error:
            raise files.broken(self._folder, FILE, f"is not JSON: {error}") from error
        if not isinstance(index, dict) or not isinstance(index.get("manifests"), list):
            raise files.broken(self._folder, FILE, "has no list 'manifests'")
        if not all(isinstance(entry, dict) for entry in index["manifests"]):
            raise files.broken(self._folder, FILE, "has an entry that is no object")
        return index

    def _write(self, index: Mapping[str, Any]) -> None:
        try:
            content = compact(index)
        except UnicodeEncodeError as error:
            raise files.broken(self._folder, FILE, "has half a character in a text") from error
        except RecursionError as error:
            raise files.broken(self._folder, FILE, "is nested too deeply") from error
        with files.writing(self._path) as file:
            file.write(content)


def tag_of(entry: Entry) -> str | None:
    """The tag of an entry, if it has one."""
    notes = entry.get("annotations")
    tag = notes.get(_REF_NAME) if isinstance(notes, dict) else None
    return tag if isinstance(tag, str) else None


def media_type_of(entry: Entry) -> str | None:
    """What the entry says its manifest is."""
    kind = entry.get("mediaType")
    return kind if isinstance(kind, str) else None


def _is(entry: Entry, tag: str | None, digest: str) -> bool:
    """Whether the entry is in the place of the new one."""
    return tag_of(entry) == tag if tag else not tag_of(entry) and entry.get("digest") == digest
