"""What `push`, `pull` and `copy` tell: at a terminal, and as JSON objects."""

from collections.abc import Sequence
from pathlib import Path

from tamis.model.artifact import Artifact, Metadata
from tamis.model.reference import Reference
from tamis.model.transfer import Plan
from tamis.report.objects import Object
from tamis.report.terminal import Lines, bytes_of, facts, line, together

__all__ = ["artifact", "artifact_object", "metadata_object", "plan_object", "planned"]


def artifact(value: Artifact, where: Reference, files: Sequence[Path] = ()) -> Lines:
    """Where it is and what it is."""
    rows = [
        ("reference", str(where.with_digest(value.digest))),
        ("digest", value.digest),
        *([("of index", value.index)] if value.index else []),
        ("layout", value.layout),
        ("module", f"{bytes_of(value.module_size)}  {value.module_digest}"),
        ("travels as", bytes_of(value.layer_size)),
    ]
    return facts(rows + [("file", str(file)) for file in files])


def artifact_object(value: Artifact, where: Reference, files: Sequence[Path] = ()) -> Object:
    """A published artifact, and the files it was written to, its module's first."""
    told: Object = {
        "reference": str(where.with_digest(value.digest)),
        "digest": value.digest,
        "index": value.index or None,
        "layout": value.layout,
        "module": {"digest": value.module_digest, "size": value.module_size},
        "layer_size": value.layer_size,
        "metadata": metadata_object(value.metadata),
    }
    if files:
        told |= {"path": str(files[0]), "files": [str(file) for file in files]}
    return told


def metadata_object(value: Metadata) -> Object:
    """What the filter says of itself."""
    return {name: getattr(value, name) for name in Metadata.__slots__}


def planned(value: Plan, where: Reference) -> Lines:
    """What would be sent, and what is there."""
    rows = [
        line(
            ("there " if item.there else "send  ", "dim" if item.there else "green"),
            f"{item.kind:8}  {bytes_of(item.size):>9}  {item.digest}  {item.media_type}",
        )
        for item in value.items
    ]
    total = line(
        f"would send {bytes_of(value.size)} to {where}: {value.artifact.digest},"
        f" layout {value.artifact.layout}"
    )
    return together(*rows, total)


def plan_object(value: Plan, where: Reference) -> Object:
    """The artifact, and each of its parts."""
    items = [
        {
            "kind": item.kind,
            "media_type": item.media_type,
            "digest": item.digest,
            "size": item.size,
            "there": item.there,
        }
        for item in value.items
    ]
    return {**artifact_object(value.artifact, where), "dry_run": True, "items": items}
