"""A registry repository as a store: exact bytes, verified digests, nothing sent twice.

Source of facts: OCI distribution spec 1.1, and docker-registry 2.8 where it differs from it: 404
without the right Accept types.
"""

import threading
from pathlib import Path
from typing import Self

from tamis.errors import BadInput, Rejected
from tamis.model.artifact import Descriptor
from tamis.oci.blobs import Source, whole, write
from tamis.oci.digests import is_digest, verify
from tamis.oci.manifests import MAX_MANIFEST, Stored, stored
from tamis.oci.registry import lists
from tamis.oci.registry.client import Client
from tamis.oci.registry.download import RemoteBlob
from tamis.oci.registry.patience import Patience
from tamis.oci.registry.upload import Parts, has, upload
from tamis.oci.registry.wire import Dropped, refusal

__all__ = ["RegistryStore"]

#: Bytes of one blob that we are ready to hold in memory.
_MAX_BLOB = 2 << 30


class RegistryStore:
    """The store in one repository of one registry; threads may share it."""

    def __init__(
        self,
        host: str,
        repository: str,
        *,
        insecure: bool = False,
        patience: Patience | None = None,
        parts: Parts | None = None,
    ) -> None:
        self.name = f"{host}/{repository}"
        self._client = Client(host, repository, insecure=insecure, patience=patience)
        self._parts = parts or Parts()
        self._asked: dict[str, str] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def read_manifest(self, name: str, media_type: str | None = None) -> Stored:
        """GET by tag or digest; by digest the bytes must have it, by tag what the header says."""
        found = self._manifest(name, media_type, needed=True)
        assert found
        return found

    def find_manifest(self, name: str) -> Stored | None:
        """As `read_manifest`; None for a registry's 404: that of another server does not know."""
        return self._manifest(name, None, needed=False)

    def knows(self, name: str) -> str:
        """HEAD: the digest of the manifest with this name, "" for a 404."""
        answer = self._client.manifest("HEAD", name)
        answer.close()
        if answer.status == 404:
            digest = ""
        elif answer.status != 200:
            raise self._client.refused(answer, "pull from", f"{self.name}{_suffix(name)}")
        else:
            told = answer.headers.get("Docker-Content-Digest", "")
            digest = name if is_digest(name) else told or self.read_manifest(name).digest
        with self._lock:
            self._asked[name] = digest
        return digest

    def read_blob(self, descriptor: Descriptor) -> bytes:
        """GET, and verify size and digest."""
        if descriptor.size > _MAX_BLOB:
            raise BadInput(
                f"blob {descriptor.digest} has {descriptor.size} bytes, too many to hold",
                advice="Copy the artifact into a folder instead.",
            )
        return whole(self.blob(descriptor))

    def save_blob(self, descriptor: Descriptor, path: Path) -> None:
        """GET into the file, and verify size and digest on the way."""
        write(self.blob(descriptor), path)

    def has_blob(self, descriptor: Descriptor) -> bool:
        """HEAD."""
        return has(self._client, descriptor)

    def blob(self, descriptor: Descriptor) -> Source:
        """GET when it is opened, verified as it is read, resumed when it breaks off."""
        return RemoteBlob(self._client, descriptor)

    def write_blob(self, descriptor: Descriptor, source: Source, *, origin: str = "") -> bool:
        """Upload, unless a HEAD finds it; out of `origin` by a mount, if it is in this registry."""
        if self.has_blob(descriptor):
            return False
        host, _, repository = origin.partition("/")
        near = origin != self.name and host == self._client.host
        mount = repository if near else ""
        upload(self._client, descriptor, source, mount=mount, parts=self._parts)
        return True

    def write_manifest(self, manifest: Stored, tag: str | None) -> bool:
        """PUT the exact bytes, by tag or else by digest, unless they are there under that name."""
        name = tag or manifest.digest
        with self._lock:
            there = self._asked.pop(name, None)  # asked a moment ago, by `knows`
        if (self.knows(name) if there is None else there) == manifest.digest:
            return False
        with self._lock:
            self._asked.clear()
        answer = self._client.manifest("PUT", name, manifest)
        if answer.status not in {200, 201, 202, 204}:
            raise self._client.refused(answer, "push to", f"{self.name}{_suffix(name)}")
        answer.close()
        kept = answer.headers.get("Docker-Content-Digest") or manifest.digest
        if kept != manifest.digest:
            raise Rejected(
                f"{self.name} keeps the manifest as {kept[:100]}, not as {manifest.digest}",
                advice="This registry changes what it is given: use another one.",
            )
        return True

    def tags(self) -> tuple[str, ...]:
        """GET tags/list, page by page."""
        return lists.tags(self._client)

    def referrers(self, digest: str) -> tuple[Descriptor, ...] | None:
        """GET referrers, page by page; None: the registry does not have this API."""
        return lists.referrers(self._client, digest)

    def _manifest(self, name: str, media_type: str | None, *, needed: bool) -> Stored | None:
        where = f"{self.name}{_suffix(name)}"
        patience = self._client.wire.patience
        attempt = 0
        while True:
            answer = self._client.manifest("GET", name)
            if answer.status != 200:
                said = refusal(answer)
                if said.status == 404 and not said.page and not needed:
                    return None
                raise self._client.refused(said, "pull from", where)
            delay = patience.delay(attempt)
            attempt += 1
            try:
                content = self._client.content(answer, MAX_MANIFEST, where)
                break
            except Dropped:
                if attempt >= patience.tries:
                    raise
            patience.pause(delay)
        told = answer.headers.get("Docker-Content-Digest", "")
        digest = name if name.startswith("sha256:") else told
        if digest.startswith("sha256:"):
            verify(content, digest, where)
        kind = answer.headers.get("Content-Type", "")
        if kind.startswith("text/html"):
            raise BadInput(
                f"{self._client.host} answers with a web page instead of {where}",
                advice="Check the registry's address, and what proxy stands before it.",
            )
        return stored(content, media_type or kind)


def _suffix(name: str) -> str:
    return f"@{name}" if name.startswith("sha256:") else f":{name}"
