"""One running Envoy with both ends of its wire: plugins go in, exchanges come out.

The plugin is swapped by ECDS while Envoy runs; a new connection for each plugin makes sure that
the worker has the new one (its own message queue is served before it accepts).
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tamis import extras
from tamis.envoy.binary import Binary
from tamis.envoy.bootstrap import Plugin, Setup, bootstrap, resource
from tamis.envoy.log import Log, Record, call_of
from tamis.envoy.process import Process, run_folder
from tamis.envoy.seen import Seen
from tamis.envoy.wire import Wire
from tamis.errors import Missing
from tamis.model.exchange import Answer, Exchange, Request

__all__ = ["PASS_THROUGH", "Loaded", "Server", "Step"]

#: The smallest proxy-wasm module: ABI marker, malloc, one page of memory. It does nothing.
PASS_THROUGH = bytes.fromhex(
    "0061736d0100000001090260000060017f017f03030200010503010001072d03066d656d6f727902"
    "001770726f78795f6162695f76657273696f6e5f305f325f310000066d616c6c6f6300010a090202"
    "000b040041000b"
)

_ACCEPTED = "Filesystem config update accepted"
_REJECTED = "Filesystem config update rejected"
_CONTINUE = "0"
_STREAM_CALLBACKS = tuple(
    f"proxy_on_{side}_{part}"
    for side in ("request", "response")
    for part in ("headers", "body", "trailers")
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What Envoy logged while it took (or refused) a plugin."""

    ok: bool
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One exchange as observed: both ends, and what Envoy logged meanwhile."""

    client: Seen
    upstream: Seen | None
    held: bool
    records: tuple[Record, ...]


class Server:
    """Envoy for one `Setup`; a context manager."""

    def __init__(self, binary: Binary, setup: Setup, patience: float) -> None:
        self._folder = run_folder()
        self._version = 0
        self._put(Plugin(self._module(PASS_THROUGH), "tamis.pass-through"))
        self.process = Process(
            binary,
            self._folder,
            lambda nonce: bootstrap(setup, self._folder, f"{nonce} 0 info access "),
            logs="wasm:trace,config:debug",
        )
        self._log = Log(self._folder.log, self.process.nonce)
        self._wire = Wire(self._folder, self._idle, patience, http1=setup.http1)

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _start(self) -> None:
        self.process.__enter__()
        self._wire.wait(lambda: self._verdict(0) is not None)
        if not self._verdict(0):
            binary = self.process.binary
            raise Missing(
                f"{binary.host} at {binary.path} cannot run Wasm at all",
                advice=f"Name another build, or run: {extras.command('envoy')}",
            )
        # The first exchange opens Envoy's connection to the upstream, which then stays: later a
        # request is forwarded before the next frame arrives, always.
        self.exchange(Exchange(Request(_WARM_UP), Answer()))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._wire.close()
            self._log.close()
        finally:
            self.process.close()

    @property
    def main_thread(self) -> int:
        """The thread that runs the canary's and the main VM."""
        return self._log.records[0].thread

    @property
    def worker_thread(self) -> int:
        """The thread that runs the worker's VM: the only other one that logs calls."""
        main = self.main_thread
        for record in reversed(self._log.records):
            if record.logger == "wasm" and record.thread != main:
                return record.thread
        return main

    @property
    def records(self) -> list[Record]:
        """All of the log so far."""
        return self._log.records

    def load(self, module: bytes, vm_id: str, name: str, root_id: str, config: bytes) -> Loaded:
        """Replace the plugin. Raises Crashed or Silence."""
        begin = len(self._log.records)
        self._put(Plugin(self._module(module), vm_id, name, root_id, config))
        self._wire.hang_up()
        self._wire.wait(lambda: self._verdict(begin) is not None)
        ok = self._verdict(begin) is True
        if ok:
            self._wire.barrier()
        self._log.poll()
        return Loaded(ok, tuple(self._log.records[begin:]))

    def exchange(self, exchange: Exchange) -> Step:
        """Run one exchange through the current plugin. Raises Crashed or Silence."""
        begin = len(self._log.records)
        client = self._wire.exchange(
            exchange.request,
            exchange.answer,
            paused=lambda: self._paused(begin) or self._logged(begin),
        )
        self._wire.wait(lambda: self._logged(begin))
        self._wire.barrier()
        self._log.poll()
        upstream = next(iter(self._wire.upstream_seen), None)
        return Step(client, upstream, not client.over, tuple(self._log.records[begin:]))

    def _put(self, plugin: Plugin) -> None:
        self._version += 1
        # Written beside the watched folder, then moved in: Envoy never reads half a file.
        new = self._folder.root / "plugin.new"
        new.write_text(resource(plugin, self._version))
        new.replace(self._folder.plugin)

    def _module(self, module: bytes) -> Path:
        path = self._folder.root / f"{hashlib.sha256(module).hexdigest()[:16]}.wasm"
        if not path.exists():
            path.write_bytes(module)
        return path

    def _idle(self) -> bool:
        self.process.check()
        return self._log.poll()

    def _verdict(self, begin: int) -> bool | None:
        for record in self._log.records[begin:]:
            if record.logger == "config" and record.text.startswith((_ACCEPTED, _REJECTED)):
                return record.text.startswith(_ACCEPTED)
        return None

    def _paused(self, begin: int) -> bool:
        for record in reversed(self._log.records[begin:]):
            call = call_of(record)
            if call and call.way == "host<-vm" and call.name in _STREAM_CALLBACKS:
                return call.result != _CONTINUE
        return False

    def _logged(self, begin: int) -> bool:
        return any(record.logger == "access" for record in self._log.records[begin:])


_WARM_UP = ((":method", "GET"), (":scheme", "http"), (":authority", "tamis"), (":path", "/"))
