"""`docker`: the same in docker schema2, for registries and tools that know no OCI.

That manifest has no annotations: what the artifact says of itself is in the labels alone.
"""

from tamis.model.media_types import DOCKER_CONFIG, DOCKER_MANIFEST, DOCKER_TAR_GZIP
from tamis.oci.packing.parts import Arranged, Parts, image_config

__all__ = ["arrange"]


def arrange(parts: Parts) -> Arranged:
    """One layer."""
    config = image_config([parts.archive_digest], parts.notes, DOCKER_CONFIG)
    return Arranged(config, (parts.archive(DOCKER_TAR_GZIP),), DOCKER_MANIFEST)
