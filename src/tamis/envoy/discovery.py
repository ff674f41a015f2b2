"""Plugins that come and go while Envoy runs: the files of its extension discovery (ECDS)."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from tamis.envoy.folder import Folder
from tamis.envoy.log import Record
from tamis.envoy.plugins import PASS_THROUGH, Loadable, resource
from tamis.files import write_whole
from tamis.model.plugin import Plugin

__all__ = ["Discovery", "verdict", "verdicts"]

_ACCEPTED = "Filesystem config update accepted"
_REJECTED = "Filesystem config update rejected"


class Discovery:
    """What is in the slots of the Envoy in `folder`; each begins with a plugin that does nothing.

    `network`: those slots whose plugins are network filters, not HTTP filters.
    """

    def __init__(
        self, folder: Folder, slots: Iterable[str], network: frozenset[str] = frozenset()
    ) -> None:
        self._folder = folder
        self._network = network
        self._version = 0
        for slot in slots:
            self.empty(slot)

    def put(self, slot: str, loadable: Loadable) -> None:
        """Write what Envoy is to take over; its log tells the verdict."""
        self._version += 1
        network = slot in self._network
        text = resource(slot, loadable, self._version, network=network)
        write_whole(self._folder.plugin(slot), text.encode())

    def empty(self, slot: str) -> None:
        """Put the plugin in that does nothing."""
        nothing = Plugin("tamis", vm_id="tamis.nothing")
        self.put(slot, Loadable(self.module(PASS_THROUGH), nothing))

    def module(self, content: bytes) -> Path:
        """The file of a module; the same file for the same bytes."""
        path = self._folder.root / f"{hashlib.sha256(content).hexdigest()[:16]}.wasm"
        if not path.exists():
            write_whole(path, content)
        return path


def verdicts(records: Iterable[Record]) -> list[tuple[bool, list[Record]]]:
    """Each verdict in its order, with what was logged before it since the last: when Envoy starts,
    it judges what is in its slots one after the other.
    """
    found = []
    told: list[Record] = []
    for record in records:
        taken = verdict((record,))
        if taken is None:
            told.append(record)
        else:
            found.append((taken, told))
            told = []
    return found


def verdict(records: Iterable[Record]) -> bool | None:
    """Whether Envoy took what was put last before these records; None: it has not said so yet."""
    for record in records:
        if record.logger == "config" and record.text.startswith((_ACCEPTED, _REJECTED)):
            return record.text.startswith(_ACCEPTED)
    return None
