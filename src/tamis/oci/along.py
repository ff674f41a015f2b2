"""What belongs to an artifact goes where it goes: signatures, SBOM, reports, what is about them."""

from collections.abc import Iterator

from tamis.oci.manifests import Index, Stored, parse
from tamis.oci.moving import replicate
from tamis.oci.referrers import attach, belongings
from tamis.oci.store import Store

__all__ = ["take_along"]


def take_along(found: Stored, source: Store, target: Store) -> tuple[Stored, ...]:
    """Copy what belongs to `found`, or to a child of that index; it is in `target` itself already.

    Returns what was copied. Raises what reading and writing raise.
    """
    taken: dict[str, Stored] = {}
    for digest in dict.fromkeys(_manifests(found, source)):
        for each in belongings(source, digest):
            copied = replicate(each.descriptor.digest, source, target, each.tag)
            taken[copied.digest] = copied
            if each.tag is None:
                attach(target, copied)
    return tuple(taken.values())


def _manifests(found: Stored, source: Store) -> Iterator[str]:
    """The digests of an artifact: of an index those of its children, too."""
    yield found.digest
    document = parse(found)
    if isinstance(document, Index):
        for _, child in document.manifests:
            yield from _manifests(source.read_manifest(child.digest, child.media_type), source)
