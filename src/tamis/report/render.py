"""What `render` tells: its JSON objects (schemas/output.json)."""

from pathlib import Path

from tamis.manifests import Manifest
from tamis.report.objects import Object

__all__ = ["manifest_object"]


def manifest_object(value: Manifest, path: Path | None) -> Object:
    """A rendered manifest, and the file it was written to."""
    return {
        "name": value.name,
        "target": value.target,
        "kind": value.kind,
        "text": value.text,
        "path": str(path) if path else None,
    }
