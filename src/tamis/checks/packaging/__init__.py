"""Would the pullers of the targets take an artifact as it lies there, and in which words not."""

from tamis.checks.packaging.document import Entry
from tamis.checks.packaging.resolving import next_manifest, opened_layers
from tamis.checks.packaging.rules import packaging

__all__ = ["Entry", "next_manifest", "opened_layers", "packaging"]
