"""`tamis tag`: more names for an artifact that is there."""

from collections.abc import Sequence

from tamis import oci
from tamis.errors import BadInput
from tamis.model.reference import Reference

__all__ = ["tag"]


def tag(reference: Reference, tags: Sequence[str], *, insecure: bool = False) -> str:
    """Let each of `tags` name what `reference` names; returns its digest. Nothing is copied.

    Raises BadInput for what is no tag, before any is set, or for what is not there, Unreachable.
    """
    for each in tags:
        if not oci.is_tag(each):
            raise BadInput(
                f"'{each}' is not a tag",
                advice="A tag has letters, digits, '.', '_' and '-', at most 128.",
            )
    with oci.open_store(reference, insecure=insecure) as store:
        found = store.read_manifest(oci.name_in(reference))
        for each in tags:
            store.write_manifest(found, each)
    return found.digest
