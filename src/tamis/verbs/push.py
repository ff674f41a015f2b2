"""`tamis push`: a module as an artifact in a registry or a layout folder."""

from tamis import oci
from tamis.errors import BadInput, Rejected
from tamis.model.artifact import Artifact, Metadata
from tamis.model.layout import Layout
from tamis.model.reference import Reference
from tamis.verbs.pull import describe

__all__ = ["describe", "push"]


def push(
    module: bytes,
    metadata: Metadata,
    destination: Reference,
    *,
    layout: Layout = "image",
    insecure: bool = False,
) -> Artifact:
    """Publish `module`, unchanged; the tag is the destination's, else the metadata's version.

    The same module and metadata give the same digest, and a second push uploads nothing.
    Raises BadInput for what no consumer would take or a destination that cannot be written,
    Rejected when the destination is pinned to another digest, Unreachable.
    """
    packed = oci.pack(module, metadata, layout)
    if destination.digest and destination.digest != packed.digest:
        raise Rejected(
            f"{destination} is pinned, and this module makes {packed.digest}",
            advice="Leave the digest away, or build the module that has it.",
        )
    with oci.open_store(destination, insecure=insecure) as store:
        oci.save(packed, store, destination.tag or _default_tag(metadata))
    manifest = oci.parse(oci.stored(packed.manifest))
    assert isinstance(manifest, oci.Manifest)
    return oci.described(manifest, packed.digest)


def _default_tag(metadata: Metadata) -> str:
    """The version; what SemVer allows and tags do not (`+`) must be said by the user."""
    if not oci.is_tag(metadata.version):
        raise BadInput(
            f"version '{metadata.version}' cannot be a tag", advice="Name one: push ... DEST:TAG."
        )
    return metadata.version
