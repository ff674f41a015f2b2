"""`tamis pull`: a module out of a registry or a layout folder, byte for byte."""

from pathlib import Path

from tamis import oci
from tamis.errors import BadInput
from tamis.files import write_whole
from tamis.model.artifact import Artifact
from tamis.model.reference import LayoutReference, Reference

__all__ = ["describe", "fetch", "pull"]


def pull(reference: Reference, output: Path, *, insecure: bool = False) -> tuple[Artifact, Path]:
    """Write the module to `output` (a folder: to `<name>.wasm` in it); returns where it is.

    Raises BadInput for what is not there or is no Wasm artifact, Rejected when a digest does not
    hold, Unreachable. The file appears whole or not at all.
    """
    artifact, module = fetch(reference, insecure=insecure)
    path = output / f"{_file_name(artifact.metadata.name)}.wasm" if output.is_dir() else output
    _write(path, module)
    return artifact, path


def fetch(reference: Reference, *, insecure: bool = False) -> tuple[Artifact, bytes]:
    """What `reference` names, and its module's exact bytes; every digest is verified."""
    name, version = _stand_ins(reference)
    with oci.open_store(reference, insecure=insecure) as store:
        found, manifest = _manifest(store, reference)
        known, module = oci.unpack(manifest, store.read_blob, name=name, version=version)
    layer = oci.content(manifest)
    artifact = Artifact(
        metadata=known,
        layout=layer.layout,
        digest=found.digest,
        module_digest=oci.digest_of(module),
        module_size=len(module),
        layer_size=layer.layer.size,
    )
    return artifact, module


def describe(reference: Reference, *, insecure: bool = False) -> Artifact:
    """What the manifest tells: never the module, at most three requests (two of them for a token).

    An index costs one more, for the child that consumers take. A foreign image does not tell its
    module's digest and size: "" and 0.
    """
    name, version = _stand_ins(reference)
    with oci.open_store(reference, insecure=insecure) as store:
        found, manifest = _manifest(store, reference)
    return oci.described(manifest, found.digest, name=name, version=version)


def _manifest(store: oci.Store, reference: Reference) -> tuple[oci.Stored, oci.Manifest]:
    """The image manifest: of an index the child that consumers take."""
    found = store.read_manifest(oci.name_in(reference))
    document = oci.parse(found)
    if isinstance(document, oci.Index):
        chosen = oci.child(document)
        found = store.read_manifest(chosen.digest, chosen.media_type)
        document = oci.parse(found)
    if isinstance(document, oci.Index):
        raise BadInput(
            f"{reference} is an index of indexes, which no consumer reads",
            advice="Name the manifest by its digest.",
        )
    return found, document


def _stand_ins(reference: Reference) -> tuple[str, str]:
    """Name and version of an artifact that does not tell its own."""
    if isinstance(reference, LayoutReference):
        return reference.folder.absolute().name or "module", reference.tag or ""
    return reference.repository.rpartition("/")[2], reference.tag or ""


def _file_name(name: str) -> str:
    """A name is somebody else's text: it must not lead out of the folder."""
    kept = "".join(c if c.isalnum() or c in "._-" else "-" for c in name).strip(".")
    return kept or "module"


def _write(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        raise BadInput(
            f"cannot write {path}: {error.strerror}", advice="Name a file you may write to with -o."
        ) from error
