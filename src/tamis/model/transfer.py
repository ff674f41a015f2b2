"""What travels to a registry, and how far it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tamis.model.artifact import Artifact

__all__ = ["Item", "Kind", "Plan", "Progress", "Told"]

Kind = Literal["config", "layer", "manifest", "index"]


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` bytes of `what` are read; it goes back when an upload begins anew."""

    what: str
    done: int
    total: int


#: Called from any thread, as often as it goes on.
Told = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Item:
    """A blob or a manifest; `size` in bytes. `there`: the store has it already."""

    kind: Kind
    media_type: str
    digest: str
    size: int
    there: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What `push` would send, in this order; `artifact` is what it would be."""

    artifact: Artifact
    items: tuple[Item, ...]

    @property
    def size(self) -> int:
        """Bytes that would travel."""
        return sum(item.size for item in self.items if not item.there)
