"""`model.Metadata` as one annotation, so that `render` needs the manifest and nothing else; as a
label of an image's configuration, too, where conversions drop annotations.
"""

from collections.abc import Mapping

from tamis.model.artifact import Metadata
from tamis.model.metadata import decode, encode
from tamis.oci.manifests import TITLE

__all__ = ["METADATA", "MODULE_DIGEST", "MODULE_SIZE", "annotations", "metadata", "module_facts"]

METADATA = "dev.tamis.metadata"
#: Of the .wasm itself, which a compressed layer hides; `sha256:...` and bytes in decimal.
MODULE_DIGEST = "dev.tamis.module.digest"
MODULE_SIZE = "dev.tamis.module.size"

_VERSION = "org.opencontainers.image.version"
_DESCRIPTION = "org.opencontainers.image.description"
_LICENSES = "org.opencontainers.image.licenses"
_SOURCE = "org.opencontainers.image.source"


def annotations(known: Metadata, module_digest: str, module_size: int) -> dict[str, str]:
    """The manifest's annotations, sorted by key; what is empty is left out."""
    every = {
        METADATA: encode(known),
        MODULE_DIGEST: module_digest,
        MODULE_SIZE: str(module_size),
        TITLE: known.name,
        _VERSION: known.version,
        _DESCRIPTION: known.description,
        _LICENSES: known.license,
        _SOURCE: known.source_url,
    }
    return {key: value for key, value in sorted(every.items()) if value}


def metadata(found: Mapping[str, str], *, name: str, version: str) -> Metadata:
    """What annotations or labels say; `name` and `version` stand in for what they do not.

    Raises BadInput when our own is malformed.
    """
    text = found.get(METADATA)
    if text is not None:
        return decode(text, f"annotation {METADATA}")
    return Metadata(
        name=found.get(TITLE) or name,
        version=found.get(_VERSION) or version,
        description=found.get(_DESCRIPTION, ""),
        license=found.get(_LICENSES, ""),
        source_url=found.get(_SOURCE, ""),
    )


def module_facts(found: Mapping[str, str]) -> tuple[str, int]:
    """(digest, size in bytes) of the module as annotated; ("", 0) where nothing is said."""
    size = found.get(MODULE_SIZE, "")
    known = len(size) < 20 and size.isascii() and size.isdigit()  # int() refuses 4300 digits
    return found.get(MODULE_DIGEST, ""), int(size) if known else 0
