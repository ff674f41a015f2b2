"""The custom section `tamis.metadata`: what the filter says of itself, inside the module.

The registry's copy is the authority; this one tells `inspect` what a loose .wasm file is.
"""

from tamis.model.artifact import Metadata
from tamis.model.metadata import encode

__all__ = ["embed"]


def embed(wasm: bytes, metadata: Metadata) -> bytes:
    """`wasm` with the section as its last, in place of an older one.

    The same metadata gives the same bytes. Raises BadInput when `wasm` is not a whole module.
    """
    from tamis.wasm.custom import METADATA  # a cached build needs no rewriting
    from tamis.wasm.metadata import pack
    from tamis.wasm.rewrite import with_section

    return with_section(wasm, METADATA, pack(encode(metadata)))
