"""`tamis push`: a module as an artifact in a registry or a layout folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tamis import oci
from tamis.errors import BadInput, Rejected
from tamis.model.artifact import Artifact, Metadata
from tamis.model.choices import Layout
from tamis.model.reference import Reference, tagged
from tamis.model.transfer import Item, Kind, Plan, Told
from tamis.verbs.layouts import demand, layout_for

if TYPE_CHECKING:
    from tamis.model.packaged import Packaged

__all__ = ["plan", "push"]


def push(
    module: bytes | Path,
    metadata: Metadata,
    destination: Reference,
    *,
    layout: Layout | None = None,
    index: Sequence[Layout] = (),
    targets: Sequence[str] | None = None,
    insecure: bool = False,
    told: Told = lambda _: None,
) -> Artifact:
    """Publish `module`, unchanged; the tag is the destination's, else the metadata's version.

    A file (a path) is never all in memory. `layout` None: the one that all `targets` accept (None:
    those of the metadata), whose rules are asked before the first byte leaves. `index`: an index of
    these layouts instead; what is returned is the child that consumers take.

    The same module and metadata give the same digest, and a second push uploads nothing.
    Raises BadInput for what no consumer would take or a destination that cannot be written,
    Rejected in the words of the target that would refuse it, or when the destination is pinned to
    another digest, Unreachable.
    """
    sent = _prepared(module, metadata, destination, layout, index, targets)
    with oci.open_store(destination, insecure=insecure) as store:
        for packed in sent.packed:
            tag = None if sent.index else sent.tag
            oci.save(_watched(packed, told), store, tag)
        if sent.index:
            store.write_manifest(sent.index, sent.tag)
    return sent.artifact


def plan(
    module: bytes | Path,
    metadata: Metadata,
    destination: Reference,
    *,
    layout: Layout | None = None,
    index: Sequence[Layout] = (),
    targets: Sequence[str] | None = None,
    insecure: bool = False,
) -> Plan:
    """What `push` would send and what is there already: asked for, nothing is changed.

    Raises what `push` raises.
    """
    sent = _prepared(module, metadata, destination, layout, index, targets)
    items: dict[str, Item] = {}
    with oci.open_store(destination, insecure=insecure) as store:
        for packed in sent.packed:
            for blob in packed.blobs:
                known = blob.descriptor
                kind: Kind = "config" if blob is packed.config else "layer"
                there = store.has_blob(known)
                item = Item(kind, known.media_type, known.digest, known.size, there)
                items.setdefault(known.digest, item)
            manifest = oci.stored(packed.manifest, packed.media_type)
            items[packed.digest] = _manifest("manifest", manifest, store)
        if sent.index:
            items[sent.index.digest] = _manifest("index", sent.index, store)
    return Plan(sent.artifact, tuple(items.values()))


@dataclass(frozen=True, slots=True)
class _Sent:
    """What is ready to leave."""

    packed: tuple[oci.Packed, ...]
    index: oci.Stored | None
    tag: str
    artifact: Artifact


def _prepared(
    module: bytes | Path,
    metadata: Metadata,
    destination: Reference,
    layout: Layout | None,
    index: Sequence[Layout],
    targets: Sequence[str] | None,
) -> _Sent:
    """Packed, and found good by all targets."""
    wanted = metadata.targets if targets is None else tuple(targets)
    source = oci.InMemory(module) if isinstance(module, bytes) else oci.InFile(module)
    tag = destination.tag or _default_tag(metadata)
    where = str(replace(tagged(destination, tag), digest=None))
    try:
        top, packed = _packed(source, metadata, index, lambda: layout_for(wanted, layout))
        package = _package(source, where, top, packed) if wanted else None
    except OSError as error:
        raise BadInput(
            f"cannot read {module!s:.200}: {error.strerror}",
            advice="Name a .wasm file that exists.",
        ) from error
    digest = top.digest if top else packed[0].digest
    if destination.digest and destination.digest != digest:
        raise Rejected(
            f"{destination} is pinned, and this module makes {digest}",
            advice="Leave the digest away, or build the module that has it.",
        )
    if package:
        demand(package, wanted)
    taken = _taken(top) if top else digest
    artifact = _artifact(next(each for each in packed if each.digest == taken))
    return _Sent(packed, top, tag, replace(artifact, index=top.digest if top else ""))


def _packed(
    source: oci.Source,
    metadata: Metadata,
    index: Sequence[Layout],
    layout: Callable[[], Layout],
) -> tuple[oci.Stored | None, tuple[oci.Packed, ...]]:
    if index:
        return oci.pack_index(source, metadata, index)
    return None, (oci.pack(source, metadata, layout()),)


def _package(
    source: oci.Source, where: str, top: oci.Stored | None, packed: Sequence[oci.Packed]
) -> "Packaged":
    """What will be there, as targets judge it."""
    from tamis.verbs.packages import indexed, made  # only targets pay for it

    packages = [made(each, source, where) for each in packed]
    return indexed(top, packed, packages) if top else packages[0]


def _taken(index: oci.Stored) -> str:
    """The child that consumers take; the first where they take none."""
    document = oci.parse(index)
    assert isinstance(document, oci.Index)
    try:
        return oci.child(document).digest
    except BadInput:
        return document.manifests[0][1].digest


def _artifact(packed: oci.Packed) -> Artifact:
    manifest = oci.parse(oci.stored(packed.manifest, packed.media_type))
    assert isinstance(manifest, oci.Manifest)
    return oci.described(manifest, packed.digest, lambda _: packed.config.content)


def _watched(packed: oci.Packed, told: Told) -> oci.Packed:
    """The same, whose layers tell how far they are read."""
    return replace(
        packed,
        layers=tuple(
            replace(blob, source=oci.shown(blob.descriptor, blob.source, told))
            for blob in packed.layers
        ),
    )


def _manifest(kind: Kind, manifest: oci.Stored, store: oci.Store) -> Item:
    digest, size = manifest.digest, len(manifest.content)
    there = store.knows(digest) == digest or store.find_manifest(digest) is not None
    return Item(kind, manifest.media_type, digest, size, there)


def _default_tag(metadata: Metadata) -> str:
    """The version; what SemVer allows and tags do not (`+`) must be said by the user."""
    if not oci.is_tag(metadata.version):
        raise BadInput(
            f"version '{metadata.version}' cannot be a tag", advice="Name one: push ... DEST:TAG."
        )
    return metadata.version
