"""Writing artifacts into a store, and copying them from one to another."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tamis.errors import BadInput
from tamis.model.transfer import Told
from tamis.oci.blobs import shown
from tamis.oci.crew import Stop, in_parallel, stoppable
from tamis.oci.manifests import Index, Stored, parse, stored
from tamis.oci.store import Store

if TYPE_CHECKING:
    from tamis.oci.packing.pack import Packed

__all__ = [
    "replicate",
    "save",
]

#: An index that points to indexes that point to ...: nobody needs more.
_DEPTH = 4


def save(packed: "Packed", store: Store, tag: str | None) -> bool:
    """Write a packed artifact, blobs first. False: all of it was there, nothing was written."""
    manifest = stored(packed.manifest, packed.media_type)
    if tag and store.knows(tag) == manifest.digest:
        return False
    jobs: Sequence[Callable[[Stop], bool]] = ()
    if store.knows(manifest.digest) != manifest.digest:
        jobs = [
            lambda stop, blob=blob: store.write_blob(  # type: ignore[misc]
                blob.descriptor, stoppable(blob.source, stop)
            )
            for blob in packed.blobs
        ]
    written = in_parallel(jobs)
    written.append(store.write_manifest(manifest, tag))
    return any(written)


def replicate(
    name: str, source: Store, target: Store, tag: str | None, *, told: Told = lambda _: None
) -> Stored:
    """Copy the manifest or index `name` with all it points to; every byte and digest stays.

    Returns what was copied. Blobs that the target has are not read from the source.
    """
    top = source.read_manifest(name)
    if not tag or target.knows(tag) != top.digest:
        _replicate(top, source, target, tag, told, _DEPTH)
    return top


def _replicate(
    found: Stored, source: Store, target: Store, tag: str | None, told: Told, depth: int
) -> None:
    document = parse(found)
    if target.knows(found.digest) != found.digest:
        if isinstance(document, Index):
            if not depth:
                raise BadInput(
                    f"{found.digest}: indexes are nested more than {_DEPTH} deep",
                    advice="Copy the manifest you need by its digest.",
                )
            for _, child in document.manifests:
                below = source.read_manifest(child.digest, child.media_type)
                _replicate(below, source, target, None, told, depth - 1)
        else:
            in_parallel(
                [
                    lambda stop, blob=blob: target.write_blob(  # type: ignore[misc]
                        blob,
                        stoppable(shown(blob, source.blob(blob), told), stop),
                        origin=source.name,
                    )
                    for blob in document.blobs
                ]
            )
    target.write_manifest(found, tag)
