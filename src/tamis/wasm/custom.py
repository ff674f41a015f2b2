"""The custom sections tamis understands: producers, target_features and tamis.metadata.

A custom section never makes a module invalid: one that cannot be read is as if it were not there.
Formats: WebAssembly tool-conventions, "ProducersSection.md" and "Linking.md".
"""

from tamis.errors import BadInput
from tamis.wasm.cursor import Cursor

__all__ = ["METADATA", "Notes"]

#: The custom section that `build` writes.
METADATA = "tamis.metadata"


class Notes:
    """What the custom sections of one module say; filled by `add`."""

    def __init__(self) -> None:
        self.producers: dict[str, tuple[tuple[str, str], ...]] = {}
        self.features: frozenset[str] = frozenset()
        self.metadata: bytes | None = None

    def add(self, name: str, at: Cursor) -> None:
        """Take in the payload of the custom section `name`."""
        try:
            if name == "producers":
                self.producers = _producers(at)
            elif name == "target_features":
                self.features = _features(at)
        except BadInput:
            return
        if name == METADATA:
            self.metadata = at.take(at.left)


def _producers(at: Cursor) -> dict[str, tuple[tuple[str, str], ...]]:
    fields = {}
    for _ in range(at.count()):
        name = at.name()
        fields[name] = tuple((at.name(), at.name()) for _ in range(at.count()))
    return fields


def _features(at: Cursor) -> frozenset[str]:
    used = set()
    for _ in range(at.count()):
        prefix, name = at.byte(), at.name()
        if prefix in b"+=":
            used.add(name)
    return frozenset(used)
