"""`tamis copy`: an artifact from one place to another, its digest unchanged."""

from tamis import oci
from tamis.errors import BadInput, Rejected
from tamis.model.reference import LayoutReference, Reference
from tamis.model.transfer import Told

__all__ = ["copy"]


def copy(
    source: Reference,
    destination: Reference,
    *,
    referrers: bool = True,
    insecure: bool = False,
    told: Told = lambda _: None,
) -> str:
    """Copy a manifest, or an index with all its children; returns its digest.

    `referrers`: with all that belongs to them (signatures, SBOM, reports).

    The tag is the destination's, else the source's; a registry also takes an artifact by digest
    alone. What is there already is not sent again. Raises BadInput, Rejected (a digest does not
    hold, or the destination is pinned to another one), Unreachable.
    """
    tag = destination.tag or (None if destination.digest else source.tag)
    if not tag and isinstance(destination, LayoutReference):
        raise BadInput(
            f"{destination}: an artifact in a layout folder needs a tag",
            advice=f"Write oci-layout://{destination.folder}:TAG.",
        )
    with (
        oci.open_store(source, insecure=insecure) as origin,
        oci.open_store(destination, insecure=insecure) as target,
    ):
        name = oci.name_in(source)
        if destination.digest:
            found = origin.read_manifest(name).digest
            if found != destination.digest:
                raise Rejected(
                    f"{destination} is pinned, and {source} is {found}",
                    advice="Leave the digest away, or name the source by it.",
                )
            name = found
        copied = oci.replicate(name, origin, target, tag, told=told)
        if referrers:
            oci.take_along(copied, origin, target)
        return copied.digest
