"""What foreign functions may ask of their caller, and how they refuse."""

import importlib
from enum import IntEnum
from types import ModuleType
from typing import Any, Protocol

from tamis import extras
from tamis.errors import Missing

__all__ = ["Caller", "Refused", "Status", "need"]


class Status(IntEnum):
    """Of the ABI; those that foreign functions give."""

    OK = 0
    NOT_FOUND = 1
    BAD_ARGUMENT = 2
    SERIALIZATION_FAILURE = 3
    INTERNAL_FAILURE = 10


class Refused(Exception):
    """The function gives the guest a status and no result."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.name)
        self.status = status


class Caller(Protocol):
    """The context that calls; of no use once the call is over."""

    def read(self, path: bytes, /) -> tuple[int, bytes]:
        """A property, as proxy_get_property answers; the path's segments are joined by NUL."""

    def textual(self, name: bytes, /) -> bool:
        """Whether the plugin declared the property to be text; else it is bytes."""

    @property
    def state(self) -> dict[str, Any]:
        """What foreign functions keep for the calling plugin."""


def need(module: str, extra: str, function: str) -> ModuleType:
    """A module of an extra. Raises Missing, which ends the run: no status would be Envoy's."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise Missing(
            f"the foreign function '{function}' needs the extra '{extra}'",
            advice=f"Run {extras.command(extra)}.",
        ) from None
