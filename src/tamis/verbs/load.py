"""`tamis load`: artifacts out of a file that `save` wrote, into a registry or a layout folder."""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tamis.errors import BadInput
from tamis.model.reference import LayoutReference, Reference, RegistryReference
from tamis.model.transfer import Told
from tamis.oci.folder import archive
from tamis.verbs.copy import copy

__all__ = ["load"]


def load(
    path: Path,
    destination: Reference,
    *,
    referrers: bool = True,
    insecure: bool = False,
    told: Told = lambda _: None,
) -> dict[str, str]:
    """Copy all that is in the archive; returns references and digests.

    One artifact goes where `destination` says. Several keep their tags: into that folder, or that
    repository; those of several repositories each into one of their own below it. Raises BadInput
    for what is no archive of a layout, and what `copy` raises.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="tamis-") as scratch:
            folder = Path(scratch)
            archive.read(path, folder)
            goals = _goals(archive.names_in(folder), destination, path)
            loaded = {}
            for tag, goal in goals.items():
                source = LayoutReference(folder, tag)
                loaded[str(goal)] = copy(
                    source, goal, referrers=referrers, insecure=insecure, told=told
                )
            return loaded
    except OSError as error:
        raise BadInput(
            f"cannot read {path}: {error.strerror}", advice="Name a file that tamis save wrote."
        ) from error


def _goals(names: Mapping[str, str], destination: Reference, path: Path) -> dict[str, Reference]:
    """Where each goes that has a tag a person gave; the others belong to them."""
    named = {tag: name for tag, name in names.items() if not tag.startswith("sha256-")}
    if not named:
        raise BadInput(f"{path} names no artifact", advice="Save it again, with a tag.")
    if len(named) == 1:
        (tag,) = named
        return {tag: destination if destination.tag else replace(destination, tag=tag)}
    if destination.tag or destination.digest:
        raise BadInput(
            f"{path} holds {len(named)} artifacts, {', '.join(sorted(named))}, and {destination} "
            f"names one",
            advice="Leave its tag away.",
        )
    repositories = {_repository(name) for name in named.values()}
    below = isinstance(destination, RegistryReference) and len(repositories) > 1
    return {
        tag: replace(_below(destination, _repository(name)) if below else destination, tag=tag)
        for tag, name in named.items()
    }


def _below(destination: Reference, repository: str) -> Reference:
    assert isinstance(destination, RegistryReference)
    last = repository.rpartition("/")[2]
    return replace(destination, repository=f"{destination.repository}/{last}")


def _repository(name: str) -> str:
    """`ghcr.io/acme/hello` of `ghcr.io/acme/hello:1.0`."""
    head, colon, tag = name.rpartition(":")
    return head if colon and "/" not in tag else name
