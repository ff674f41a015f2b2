"""Artifacts: how a module travels, and the registries and folders it travels between.

`pack` makes an artifact, `open_store` finds its place, `save` writes it, `unpack` reads it back.
"""

from tamis.oci.blobs import InFile, InMemory, Source
from tamis.oci.digests import digest_of
from tamis.oci.images.take import for_platform, take
from tamis.oci.manifests import Index, Manifest, Stored, parse, stored
from tamis.oci.moving import replicate, save
from tamis.oci.packing.contents import child, content, described, unpack
from tamis.oci.packing.pack import Blob, Packed, pack
from tamis.oci.places import login, logout, name_in, open_store
from tamis.oci.registry.names import is_tag
from tamis.oci.store import Store

__all__ = [
    "Blob",
    "InFile",
    "InMemory",
    "Index",
    "Manifest",
    "Packed",
    "Source",
    "Store",
    "Stored",
    "child",
    "content",
    "described",
    "digest_of",
    "for_platform",
    "is_tag",
    "login",
    "logout",
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
