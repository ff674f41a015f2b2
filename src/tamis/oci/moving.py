"""Writing artifacts into a store, and copying them from one to another."""

from tamis.errors import BadInput
from tamis.oci.manifests import Index, Stored, parse, stored
from tamis.oci.packing.pack import Packed
from tamis.oci.store import Store

__all__ = ["replicate", "save"]

#: An index that points to indexes that point to ...: nobody needs more.
_DEPTH = 4


def save(packed: Packed, store: Store, tag: str | None) -> bool:
    """Write a packed artifact, blobs first. False: all of it was there, nothing was written."""
    written = [store.write_blob(blob.descriptor, blob.source) for blob in packed.blobs]
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
            target.write_blob(blob, source.blob(blob), origin=source.name)
    target.write_manifest(found, tag)
