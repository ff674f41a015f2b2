"""Artifacts: how a module travels, and the registries and folders it travels between.

`pack` makes an artifact, `open_store` finds its place, `save` writes it, `unpack` reads it back.
What few need is not loaded by all: `folder.archive`, `images.take`, `packing.peek`.
"""

from tamis.oci import referrers
from tamis.oci.along import take_along
from tamis.oci.blobs import InFile, InMemory, Source, watched
from tamis.oci.digests import digest_of
from tamis.oci.manifests import Index, Manifest, Stored, parse, stored
from tamis.oci.moving import replicate, save, shown
from tamis.oci.packing.contents import child, content, described
from tamis.oci.packing.pack import Packed, pack, pack_index
from tamis.oci.packing.parts import Blob
from tamis.oci.packing.unpack import Unpacked, extract, unpack
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
    "Unpacked",
    "child",
    "content",
    "described",
    "digest_of",
    "extract",
    "is_tag",
    "login",
    "logout",
    "name_in",
    "open_store",
    "pack",
    "pack_index",
    "parse",
    "referrers",
    "replicate",
    "save",
    "shown",
    "stored",
    "take_along",
    "unpack",
    "watched",
]
