"""`tamis tree`: what an artifact is made of, and what belongs to it."""

from tamis import oci
from tamis.errors import BadInput
from tamis.model.artifact import Descriptor
from tamis.model.reference import Reference
from tamis.model.tree import Kind, Node
from tamis.oci import referrers
from tamis.oci.manifests import TITLE

__all__ = ["tree"]

#: Indexes within indexes, signatures of signatures: nobody needs more.
_DEPTH = 8
_PREDICATE = "dev.sigstore.bundle.predicateType"


def tree(reference: Reference, *, insecure: bool = False) -> Node:
    """The manifest or index that `reference` names, with all that is below it and about it.

    No blob is read. Raises BadInput for what is not there, Rejected, Unreachable.
    """
    with oci.open_store(reference, insecure=insecure) as store:
        return _node(store, store.read_manifest(oci.name_in(reference)), "artifact", "", _DEPTH)


def _node(store: oci.Store, found: oci.Stored, kind: Kind, what: str, depth: int) -> Node:
    if not depth:
        raise BadInput(
            f"{found.digest}: what belongs to it is nested more than {_DEPTH} deep",
            advice="Look at it by its digest.",
        )
    document = oci.parse(found)
    if isinstance(document, oci.Index):
        kind = "index"
        children = [
            _below(store, child, "artifact", platform or "no platform", depth)
            for platform, child in document.manifests
        ]
        media_type = document.media_type
    else:
        config = [_blob("config", document.config)] if document.config else []
        children = config + [_blob("layer", layer) for layer in document.layers]
        media_type = document.artifact_type or document.media_type
    children += [
        _below(store, each, "referrer", each.annotations.get(_PREDICATE, ""), depth)
        for each in referrers.listing(store, found.digest)
    ]
    if kind != "referrer":
        children += [
            _node(store, each, "referrer", f"tag {tag}", depth - 1)
            for tag, each in referrers.tagged(store, found.digest)
        ]
    return Node(kind, what, media_type, found.digest, len(found.content), tuple(children))


def _below(store: oci.Store, child: Descriptor, kind: Kind, what: str, depth: int) -> Node:
    found = store.read_manifest(child.digest, child.media_type)
    return _node(store, found, kind, what, depth - 1)


def _blob(kind: Kind, blob: Descriptor) -> Node:
    return Node(kind, blob.annotations.get(TITLE, ""), blob.media_type, blob.digest, blob.size)
