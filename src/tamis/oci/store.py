"""One interface to a registry repository, an image-layout folder and an archive of one."""

from pathlib import Path
from typing import Protocol, Self

from tamis.model.artifact import Descriptor
from tamis.oci.blobs import Source
from tamis.oci.manifests import Stored

__all__ = ["Store"]


class Store(Protocol):
    """Where artifacts are kept. A context manager: leaving it closes connections.

    Every read verifies the digest and raises Rejected when it does not hold, BadInput when what is
    named is not there, Unreachable when nobody answers or lets us in.
    """

    @property
    def name(self) -> str:
        """As errors call it: `HOST/REPOSITORY`, or the folder."""

    def read_manifest(self, name: str, media_type: str | None = None) -> Stored:
        """The manifest or index with this tag or digest. `media_type`: if the caller knows it."""

    def find_manifest(self, name: str) -> Stored | None:
        """The same; None where there is none of that name (nor such a repository)."""

    def knows(self, name: str) -> str:
        """The digest of the manifest of that name which is there with all it points to, as far as
        one question tells; "" where there is none, or where it takes more than a question.
        """

    def read_blob(self, descriptor: Descriptor) -> bytes:
        """The bytes that `descriptor` names."""

    def save_blob(self, descriptor: Descriptor, path: Path) -> None:
        """Write them to the file `path`, a piece at a time. Raises OSError, too."""

    def blob(self, descriptor: Descriptor) -> Source:
        """The same bytes, read when they are needed; only who reads on to their end knows that
        they are the right ones: the last read raises Rejected otherwise.
        """

    def write_blob(self, descriptor: Descriptor, source: Source, *, origin: str = "") -> bool:
        """Keep a blob. False: it was there already, nothing was sent.

        `origin`: the `name` of a store that has it; one in the same registry needs no bytes.
        """

    def has_blob(self, descriptor: Descriptor) -> bool:
        """Whether a blob is there; asks, does not read it."""

    def write_manifest(self, manifest: Stored, tag: str | None) -> bool:
        """Keep a manifest, and let `tag` name it. False: all of it was so already."""

    def tags(self) -> tuple[str, ...]:
        """Every tag, sorted. Raises BadInput where there is no such repository or folder."""

    def referrers(self, digest: str) -> tuple[Descriptor, ...] | None:
        """What says that it is about the manifest `digest`, with its `artifact_type`; None where
        the store keeps no such list (see `oci.referrers` for what then takes its place).
        """

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...
