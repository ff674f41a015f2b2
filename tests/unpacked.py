"""An artifact's module in memory."""

import io
from collections.abc import Callable

from tamis import oci
from tamis.model.artifact import Artifact, Descriptor

__all__ = ["unpacked"]


def unpacked(
    manifest: oci.Manifest,
    read: Callable[[Descriptor], bytes],
    *,
    name: str = "",
    version: str = "",
) -> tuple[Artifact, bytes]:
    """What the manifest says, and the module; `read` gives a blob."""
    told = oci.described(manifest, "sha256:x", read, name=name, version=version)
    file = io.BytesIO()
    found = oci.extract(manifest, told, lambda blob: oci.InMemory(read(blob)), file)
    return found, file.getvalue()
