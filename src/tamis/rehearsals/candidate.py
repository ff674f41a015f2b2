"""One of the two versions, ready to be put in place."""

from dataclasses import dataclass
from typing import Protocol

from tamis.model.plugin import Plugin
from tamis.model.rehearsed import Side, Version
from tamis.rehearsals.moves import Move

__all__ = ["Candidate", "Place"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """`plugin` has a vm_id; `config` as the guest reads it; `shown`: what people call it."""

    side: Side
    shown: Version
    module: bytes
    plugin: Plugin
    config: bytes


class Place(Protocol):
    """Where versions change places while requests come in."""

    @property
    def port(self) -> int:
        """Of this machine, where requests are sent."""

    def put(self, version: Candidate) -> Move:
        """Put a version in place; returns once nobody meets the one before, or it was refused.

        Raises Rejected when Envoy ends over it.
        """

    def check(self) -> None:
        """Raises Rejected when Envoy has ended by itself."""

    def resident(self) -> int:
        """Bytes that Envoy holds."""

    def vms(self) -> int:
        """VMs that it has."""
