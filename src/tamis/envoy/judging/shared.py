"""What the VMs of a fixture share, asked and set by a plugin of ours beside theirs."""

from collections.abc import Sequence

from tamis.envoy.judging import observer
from tamis.envoy.judging.bootstrap import OBSERVER
from tamis.envoy.judging.server import Server
from tamis.model.plugin import Plugin

__all__ = ["Shared"]


class Shared:
    """Shared data and queues of the VMs called `vm`. `used`: slots that somebody has to empty."""

    def __init__(self, server: Server, vm: str, used: list[str]) -> None:
        self._server = server
        self._vm = vm
        self._used = used

    def data(self, keys: Sequence[str]) -> dict[str, bytes]:
        """What is there under these keys."""
        return dict(self._asked(observer.data_questions(keys))) if keys else {}

    def queues(self, names: Sequence[str]) -> dict[str, tuple[bytes, ...]]:
        """What is left in these queues; it is gone then."""
        items = self._asked(observer.queue_questions(self._vm, names)) if names else []
        return {name: tuple(item for key, item in items if key == name) for name in names}

    def tell(self, config: bytes) -> None:
        """Have our plugin do what `config` says (see observer.py)."""
        if OBSERVER not in self._used:
            self._used.append(OBSERVER)
        plugin = Plugin(observer.NAME, observer.NAME, vm_id=self._vm)
        if not self._server.load(OBSERVER, observer.module(), plugin, config):
            raise AssertionError("Envoy refuses our own plugin")

    def _asked(self, config: bytes) -> list[tuple[str, bytes]]:
        begin = len(self._server.records)
        self.tell(config)
        return observer.read(self._server.records[begin:])
