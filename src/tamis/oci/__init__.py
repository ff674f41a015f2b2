"""Artifacts: how a module travels, and the registries and folders it travels between.

`pack` makes an artifact, `open_store` finds its place, `save` writes it, `unpack` reads it back.
"""

from tamis.oci.contents import child, content, described, unpack
from tamis.oci.images import for_platform, take
from tamis.oci.layouts import Blob, Packed, pack
from tamis.oci.manifests import Index, Manifest, Stored, digest_of, parse, stored
from tamis.oci.names import is_tag
from tamis.oci.store import Store, name_in, open_store, replicate, save

__all__ = [
    "Blob",
    "Index",
    "Manifest",
    "Packed",
    "Store",
    "Stored",
    "child",
    "content",
    "described",
    "digest_of",
    "for_platform",
    "is_tag",
    "name_in",
    "open_store",
    "pack",
    "parse",
    "replicate",
    "save",
    "stored",
    "take",
    "unpack",
]
