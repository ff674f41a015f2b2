"""What an artifact is made of, and what belongs to it."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Kind", "Node"]

Kind = Literal["artifact", "index", "config", "layer", "referrer"]


@dataclass(frozen=True, slots=True)
class Node:
    """A manifest or a blob; `size` in bytes. `what`: the platform of an index's child, the title of
    a layer, the predicate of an attestation, or "".
    """

    kind: Kind
    what: str
    media_type: str
    digest: str
    size: int
    children: tuple["Node", ...] = ()
