"""The custom section `tamis.metadata`: what the filter says of itself, inside the module.

The registry's copy is the authority; this one tells `inspect` what a loose .wasm file is.
"""

from tamis.model.artifact import Metadata
from tamis.model.metadata import encode
from tamis.wasm.custom import METADATA
from tamis.wasm.rewrite import with_section

__all__ = ["SECTION", "embed"]

SECTION = METADATA


def embed(wasm: bytes, metadata: Metadata) -> bytes:
    """`wasm` with the section as its last, in place of an older one.

    The same metadata gives the same bytes. Raises BadInput when `wasm` is not a whole module.
    """
    return with_section(wasm, SECTION, encode(metadata).encode())
