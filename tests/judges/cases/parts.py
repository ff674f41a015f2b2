"""What the cases are made of: modules, layers, descriptors, manifests. Pure values.

`Part` is a blob with the descriptor that a manifest has of it, which may lie.
"""

import json
import tarfile
from dataclasses import dataclass
from typing import Any

from tests.images import Image, Member, descriptor, file, layer

__all__ = [
    "CNCF_CONFIG",
    "CNCF_MODULE",
    "CONFIG",
    "CONTENT",
    "DOCKER_CONFIG",
    "DOCKER_LAYER",
    "DOCKER_LIST",
    "DOCKER_MANIFEST",
    "EMPTY",
    "MODULE",
    "OCI_INDEX",
    "OCI_LAYER",
    "OCI_MANIFEST",
    "OTHER",
    "SPEC_CONFIG",
    "Case",
    "Part",
    "image",
    "part",
    "raw",
    "tarball",
]

# Written out, not taken from tamis: a constant that is wrong there would be wrong in both.
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
CONFIG = "application/vnd.oci.image.config.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
CONTENT = "application/vnd.module.wasm.content.layer.v1+wasm"
SPEC_CONFIG = "application/vnd.module.wasm.config.v1+json"
CNCF_CONFIG = "application/vnd.wasm.config.v0+json"
CNCF_MODULE = "application/wasm"

_MAGIC = b"\0asm\1\0\0\0"
#: Two modules with nothing but a custom section.
MODULE = _MAGIC + b"\0\x69\4case" + bytes(100)
OTHER = _MAGIC + b"\0\6\5other"


@dataclass(frozen=True)
class Case:
    """An image, and how it is asked for.

    `checksum`: what the user gave as sha256, in hex; "" for none. `at`: follows the repository's
    name in the URL, with `{digest}` for the digest of what is pushed, which also has the tag 1.
    """

    image: Image
    checksum: str = ""
    at: str = ":1"

    @property
    def reference(self) -> str:
        """What follows the repository's name."""
        return self.at.format(digest=self.image.digest)


@dataclass(frozen=True)
class Part:
    """A blob as a manifest describes it. `absent`: it is described, but not there."""

    content: bytes
    described: dict[str, Any]
    absent: bool = False


def part(kind: str, content: bytes, *, absent: bool = False, **lies: object) -> Part:
    """Of that media type. `lies`: other keys of the descriptor, or other values."""
    return Part(content, descriptor(content, kind) | lies, absent)


def tarball(*members: Member, kind: str = OCI_LAYER, form: int = tarfile.DEFAULT_FORMAT) -> Part:
    """A layer of tar+gzip with these members; with plugin.wasm if there are none."""
    return part(kind, layer(*(members or (file("plugin.wasm", MODULE),)), form=form))


def image(
    *layers: Part, config: Part | None = None, kind: str = OCI_MANIFEST, **rest: object
) -> Image:
    """A manifest of these layers. `rest`: more keys of it; None takes one away."""
    config = config or part(DOCKER_CONFIG if kind == DOCKER_MANIFEST else CONFIG, b"{}")
    keys = {
        "schemaVersion": 2,
        "mediaType": kind,
        "config": config.described,
        "layers": [each.described for each in layers],
    }
    keys = {key: value for key, value in (keys | rest).items() if value is not None}
    blobs = tuple(each.content for each in (config, *layers) if not each.absent)
    return Image(json.dumps(keys).encode(), kind, blobs)


def raw(manifest: bytes, kind: str, *, of: Image) -> Image:
    """Those very bytes as the manifest, with the blobs of another image."""
    return Image(manifest, kind, of.blobs, of.children)
