"""`cncf`: the raw module as the only layer, for wkg and other Wasm tools; no mesh reads it.

Source of facts: CNCF TAG Runtime, "Wasm OCI Artifact layout". Its `created` is required, so it is
the beginning of time: the same module has the same digest whatever the clock.
"""

from tamis.model.artifact import Descriptor
from tamis.model.media_types import CNCF_CONFIG, CNCF_MODULE
from tamis.oci.manifests import compact
from tamis.oci.packing.parts import Arranged, Blob, Parts, blob

__all__ = ["arrange"]


def arrange(parts: Parts) -> Arranged:
    """One layer."""
    document = {
        "created": "1970-01-01T00:00:00Z",
        "architecture": "wasm",
        "os": "wasip1",
        "layerDigests": [parts.digest],
    }
    described = Descriptor(CNCF_MODULE, parts.digest, parts.module.size)
    layers = (Blob(described, parts.module),)
    return Arranged(blob(CNCF_CONFIG, compact(document)), layers, notes=parts.notes)
