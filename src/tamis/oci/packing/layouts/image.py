"""`image`: an OCI image; its LAST layer is a tar+gzip that holds `plugin.wasm`.

Read by every puller (Istio calls it the compat variant), and by every registry and container tool.
"""

from tamis.model.media_types import OCI_TAR_GZIP
from tamis.oci.packing.parts import Arranged, Parts, image_config

__all__ = ["arrange"]


def arrange(parts: Parts) -> Arranged:
    """One layer."""
    config = image_config([parts.archive_digest], parts.notes)
    return Arranged(config, (parts.archive(OCI_TAR_GZIP),), notes=parts.notes)
