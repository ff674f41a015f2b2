"""From what a tag names to the image manifest that a puller takes, and to the layers it opens.

Source of facts: go-containerregistry, pkg/v1/remote (descriptor.go, index.go).
"""

import hashlib
from dataclasses import dataclass

from tamis.checks.packaging.document import INDEXES, Entry, image, index
from tamis.checks.packaging.words import Refused, quoted
from tamis.model.media_types import DOCKER_TAR_GZIP, OCI_MANIFEST, OCI_TAR_GZIP, WASM_CONTENT
from tamis.model.packaged import Packaged, Served

__all__ = ["Resolved", "next_manifest", "opened_layers", "request", "resolve"]

_LINUX = ("linux", "amd64")
_SCHEMA1 = frozenset(
    f"application/vnd.docker.distribution.manifest.v1+{kind}" for kind in ("json", "prettyjws")
)
#: An index that points to indexes that point to ...: nobody needs more.
_DEPTH = 4
#: The types of layers that a puller opens.
_ARCHIVES = (OCI_TAR_GZIP, DOCKER_TAR_GZIP)


@dataclass(frozen=True, slots=True)
class Resolved:
    """The image manifest, and its digest."""

    manifest: Served
    digest: str


class _Unknown(Exception):
    """What was not looked for yet."""

    def __init__(self, wanted: Entry) -> None:
        super().__init__(wanted.digest)
        self.wanted = wanted


def resolve(found: Packaged) -> Resolved:
    """Follow indexes. Raises Refused where a puller ends."""
    try:
        return _resolve(found)
    except _Unknown as unknown:
        asked = request(found, "manifests", unknown.wanted.digest)
        raise Refused(f"{asked}: MANIFEST_UNKNOWN: manifest unknown") from unknown


def next_manifest(found: Packaged) -> Entry | None:
    """The child that must be read to go on; None: there is no more to read."""
    try:
        _resolve(found)
    except _Unknown as unknown:
        return unknown.wanted
    except Refused:
        pass
    return None


def opened_layers(found: Packaged) -> tuple[tuple[Entry, bool], ...]:
    """The layers that pullers open, and whether as an archive: the last, and those of content."""
    try:
        layers = image(resolve(found).manifest.content).layers
    except Refused:
        return ()
    last = [(layer, True) for layer in layers[-1:] if layer.media_type in _ARCHIVES]
    return (*last, *((layer, False) for layer in layers if layer.media_type == WASM_CONTENT))


def _place(found: Packaged) -> str:
    """As go-containerregistry writes it, which has another name for Docker Hub."""
    name = found.url.partition("://")[2]
    return f"index.{name}" if name.startswith("docker.io/") else name


def _resolve(found: Packaged) -> Resolved:
    served, digest = found.top, ""
    for _ in range(_DEPTH):
        if served.media_type in _SCHEMA1:
            raise Refused(
                f"unsupported MediaType: {quoted(served.media_type)}, "
                "see https://github.com/google/go-containerregistry/issues/377"
            )
        if served.media_type not in INDEXES:
            return Resolved(served, digest or _digest(served.content))
        entry = _chosen(found, served)
        served, digest = _child(found, entry), entry.digest
    raise Refused(f"indexes are nested more than {_DEPTH} deep")


def _chosen(found: Packaged, served: Served) -> Entry:
    """The first for linux/amd64, as which counts what names no platform."""
    for entry in index(served.content):
        if entry.platform is None or entry.platform == _LINUX:
            return entry
    raise Refused(f"no child with platform linux/amd64 in index {_place(found)}")


def _child(found: Packaged, entry: Entry) -> Served:
    if entry.data is not None:
        if (got := _digest(entry.data)) != entry.digest:
            raise Refused(f"error verifying Digest; got {quoted(got)}, want {quoted(entry.digest)}")
        return Served(entry.data, entry.media_type)
    child = found.children.get(entry.digest)
    if child is None:
        raise _Unknown(entry)
    if child.media_type != entry.media_type and child.media_type == OCI_MANIFEST:
        # docker-registry gives nothing of a type that was not asked for.
        asked = request(found, "manifests", entry.digest)
        raise Refused(
            f"{asked}: MANIFEST_UNKNOWN: OCI manifest found, but accept header does not support "
            "OCI manifests"
        )
    return Served(child.content, entry.media_type)


def request(found: Packaged, kind: str, digest: str) -> str:
    """The request, as pullers tell it: `GET https://HOST/v2/REPOSITORY/blobs/sha256:...`."""
    host, _, repository = _place(found).partition("@")[0].partition("/")
    name, colon, tag = repository.rpartition(":")
    repository = name if colon and "/" not in tag else repository
    near = host.partition(":")[0] in {"localhost", "127.0.0.1"}
    return f"GET {'http' if near else 'https'}://{host}/v2/{repository}/{kind}/{digest}"


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
