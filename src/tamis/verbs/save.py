"""`tamis save`: artifacts in one file, for where no registry can be reached."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from tamis.errors import BadInput
from tamis.model.reference import LayoutReference, Reference, RegistryReference
from tamis.model.transfer import Told
from tamis.oci.folder import archive
from tamis.verbs.copy import copy

__all__ = ["save"]


def save(
    references: Sequence[Reference],
    output: Path,
    *,
    referrers: bool = True,
    insecure: bool = False,
    told: Told = lambda _: None,
) -> dict[str, str]:
    """Write a tar file of an OCI image layout that holds them; returns its tags and their digests.

    `referrers`: with all that belongs to them, signatures for one. `docker load` and skopeo read
    it, too. The same artifacts give the same bytes. Raises BadInput when two would have one name,
    or the file cannot be written, and what `copy` raises.
    """
    names: dict[str, Reference] = {}
    for reference in references:
        tag = _tag(reference)
        if tag in names:
            raise BadInput(
                f"{names[tag]} and {reference} would both be {tag} in {output}",
                advice="Save them into a file each.",
            )
        names[tag] = reference
    try:
        with tempfile.TemporaryDirectory(prefix="tamis-", dir=output.parent) as scratch:
            digests = {
                tag: copy(
                    reference,
                    LayoutReference(Path(scratch), tag),
                    referrers=referrers,
                    insecure=insecure,
                    told=told,
                )
                for tag, reference in names.items()
            }
            named = {tag: _whole(reference, tag) for tag, reference in names.items()}
            archive.write(Path(scratch), output, named)
    except OSError as error:
        raise BadInput(
            f"cannot write {output}: {error.strerror}", advice="Name a file of yours with -o."
        ) from error
    return digests


def _tag(reference: Reference) -> str:
    if reference.tag:
        return reference.tag
    if reference.digest:
        # A digest is no tag; its first half is one, and tells it from others.
        return reference.digest.removeprefix("sha256:")[:32]
    return "latest"


def _whole(reference: Reference, tag: str) -> str:
    """The name that `docker load` gives it."""
    if isinstance(reference, RegistryReference):
        return f"{reference.name}:{tag}"
    known = "".join(
        c if c.isalnum() and c.isascii() else "-" for c in reference.folder.absolute().name.lower()
    )
    return f"{known.strip('-') or 'artifact'}:{tag}"
