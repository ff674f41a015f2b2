"""What a puller finds in a store, or would find after a push: a value that rules can judge."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tamis import oci
from tamis.errors import BadInput, Rejected
from tamis.model.artifact import Descriptor
from tamis.model.packaged import Layer, Opened, Packaged, Served
from tamis.model.reference import Reference

if TYPE_CHECKING:
    from tamis.checks.packaging import Entry

__all__ = ["found", "indexed", "look", "made"]

#: More children than any index leads through.
_MOST = 8
_HEAD = 8


def found(reference: Reference, *, insecure: bool = False) -> Packaged:
    """What is there. Of layers no more is read than a puller reads, and nothing is kept.

    Raises BadInput when nothing is there, Unreachable; Rejected when a manifest is damaged.
    """
    from tamis.oci.packing.peek import peek

    with oci.open_store(reference, insecure=insecure) as store:
        top = store.read_manifest(oci.name_in(reference))

        def child(entry: "Entry") -> Served | None:
            there = store.find_manifest(entry.digest)
            return Served(there.content, there.media_type) if there else None

        def layer(entry: "Entry", archive: bool) -> Layer | None:
            known = Descriptor(entry.media_type, entry.digest, entry.size)
            try:
                if not store.has_blob(known):
                    return None
                return peek(store.blob(known), archive=archive)
            except (BadInput, Rejected) as error:
                return Layer(entry.size, Opened(), fault=error.what)

        served = Served(top.content, top.media_type)
        digest = (reference.digest or "").removeprefix("sha256:")
        return look(Packaged(str(reference), served, checksum=digest), child, layer)


def look(
    known: Packaged,
    child: "Callable[[Entry], Served | None]",
    layer: "Callable[[Entry, bool], Layer | None]",
) -> Packaged:
    """The same, with all that pullers ask for: manifests by `child`, layers by `layer` (True: as an
    archive); None: it is not there.
    """
    # The rules take their time to load: a push makes its value without them.
    from tamis.checks.packaging import next_manifest, opened_layers
    from tamis.oci.packing.peek import peek

    children = dict(known.children)
    for _ in range(_MOST):
        known = Packaged(known.url, known.top, children, {}, known.checksum)
        wanted = next_manifest(known)
        there = child(wanted) if wanted else None
        if wanted is None or there is None:
            break
        children[wanted.digest] = there
    layers: dict[str, Layer] = {}
    for entry, archive in opened_layers(known):
        if entry.data is not None:
            opened: Layer | None = peek(oci.InMemory(entry.data), archive=archive)
        else:
            opened = layer(entry, archive)
        if opened:
            layers.setdefault(entry.digest, opened)
    return Packaged(known.url, known.top, children, layers, known.checksum)


def indexed(
    top: oci.Stored, packed: Sequence[oci.Packed], packages: Sequence[Packaged]
) -> Packaged:
    """An index of these, as it will be there."""
    children = {each.digest: Served(each.manifest, each.media_type) for each in packed}
    layers = {digest: layer for one in packages for digest, layer in one.layers.items()}
    return Packaged(packages[0].url, Served(top.content, top.media_type), children, layers)


def made(packed: oci.Packed, module: oci.Source, url: str) -> Packaged:
    """What will be there after a push; nothing is unpacked, since it was just packed."""
    with module.open() as reader:
        opened = Opened(module.size, reader.read(_HEAD))
    layers = {
        blob.descriptor.digest: Layer(blob.descriptor.size, opened, opened)
        for blob in packed.layers[-1:]
    }
    return Packaged(url, Served(packed.manifest, packed.media_type), {}, layers)
