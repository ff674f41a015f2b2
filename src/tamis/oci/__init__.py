"""Artifacts: how a module travels, and the registries and folders it travels between.

`pack` makes an artifact, `open_store` finds its place, `save` writes it, `extract` reads it back.
What few need they take from where it is: `folder.archive`, `images.take`, `packing.peek`.
"""

from typing import TYPE_CHECKING

from tamis import lazy

if TYPE_CHECKING:
    from tamis.oci.along import take_along
    from tamis.oci.blobs import InFile, InMemory, Source, shown, watched
    from tamis.oci.digests import digest_of
    from tamis.oci.manifests import Index, Manifest, Stored, parse, stored
    from tamis.oci.moving import replicate, save
    from tamis.oci.packing.contents import child, content, described
    from tamis.oci.packing.extract import extract
    from tamis.oci.packing.pack import Packed, pack, pack_index
    from tamis.oci.packing.parts import Blob
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
    "extract",
    "is_tag",
    "login",
    "logout",
    "name_in",
    "open_store",
    "pack",
    "pack_index",
    "parse",
    "replicate",
    "save",
    "shown",
    "stored",
    "take_along",
    "watched",
]

__getattr__ = lazy.names_of(
    __name__,
    {
        "along": ("take_along",),
        "blobs": ("InFile", "InMemory", "Source", "shown", "watched"),
        "digests": ("digest_of",),
        "manifests": ("Index", "Manifest", "Stored", "parse", "stored"),
        "moving": ("replicate", "save"),
        "packing.contents": ("child", "content", "described"),
        "packing.pack": ("Packed", "pack", "pack_index"),
        "packing.parts": ("Blob",),
        "packing.extract": ("extract",),
        "places": ("login", "logout", "name_in", "open_store"),
        "registry.names": ("is_tag",),
        "store": ("Store",),
    },
)
