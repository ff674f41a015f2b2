"""`docker`: the same in docker schema2, for registries and tools that know no OCI.

That manifest has no annotations: what the artifact says of itself is in the labels alone.
"""

from tamis.oci.manifests import DOCKER_MANIFEST
from tamis.oci.packing.media_types import DOCKER_TAR_GZIP
from tamis.oci.packing.parts import Arranged, Parts, image_config

__all__ = ["arrange"]

_CONFIG = "application/vnd.docker.container.image.v1+json"


def arrange(parts: Parts) -> Arranged:
    """One layer."""
    config = image_config([parts.archive_digest], parts.notes, _CONFIG)
    return Arranged(config, (parts.archive(DOCKER_TAR_GZIP),), DOCKER_MANIFEST)
