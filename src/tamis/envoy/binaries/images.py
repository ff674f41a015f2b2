"""Envoys that were taken out of container images, by the digest of their manifest."""

from dataclasses import replace
from pathlib import Path

from tamis.envoy.binaries import keeping
from tamis.envoy.binary import Binary, probe
from tamis.envoy.plugins import PASS_THROUGH
from tamis.envoy.validate import loads
from tamis.errors import Missing
from tamis.model.reference import Reference

__all__ = ["cached_images", "from_image", "keep_image", "note_index"]


def from_image(reference: Reference) -> Binary | None:
    """The Envoy of the image with that digest, if it was kept before. `reference.digest` is its
    manifest's, or that of an index that was noted.
    """
    assert reference.digest
    manifest = keeping.read_note(_note(reference.digest)) or reference.digest
    start = f"{_name(manifest)}-"
    for name, path in keeping.entries().items():
        if name.startswith(start) and (found := keeping.usable(path, name.removeprefix(start))):
            return replace(found, image=str(reference.with_digest(manifest)))
    return None


def note_index(digest: str, manifest: str) -> None:
    """Keep which manifest of an index is the one for this machine: digests of both."""
    keeping.write_note(_note(digest), manifest)


def keep_image(reference: Reference, path: Path, shown: str) -> Binary:
    """Move the binary at `path`, within `fetching`, into the cache. `shown`: what errors call it.

    Raises BadInput when it is no Envoy that runs here, Missing when it has no Wasm.
    """
    assert reference.digest
    found = probe(path, shown)
    if (why := loads(found, PASS_THROUGH)) is not None:
        raise Missing(
            f"{found.host}, {shown}, cannot run Wasm at all: {why}",
            advice="Name another image, or a version: envoy@1.38.",
        )
    kept = keeping.put(found, f"{_name(reference.digest)}-{found.version}")
    return replace(kept, image=str(reference))


def cached_images() -> tuple[str, ...]:
    """What of images is in the cache for this machine: "1.38.0 (image sha256:0123456789ab)"."""
    found = []
    for name in keeping.entries():
        algorithm, digest, version = [*name.split("-"), "", ""][:3]
        if algorithm == "sha256":
            found.append(f"{version} (image sha256:{digest[:12]})")
    return tuple(sorted(found))


def _note(digest: str) -> str:
    return f"index-{_name(digest)}"


def _name(digest: str) -> str:
    return digest.replace(":", "-")
