"""`tamis pull`: a module out of a registry or a layout folder, byte for byte."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from tamis import oci
from tamis.errors import BadInput
from tamis.files import opened_whole
from tamis.model.artifact import Artifact, Descriptor, Metadata
from tamis.model.media_types import HIGRESS_README, HIGRESS_SPEC
from tamis.model.reference import LayoutReference, Reference
from tamis.model.transfer import Told
from tamis.oci.manifests import TITLE
from tamis.verbs.resolved import Resolved, resolved

__all__ = ["Pulled", "describe", "fetch", "pull"]

#: How Higress' layers are called that have no title.
_DOCUMENTS = {
    HIGRESS_SPEC: "spec.yaml",
    HIGRESS_README: "README.md",
}
#: In bytes; larger ones are no documents.
_LARGEST_DOCUMENT = 16 << 20


@dataclass(frozen=True, slots=True)
class Pulled:
    """What was pulled: the module is at `path`, and `files` are all that were written."""

    artifact: Artifact
    path: Path
    files: tuple[Path, ...]


def pull(
    reference: Reference,
    output: Path,
    *,
    extract: bool = False,
    insecure: bool = False,
    told: Told = lambda _: None,
) -> Pulled:
    """Write the module to `output` (a folder: to `<name>.wasm` in it).

    `extract`: `output` is a folder, made if need be, and gets all that the artifact holds for
    people as well: default configuration, its schema, documents that travel as layers.

    Raises BadInput for what is not there or is no Wasm artifact, Rejected when a digest does not
    hold, Unreachable. Each file appears whole or not at all.
    """
    name, version = _stand_ins(reference)
    with oci.open_store(reference, insecure=insecure) as store:
        found = resolved(store, reference)
        known = _described(store, found, name, version)
        path = output
        if extract or output.is_dir():
            path = output / f"{_file_name(known.metadata.name)}.wasm"

        def blob(wanted: Descriptor) -> oci.Source:
            return oci.shown(wanted, store.blob(wanted), told)

        with _writing(path) as file:
            artifact = oci.extract(found.manifest, known, blob, file)
        files = [path]
        documents = _documents(store, found.manifest, known.metadata) if extract else ()
        for each, content in documents:
            with _writing(output / each) as file:
                file.write(content)
            files.append(output / each)
    return Pulled(artifact, path, tuple(files))


def fetch(reference: Reference, *, insecure: bool = False) -> tuple[Artifact, bytes]:
    """What `reference` names, and its module's exact bytes; every digest is verified."""
    name, version = _stand_ins(reference)
    with oci.open_store(reference, insecure=insecure) as store:
        found = resolved(store, reference)
        known = _described(store, found, name, version)
        module = io.BytesIO()
        artifact = oci.extract(found.manifest, known, store.blob, module)
    return artifact, module.getvalue()


def describe(reference: Reference, *, insecure: bool = False) -> Artifact:
    """What the manifest tells: never the module, at most three requests (two of them for a token).

    An index costs one more, for the child that consumers take. A foreign image does not tell its
    module's digest and size: "" and 0. Raises BadInput for what is no Wasm artifact, Rejected for
    one that contradicts itself, Unreachable.
    """
    name, version = _stand_ins(reference)
    with oci.open_store(reference, insecure=insecure) as store:
        return _described(store, resolved(store, reference), name, version)


def _described(store: oci.Store, found: Resolved, name: str, version: str) -> Artifact:
    """With the index that led to it."""
    told = oci.described(found.manifest, found.digest, store.read_blob, name=name, version=version)
    return replace(told, index=found.index)


def _documents(
    store: oci.Store, manifest: oci.Manifest, known: Metadata
) -> Iterator[tuple[str, bytes]]:
    """What is there beside the module, by file name; the first of a name wins."""
    told = {"config.json": known.config, "config.schema.json": known.config_schema}
    yield from ((name, text.encode()) for name, text in told.items() if text)
    seen = set(told)
    for layer in manifest.layers:
        title = layer.annotations.get(TITLE) or _DOCUMENTS.get(layer.media_type, "")
        name = _file_name(title) if title else ""
        document = name and not name.endswith(".wasm") and layer.size <= _LARGEST_DOCUMENT
        if document and name not in seen:
            seen.add(name)
            yield name, store.read_blob(layer)


def _stand_ins(reference: Reference) -> tuple[str, str]:
    """Name and version of an artifact that does not tell its own."""
    if isinstance(reference, LayoutReference):
        return reference.folder.absolute().name or "module", reference.tag or ""
    return reference.repository.rpartition("/")[2], reference.tag or ""


def _file_name(name: str) -> str:
    """A name is somebody else's text: it must not lead out of the folder."""
    kept = "".join(c if c.isalnum() or c in "._-" else "-" for c in name).strip(".")
    return kept or "module"


@contextmanager
def _writing(path: Path) -> Iterator[IO[bytes]]:
    """The new file `path`. Raises BadInput where it cannot be written."""
    try:
        with opened_whole(path) as file:
            yield file
    except OSError as error:
        raise BadInput(
            f"cannot write {path}: {error.strerror}", advice="Name a file you may write to with -o."
        ) from error
