"""What belongs to a manifest: those that name it as their subject, and cosign's tags beside it.

Source of facts: OCI distribution spec 1.1, "Listing Referrers" and "Referrers Tag Schema": a
registry without the API keeps an index under the tag `sha256-<hex>`, which clients write.
docker-registry 2.8 refuses an index with a child that is gone, so such entries are taken out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tamis.errors import BadInput, Rejected
from tamis.model.artifact import Descriptor
from tamis.model.media_types import OCI_INDEX, OCI_MANIFEST
from tamis.oci.blobs import InMemory
from tamis.oci.digests import digest_of
from tamis.oci.manifests import TITLE, Index, Manifest, Stored, compact, parse, stored, written
from tamis.oci.racing import until_seen
from tamis.oci.store import Store

__all__ = [
    "EMPTY",
    "Belonging",
    "attach",
    "belongings",
    "describe",
    "listing",
    "put",
    "tag_of",
    "tagged",
]

_EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
#: The configuration of what has none.
EMPTY = Descriptor(_EMPTY_TYPE, digest_of(b"{}"), 2)
#: Tags of cosign: `sha256-<hex>.sig` and so on.
_CLASSIC = ("sig", "att", "sbom")
#: Of one manifest, and of all that belongs to it: nobody has more.
_MOST = 2000


@dataclass(frozen=True, slots=True)
class Belonging:
    """A manifest that belongs to another: as its referrer, or by the `tag` that cosign gave it."""

    descriptor: Descriptor
    tag: str | None = None


def tag_of(digest: str, kind: str = "") -> str:
    """The tag of the fallback's index for a manifest; of `kind` "sig" cosign's tag for that."""
    return digest.replace(":", "-") + (f".{kind}" if kind else "")


def describe(manifest: Stored) -> Descriptor:
    """The descriptor that lists of referrers have: with its type and annotations."""
    document = parse(manifest)
    size = len(manifest.content)
    if not isinstance(document, Manifest):
        return Descriptor(manifest.media_type, manifest.digest, size)
    return Descriptor(
        manifest.media_type, manifest.digest, size, document.annotations, document.kind
    )


def listing(store: Store, digest: str, kind: str = "") -> tuple[Descriptor, ...]:
    """The manifests that are about the manifest `digest`, in the store's order; of `kind` alone,
    if it is not "".

    Of registries without the API only what is there, and says itself that it is about this one.
    Raises what reading raises; Rejected for more than anybody can look through.
    """
    listed = store.referrers(digest)
    if listed is None:
        found = tuple(_living(store, digest, _entries(store, digest)).values())
    else:
        found = tuple(_typed(store, each) for each in _bounded(store, digest, listed))
    return tuple(each for each in found if kind in {"", each.artifact_type})


def attach(store: Store, manifest: Stored) -> bool:
    """Write a manifest that has a subject, and see that the subject's list has it. False: all of it
    was so already.

    Its blobs are there. Other clients may attach to the same subject at the same time. Raises
    BadInput for one without subject, and what writing raises.
    """
    document = parse(manifest)
    if not isinstance(document, Manifest) or document.subject is None:
        raise BadInput(
            f"{manifest.digest} has no subject: it is about no other manifest",
            advice="Copy it by its own tag or digest.",
        )
    subject = document.subject.digest
    new = store.write_manifest(manifest, None)
    if store.referrers(subject) is not None:
        return new
    known = {manifest.digest: describe(manifest)}
    what = f"{store.name}: the entry in {tag_of(subject)}"
    return until_seen(lambda: _enter(store, subject, manifest.digest, known), what) or new


def put(
    store: Store,
    subject: Descriptor,
    kind: str,
    content: bytes,
    *,
    notes: Mapping[str, str],
    title: str = "",
) -> Descriptor:
    """Attach `content` to `subject` as a manifest of its own: of type `kind`, as is its one layer.

    `notes` are the manifest's annotations, `title` the layer's file name. Returns its descriptor.
    """
    named = {TITLE: title} if title else {}
    layer = Descriptor(kind, digest_of(content), len(content), named)
    about = Descriptor(subject.media_type, subject.digest, subject.size)
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": kind,
        "config": written(EMPTY),
        "layers": [written(layer)],
        "subject": written(about),
        **({"annotations": dict(sorted(notes.items()))} if notes else {}),
    }
    store.write_blob(EMPTY, InMemory(b"{}"))
    store.write_blob(layer, InMemory(content))
    manifest = stored(compact(document))
    attach(store, manifest)
    return describe(manifest)


def belongings(store: Store, digest: str) -> tuple[Belonging, ...]:
    """All that belongs to the manifest `digest`, and what belongs to that: a signature of an SBOM.

    What it belongs to always comes first. Of an index, ask for each of its children, too.
    """
    found: dict[tuple[str, str | None], Belonging] = {}
    waiting, asked = [digest], {digest}
    while waiting:
        about = waiting.pop()
        kept = (Belonging(describe(manifest), tag) for tag, manifest in tagged(store, about))
        for each in (*map(Belonging, listing(store, about)), *kept):
            found.setdefault((each.descriptor.digest, each.tag), each)
            if each.descriptor.digest not in asked:
                asked.add(each.descriptor.digest)
                waiting.append(each.descriptor.digest)
        if len(found) > _MOST:
            raise _too_many(store, digest)
    return tuple(found.values())


def tagged(store: Store, digest: str) -> Iterator[tuple[str, Stored]]:
    """What cosign keeps about the manifest `digest` under tags made of it: each tag, and what it
    names.
    """
    for kind in _CLASSIC:
        tag = tag_of(digest, kind)
        if manifest := store.find_manifest(tag):
            yield tag, manifest


def _enter(store: Store, subject: str, digest: str, known: dict[str, Descriptor]) -> bool:
    """One read and, where the entry is missing, one write; as little as can be in between.

    `known` grows by what was found to be there: it is asked for once, not in each turn.
    """
    entries = _entries(store, subject)
    if digest in {each.digest for each in entries}:
        return False
    fresh = tuple(each for each in entries if each.digest not in known)
    if fresh:
        known |= _living(store, subject, fresh)
        entries = _entries(store, subject)
    kept = {each.digest: known[each.digest] for each in entries if each.digest in known}
    kept[digest] = known[digest]
    index = {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [written(each) for each in kept.values()],
    }
    store.write_manifest(stored(compact(index)), tag_of(subject))
    return True


def _entries(store: Store, digest: str) -> tuple[Descriptor, ...]:
    """What the fallback's index lists; nothing where there is none. Raises BadInput for what is
    no index: it is somebody else's tag, and not to be overwritten.
    """
    found = store.find_manifest(tag_of(digest))
    if found is None:
        return ()
    document = parse(found)
    if not isinstance(document, Index):
        raise BadInput(
            f"{store.name}: the tag {tag_of(digest)} names no index of referrers",
            advice="Delete this tag: this registry needs it for signatures and reports.",
        )
    return _bounded(store, digest, tuple(each for _, each in document.manifests))


def _living(store: Store, subject: str, entries: tuple[Descriptor, ...]) -> dict[str, Descriptor]:
    """Of these entries those that are there and are about `subject`, as they say themselves."""
    found: dict[str, Descriptor] = {}
    for each in entries:
        manifest = store.find_manifest(each.digest)
        document = parse(manifest) if manifest else None
        if not manifest or not isinstance(document, Manifest) or not document.subject:
            continue
        if document.subject.digest == subject:
            found[each.digest] = describe(manifest)
    return found


def _typed(store: Store, listed: Descriptor) -> Descriptor:
    """With the type that its manifest has, where the list does not tell."""
    if listed.artifact_type not in {"", _EMPTY_TYPE}:
        return listed
    manifest = store.find_manifest(listed.digest)
    document = parse(manifest) if manifest else None
    if not isinstance(document, Manifest):
        return listed
    return replace(listed, artifact_type=document.kind, annotations=document.annotations)


def _bounded(store: Store, digest: str, listed: tuple[Descriptor, ...]) -> tuple[Descriptor, ...]:
    if len(listed) > _MOST:
        raise _too_many(store, digest)
    return listed


def _too_many(store: Store, digest: str) -> Rejected:
    return Rejected(
        f"{store.name}: more than {_MOST} manifests belong to {digest}",
        advice="Delete those that nobody needs: somebody attaches without end.",
    )
