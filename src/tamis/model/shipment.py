"""What `ship` returns: its gates, and what came through them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tamis.model.artifact import Artifact
from tamis.model.card import Card
from tamis.model.checked import Checked
from tamis.model.tested import Tested

__all__ = ["Shipment", "Stage", "StageName"]

StageName = Literal["build", "check", "test", "bench", "push", "render"]


@dataclass(frozen=True, slots=True)
class Stage:
    """One gate of `ship`; `what` says in a line what came of it."""

    name: StageName
    ok: bool
    what: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Shipment:
    """What `ship` did. `reference` is what manifests name; `publish` the command that makes it
    true, None when it already is. The gate that failed leaves its values for the report.
    """

    name: str
    version: str
    stages: tuple[Stage, ...]
    module_size: int = 0
    artifact: Artifact | None = None
    reference: str | None = None
    publish: str | None = None
    files: tuple[Path, ...] = ()
    checked: Checked | None = None
    tested: Tested | None = None
    benched: Card | None = None

    @property
    def ok(self) -> bool:
        """Every gate was passed."""
        return all(stage.ok for stage in self.stages)
