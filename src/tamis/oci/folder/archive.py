"""A layout folder as one tar file, for where no registry can be reached, and back.

It is read by `skopeo ... oci-archive:FILE`, and by `docker load`: a manifest.json lists the images
in the older form, which names the same blobs. Same content, same bytes: names are sorted, times 0.
"""

import io
import json
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path

from tamis.errors import BadInput
from tamis.files import opened_whole
from tamis.model.artifact import Descriptor
from tamis.oci.digests import is_digest
from tamis.oci.folder import files
from tamis.oci.folder.index import FILE, IndexFile, tag_of
from tamis.oci.folder.layout_folder import MARKER, LayoutFolder
from tamis.oci.manifests import MAX_MANIFEST, Index, Manifest, compact, parse
from tamis.oci.packing.contents import child
from tamis.oci.unpacking import MOST_AT_ONCE, members, opened

__all__ = ["names_in", "read", "write"]

#: The whole name of an image; `org.opencontainers.image.ref.name` is only its tag.
_NAME = "io.containerd.image.name"
_DOCKER = "manifest.json"
_BLOBS = "blobs/sha256/"
#: Nobody has so many.
_MOST_ENTRIES = 100_000
#: How the types of layers end that Docker unpacks.
_TARRED = ("tar", "tar+gzip", "tar.gzip")
_ADVICE = "Name a file that tamis save or skopeo (oci-archive:) wrote."


def write(folder: Path, path: Path, names: Mapping[str, str]) -> None:
    """The layout in `folder` as the tar file `path`, whole or not at all. Raises OSError.

    `names`: the whole name of what has a tag there: "1.0" -> "ghcr.io/acme/hello:1.0".
    """
    described = {_DOCKER: _docker(folder, names), FILE: _named(folder, names)}
    with opened_whole(path) as file, tarfile.open(fileobj=file, mode="w") as tar:
        _add(tar, MARKER, (folder / MARKER).read_bytes())
        for name, content in sorted(described.items()):
            _add(tar, name, content)
        for blob in sorted((folder / _BLOBS).iterdir()):
            with blob.open("rb") as kept:
                tar.addfile(_entry(_BLOBS + blob.name, blob.stat().st_size), kept)


def read(path: Path, folder: Path) -> None:
    """Unpack an archive into the empty `folder`, which is a layout then; nothing else of it is
    looked at. Raises BadInput for what is no such archive, OSError.

    Digests are not verified here: whoever reads the layout does it.
    """
    with opened(path, str(path), what="archive of an OCI image layout", advice=_ADVICE) as tar:
        for count, member in enumerate(members(tar, str(path))):
            if count == _MOST_ENTRIES:
                raise BadInput(f"{path} holds too many files", advice=_ADVICE)
            name = member.name.removeprefix("./")
            if name not in {MARKER, FILE} and not _is_blob(name):
                continue
            # A sparse file of a few bytes may claim terabytes of zeros.
            content = tar.extractfile(member) if member.isreg() and not member.issparse() else None
            if content is None:
                raise BadInput(f"{path}: its {name} is no plain file", advice=_ADVICE)
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            with (folder / name).open("wb") as file:
                shutil.copyfileobj(content, file, MOST_AT_ONCE)
    if not (folder / MARKER).is_file():
        raise BadInput(
            f"{path} holds no OCI image layout: it has no file {MARKER}",
            advice="What docker save of old wrote: skopeo copy docker-archive:OLD oci-archive:NEW.",
        )


def names_in(folder: Path) -> dict[str, str]:
    """The artifacts of an unpacked archive: tag -> whole name, "" where it says none."""
    found: dict[str, str] = {}
    for entry in IndexFile(folder).entries():
        notes = entry.get("annotations")
        name = notes.get(_NAME, "") if isinstance(notes, dict) else ""
        if tag := tag_of(entry):
            found[tag] = name if isinstance(name, str) else ""
    return found


def _is_blob(name: str) -> bool:
    return name.startswith(_BLOBS) and is_digest(f"sha256:{name.removeprefix(_BLOBS)}")


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o644
    return entry


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    tar.addfile(_entry(name, len(content)), io.BytesIO(content))


def _named(folder: Path, names: Mapping[str, str]) -> bytes:
    """index.json with the whole names in it."""
    index = json.loads(files.read(folder / FILE, MAX_MANIFEST))
    for entry in index["manifests"]:
        if name := names.get(tag_of(entry) or ""):
            entry["annotations"] = {**entry["annotations"], _NAME: name}
    return compact(index)


def _docker(folder: Path, names: Mapping[str, str]) -> bytes:
    """Docker's manifest.json: those of the artifacts that are container images."""
    store = LayoutFolder(folder)
    images = []
    for tag, name in sorted(names.items()):
        manifest = _image(store, tag)
        if manifest and manifest.config and all(map(_is_tarred, manifest.layers)):
            layers = [_path(layer) for layer in manifest.layers]
            images.append({"Config": _path(manifest.config), "RepoTags": [name], "Layers": layers})
    return json.dumps(images, separators=(",", ":")).encode()


def _image(store: LayoutFolder, tag: str) -> Manifest | None:
    """The manifest of that tag; of an index its child for linux/amd64."""
    document = parse(store.read_manifest(tag))
    if isinstance(document, Index):
        try:
            document = parse(store.read_manifest(child(document).digest))
        except BadInput:  # it has none
            return None
    return document if isinstance(document, Manifest) else None


def _is_tarred(layer: Descriptor) -> bool:
    return layer.media_type.endswith(_TARRED)


def _path(blob: Descriptor) -> str:
    return _BLOBS + blob.digest.removeprefix("sha256:")
