"""What a puller would find where an artifact is: its manifests as they are served, its layers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Layer", "Opened", "Packaged", "Served"]


@dataclass(frozen=True, slots=True)
class Served:
    """A manifest or an index: its bytes, and what the registry calls them."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A module: how many bytes it has, and the first of them (8 at most).

    `fault`: why a puller gets none, in its words.
    """

    size: int = 0
    head: bytes = b""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """A blob that is there: its size in bytes, itself as a module, and what is in it if it is a
    tar+gzip (None: that was not asked).

    `fault`: it cannot be read at all, in our words.
    """

    size: int
    raw: Opened
    archive: Opened | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Packaged:
    """An artifact at `url` (`oci://HOST/REPOSITORY[:TAG][@DIGEST]`), or where it is to be.

    `children`: what indexes lead to, and `layers`: what was looked into, by digest; what is missing
    there is not there. `checksum`: what the user pinned it to, hexadecimal digits, or "".
    """

    url: str
    top: Served
    children: Mapping[str, Served] = field(default_factory=dict)
    layers: Mapping[str, Layer] = field(default_factory=dict)
    checksum: str = ""
