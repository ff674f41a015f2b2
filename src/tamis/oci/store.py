"""One interface to a registry repository and an image-layout folder, and copying between them."""

from pathlib import Path
from typing import Protocol, Self

from tamis.errors import BadInput
from tamis.model.artifact import Descriptor
from tamis.model.reference import LayoutReference, Reference
from tamis.oci.layouts import Packed
from tamis.oci.manifests import Index, Stored, parse, stored

__all__ = ["Store", "name_in", "open_store", "replicate", "save"]

#: An index that points to indexes that point to ...: nobody needs more.
_DEPTH = 4


class Store(Protocol):
    """Where artifacts are kept. A context manager: leaving it closes connections.

    Every read verifies the digest and raises Rejected when it does not hold, BadInput when what is
    named is not there, Unreachable when nobody answers or lets us in.
    """

    def read_manifest(self, name: str, media_type: str | None = None) -> Stored:
        """The manifest or index with this tag or digest. `media_type`: if the caller knows it."""

    def read_blob(self, descriptor: Descriptor) -> bytes:
        """The bytes that `descriptor` names."""

    def save_blob(self, descriptor: Descriptor, path: Path) -> None:
        """Write them to the file `path`, a piece at a time. Raises OSError, too."""

    def write_blob(self, descriptor: Descriptor, content: bytes) -> bool:
        """Keep a blob. False: it was there already, nothing was written."""

    def has_blob(self, descriptor: Descriptor) -> bool:
        """Whether a blob is there; asks, does not read it."""

    def write_manifest(self, manifest: Stored, tag: str | None) -> bool:
        """Keep a manifest, and let `tag` name it. False: all of it was so already."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def open_store(reference: Reference, *, insecure: bool = False) -> Store:
    """The store that `reference` is in. Nothing is contacted or created before it is used.

    `insecure`: plain HTTP where there is no (trusted) TLS; else only loopback is spoken to so.
    """
    if isinstance(reference, LayoutReference):
        from tamis.oci.layout_folder import LayoutFolder

        return LayoutFolder(reference.folder)
    # oras takes 0.2 s to import: only who talks to a registry pays.
    from tamis.oci.transport import RegistryStore

    return RegistryStore(reference.host, reference.repository, insecure=insecure)


def name_in(reference: Reference) -> str:
    """What to ask its store for: the digest if there is one, else the tag, else "" or "latest".

    A layout folder may be named without a tag when it holds one artifact only.
    """
    if reference.digest or reference.tag:
        return reference.digest or reference.tag or ""
    return "" if isinstance(reference, LayoutReference) else "latest"


def save(packed: Packed, store: Store, tag: str | None) -> bool:
    """Write a packed artifact, blobs first. False: all of it was there, nothing was written."""
    written = [store.write_blob(blob.descriptor, blob.content) for blob in packed.blobs]
    written.append(store.write_manifest(stored(packed.manifest, packed.media_type), tag))
    return any(written)


def replicate(name: str, source: Store, target: Store, tag: str | None) -> Stored:
    """Copy the manifest or index `name` with all it points to; every byte and digest stays.

    Returns what was copied. Blobs that the target has are not read from the source.
    """
    top = source.read_manifest(name)
    _replicate(top, source, target, tag, _DEPTH)
    return top


def _replicate(found: Stored, source: Store, target: Store, tag: str | None, depth: int) -> None:
    document = parse(found)
    if isinstance(document, Index):
        if not depth:
            raise BadInput(
                f"{found.digest}: indexes are nested more than {_DEPTH} deep",
                advice="Copy the manifest you need by its digest.",
            )
        for _, child in document.manifests:
            below = source.read_manifest(child.digest, child.media_type)
            _replicate(below, source, target, None, depth - 1)
    else:
        for blob in document.blobs:
            if not target.has_blob(blob):
                target.write_blob(blob, source.read_blob(blob))
    target.write_manifest(found, tag)
