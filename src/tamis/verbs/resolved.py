"""What a reference comes down to: the image manifest that consumers pin.

A consumer takes an index's linux/amd64 child and pins that one's digest, so that is what is pulled,
signed and verified, not the index.
"""

from dataclasses import dataclass

from tamis import oci
from tamis.errors import BadInput
from tamis.model.artifact import Descriptor
from tamis.model.reference import Reference, RegistryReference

__all__ = ["Resolved", "name_of", "resolved"]


@dataclass(frozen=True, slots=True)
class Resolved:
    """The image manifest, as it is stored and as it is read; `index`: the digest of the index that
    it was found in, or "".
    """

    stored: oci.Stored
    manifest: oci.Manifest
    index: str = ""

    @property
    def digest(self) -> str:
        """Of the image manifest."""
        return self.stored.digest

    @property
    def subject(self) -> Descriptor:
        """What signatures name."""
        return Descriptor(self.stored.media_type, self.stored.digest, len(self.stored.content))


def resolved(store: oci.Store, reference: Reference) -> Resolved:
    """What `reference` names. Raises BadInput where that is nothing that consumers take."""
    found = store.read_manifest(oci.name_in(reference))
    document = oci.parse(found)
    if isinstance(document, oci.Manifest):
        return Resolved(found, document)
    chosen = oci.child(document)
    child = store.read_manifest(chosen.digest, chosen.media_type)
    document = oci.parse(child)
    if isinstance(document, oci.Index):
        raise BadInput(
            f"{reference} is an index of indexes, which no consumer reads",
            advice="Name the manifest by its digest.",
        )
    return Resolved(child, document, found.digest)


def name_of(reference: Reference, found: Resolved) -> str:
    """The repository, as a signature's text has it; of an artifact in a folder the one it is
    meant for, if it says so.
    """
    if isinstance(reference, RegistryReference):
        return reference.name
    try:
        meant = oci.described(found.manifest, found.digest).metadata.repository
    except BadInput:  # no filter: it can be signed all the same
        meant = ""
    return meant or "localhost/filter"
