"""What `inspect` returns: what is inside a module."""

from collections.abc import Mapping
from dataclasses import dataclass

from tamis.model.artifact import Metadata

__all__ = ["Inspection"]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is inside a module. `imports`: (module, name, type); `exports`: (name, type);
    `sections`: name -> bytes; `accepted`: target -> None, or why it would refuse the module.
    """

    name: str
    digest: str
    size: int
    metadata: Metadata
    abi: str | None
    imports: tuple[tuple[str, str, str], ...]
    exports: tuple[tuple[str, str], ...]
    features: tuple[str, ...]
    sections: Mapping[str, int]
    accepted: Mapping[str, str | None]
