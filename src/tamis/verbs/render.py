"""`tamis render`: the manifests that deploy an artifact, pinned to its digest."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tamis import manifests, oci, profiles
from tamis.errors import BadInput
from tamis.files import write_whole
from tamis.manifests import Manifest
from tamis.model.artifact import Artifact, Metadata
from tamis.model.choices import Layout
from tamis.model.reference import LayoutReference, Reference, RegistryReference, parse, tagged
from tamis.verbs.layouts import layout_for
from tamis.verbs.pull import describe
from tamis.verbs.subject import Subject

__all__ = ["Placed", "place", "place_reference", "place_subject", "render", "save"]


@dataclass(frozen=True, slots=True)
class Placed:
    """An artifact's metadata, and where manifests say it is (digest included).

    `publish`: the command that makes that true; None when the artifact was seen there. `module`:
    the file on this machine, if there is one.
    """

    metadata: Metadata
    reference: RegistryReference
    publish: str | None = None
    module: Path | None = None


def place_reference(text: str, *, repository: str | None = None, insecure: bool = False) -> Placed:
    """An artifact in a registry (at most 3 requests, never the module) or in a layout folder."""
    origin = parse(text)
    return place(origin, describe(origin, insecure=insecure), repository)


def place(origin: Reference, artifact: Artifact, repository: str | None = None) -> Placed:
    """An artifact that was read at `origin`."""
    if isinstance(origin, RegistryReference) and repository is None:
        named = origin if origin.digest else tagged(origin, "latest")
        return Placed(artifact.metadata, named.with_digest(artifact.digest))
    goal = _goal(artifact.metadata, repository)
    command = shlex.join(("tamis", "copy", str(replace(origin, digest=None)), _bare(goal)))
    return Placed(artifact.metadata, goal.with_digest(artifact.digest), command)


def place_subject(
    subject: Subject, *, repository: str | None = None, layout: Layout | None = None
) -> Placed:
    """A module in hand: the digest it will have, since the same module has the same digest."""
    chosen = layout or (subject.filter.layout if subject.filter else None)
    packed = oci.pack(
        subject.module, subject.metadata, layout_for(subject.metadata.targets, chosen)
    )
    goal = _goal(subject.metadata, repository)
    command = shlex.join(("tamis", "push", subject.text, _bare(goal)))
    return Placed(subject.metadata, goal.with_digest(packed.digest), command, subject.path)


def render(
    placed: Placed,
    *,
    targets: Sequence[str] = (),
    kinds: Sequence[str] = (),
    config: str | None = None,
    namespace: str | None = None,
    labels: Mapping[str, str] | None = None,
) -> tuple[Manifest, ...]:
    """The manifests of each target (`istio@1.30`; none given: those the filter names).

    Without `kinds`, each target's usual one that has all the filter needs; with them and without
    `targets`, those of the filter's targets that have such a kind. `config` (JSON text) replaces
    the filter's default; it is validated against the filter's schema. Raises BadInput for an
    unknown target or kind, or a configuration that does not fit.
    """
    wanted = tuple(dict.fromkeys(targets)) or _own_targets(placed.metadata, kinds)
    if not wanted:
        raise BadInput(
            f"{placed.metadata.name} names no targets",
            advice="Say --target istio@1.30 or --target envoy, or set targets in tamis.toml.",
        )
    return tuple(
        manifests.render(
            placed.metadata,
            placed.reference,
            target=target,
            kind=kind,
            config=placed.metadata.config if config is None else config,
            namespace=namespace,
            labels=dict(labels or {}),
            publish=placed.publish,
            module=placed.module,
        )
        for target in wanted
        for kind in dict.fromkeys(kinds) or (manifests.usual_kind(target, placed.metadata),)
    )


def _own_targets(metadata: Metadata, kinds: Sequence[str]) -> tuple[str, ...]:
    """The filter's targets that have such a kind, or any; all where none has."""
    having = [
        target
        for target in metadata.targets
        if (known := profiles.resolve(target).kinds) and set(kinds) <= set(known)
    ]
    return tuple(having) or metadata.targets


def save(rendered: Sequence[Manifest], folder: Path) -> tuple[Path, ...]:
    """Each manifest in `folder` under its own name. Raises BadInput when it cannot be written."""
    written = tuple(folder / f"{one.name}.yaml" for one in rendered)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, one in zip(written, rendered, strict=True):
            write_whole(path, one.text.encode())
    except OSError as error:
        raise BadInput(
            f"cannot write manifests to {folder}: {error.strerror}",
            advice="Name a folder you may write to.",
        ) from error
    return written


def _goal(metadata: Metadata, repository: str | None) -> RegistryReference:
    name = repository or metadata.repository
    if not name:
        raise BadInput(
            f"{metadata.name} does not say where it will be published",
            advice='Add [publish] repository = "HOST/REPOSITORY" to tamis.toml, or --repository.',
        )
    reference = parse(name)
    if isinstance(reference, LayoutReference):
        raise BadInput(
            f"'{name}' is a folder: no mesh can pull from it",
            advice="Name a registry's repository: HOST/REPOSITORY.",
        )
    return tagged(reference, metadata.version)


def _bare(reference: RegistryReference) -> str:
    return str(replace(reference, digest=None)).removeprefix("oci://")
