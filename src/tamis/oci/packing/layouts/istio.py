"""`istio`: EXACTLY two layers, one of them the raw module, the other its ABI configuration.

Source of facts: the Wasm image specification (solo-io/wasm), which Istio calls the oci variant.
"""

from tamis.model.artifact import Descriptor
from tamis.model.media_types import WASM_CONFIG, WASM_CONTENT
from tamis.oci.manifests import TITLE, compact
from tamis.oci.packing.parts import Arranged, Blob, Parts, blob, image_config
from tamis.oci.packing.tar import PLUGIN

__all__ = ["arrange"]


def arrange(parts: Parts) -> Arranged:
    """The configuration, then the module."""
    known = parts.known
    settings = {
        "type": "envoy_proxy",
        "abiVersions": [known.abi] if known.abi else [],
        "config": {"rootIds": [known.root_id]},
    }
    described = Descriptor(WASM_CONTENT, parts.digest, parts.module.size, {TITLE: PLUGIN})
    layers = (
        blob(WASM_CONFIG, compact(settings), {TITLE: "config.json"}),
        Blob(described, parts.module),
    )
    config = image_config([layer.descriptor.digest for layer in layers])
    return Arranged(config, layers, notes=parts.notes)
