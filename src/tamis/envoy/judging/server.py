"""One running Envoy with every end of its wire: plugins go in, exchanges come out.

Plugins are swapped by ECDS while Envoy runs.
"""

import contextlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType, TracebackType
from typing import Self

from tamis import extras
from tamis.envoy.binary import Binary, label
from tamis.envoy.discovery import Discovery, verdict
from tamis.envoy.folder import Folder, run_folder, writing
from tamis.envoy.judging import metrics
from tamis.envoy.judging.addresses import header
from tamis.envoy.judging.bootstrap import bootstrap, slots
from tamis.envoy.judging.ends import Ends
from tamis.envoy.judging.setup import Setup
from tamis.envoy.judging.told import Told
from tamis.envoy.judging.turns import main_first
from tamis.envoy.log import Log, Record
from tamis.envoy.native import kind_of
from tamis.envoy.plugins import GUEST, Loadable
from tamis.envoy.process import Crashed, Process
from tamis.envoy.refusals import open_call
from tamis.envoy.trace import VM_CREATED
from tamis.envoy.wire.client import Client
from tamis.envoy.wire.events import Event, Head
from tamis.envoy.wire.http2 import Peer
from tamis.envoy.wire.loop import Loop, Silence
from tamis.envoy.wire.service import Service
from tamis.envoy.wire.tcp import Door
from tamis.envoy.wire.welcome import OPEN
from tamis.envoy.wiring import CLUSTER_HEADER
from tamis.errors import Missing
from tamis.model.exchange import Headers
from tamis.model.plugin import Plugin

__all__ = ["Server"]

#: VMs of the plugin that does nothing: Envoy's base, its main thread's and its worker's.
_IDLE_VMS = 3
#: Seconds within which a module is compiled, on a machine that has more to do.
_COMPILED = 180.0
#: Seconds within which a VM is gone that nobody needs.
_UNLOADED = 1.0
#: Seconds within which it is known that Envoy has ended.
_ENDED = 1.0
_ACTIVE = re.compile(r"Wasm (?:created )?(?P<vms>\d+) (?:now|remaining) active\Z")
_WARM_UP: Headers = (
    (":method", "GET"),
    (":scheme", "http"),
    (":authority", "tamis"),
    (":path", "/"),
)


class Server:
    """Envoy for one `Setup`; a context manager. `shim`: of a native one."""

    def __init__(self, binary: Binary, setup: Setup, patience: float, shim: bytes = b"") -> None:
        self.setup = setup
        self.host = label(binary, native=setup.native)
        #: It holds on to something that it cannot be made to let go, or that the next fixture sees.
        self.stuck = False
        self.port = 0  # of a network filter's listener
        self.worker_thread = 0
        with contextlib.ExitStack() as undo:
            self._folder = run_folder()
            undo.callback(self._folder.remove)
            with writing(self._folder.root):
                self._furnish(binary, patience, shim, undo)
            undo.pop_all()

    def _furnish(
        self, binary: Binary, patience: float, shim: bytes, undo: contextlib.ExitStack
    ) -> None:
        setup, told = self.setup, self.setup.told
        if setup.native:
            self._folder.shim.write_bytes(shim)
        network = frozenset({GUEST} if setup.network else ())
        self._plugins = Discovery(self._folder, slots(setup), network)
        ends = Ends.make(told, self._folder.root, patience)
        #: How a client begins.
        self.opening = ends.opening
        #: The upstream of a network filter.
        self.door = Door(ends.welcome)
        undo.callback(self.door.close)
        self.process = Process(
            binary,
            self._folder,
            lambda nonce: bootstrap(
                setup, self._folder, f"{nonce} 0 info access ", self.door.port, ends
            ),
            logs="wasm:trace,dynamic_modules:trace,config:debug",
        )
        undo.callback(self.process.close)
        self._log = Log(self._folder.log, self.process.nonce)
        undo.callback(self._log.close)
        self.loop = Loop(self._idle, patience)
        undo.callback(self.loop.close)
        self.client = Client(
            self.loop, self._folder.listener, http1=setup.http1, opening=self.opening
        )
        names = (setup.cluster, *setup.clusters)
        self.services = {
            name: Service(
                self.loop, name, self._folder.cluster(number), OPEN if number else ends.welcome
            )
            for number, name in enumerate(names)
            if number or not setup.network
        }

    def __enter__(self) -> Self:
        try:
            self._start()
        except (Crashed, Silence) as error:
            fault = self.process.failed(str(error) or "Envoy fell silent while it started")
            self.__exit__(None, None, None)
            raise fault from None
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _start(self) -> None:
        self.process.__enter__()
        self.loop.until(lambda: self._verdict(0) is not None)
        if not self._verdict(0):
            binary = self.process.binary
            raise Missing(
                f"{binary.host} at {binary.path} cannot run Wasm at all",
                advice=f"Name another build, or run: {extras.command('envoy')}",
            )
        # These requests open Envoy's connections to our servers, which then stay: later a request
        # is forwarded before the next frame arrives, always.
        self._warm_up()
        self.loop.until(lambda: any(self._made_vm(record) for record in self.records))
        made = next(record for record in self.records if self._made_vm(record))
        self.worker_thread = made.thread
        self.loop.until(lambda: self._active() == _IDLE_VMS)
        if self.setup.network:
            self.port = self._port()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.loop.close()
            self.door.close()
            self._log.close()
        finally:
            self.process.close()

    @property
    def folder(self) -> Folder:
        """Where its sockets and files are."""
        return self._folder

    @property
    def upstream(self) -> Service | None:
        """The server that exchanges are forwarded to."""
        return None if self.setup.network else self.services[self.setup.cluster]

    @property
    def main_thread(self) -> int:
        """The thread that runs the canary's and the main VM."""
        return self.records[0].thread

    @property
    def records(self) -> list[Record]:
        """All of the log so far."""
        return self._log.records

    def greet(self, told: Told) -> None:
        """Clients begin from now on as this fixture's do."""
        self.opening = replace(self.opening, header=header(told.source, told.destination))
        self.client.opening = self.opening

    def end(self, error: Exception) -> str:
        """What became of Envoy when `error` was met: how it ended, else `error` is all there is.

        Raises Missing when it was for want of room, and what is no business of Envoy's.
        """
        self.folder.need_room()
        try:
            self.loop.until(lambda: False, within=_ENDED)
        except Crashed as crashed:
            return str(crashed)
        except Silence:
            pass
        if isinstance(error, OSError):
            with writing(self._folder.root):
                raise error
        return str(error)

    def load(
        self,
        slot: str,
        module: bytes,
        plugin: Plugin,
        config: bytes,
        shared: Mapping[str, bytes] = MappingProxyType({}),
    ) -> bool:
        """Put a plugin into a slot; whether Envoy took it. Raises Crashed or Silence.

        Once it is taken, streams meet it. `shared`: data that a native twin finds there.
        """
        begin = len(self.records)
        self.client.hang_up()
        with main_first(self.main_thread, self.worker_thread):
            kind, shim = kind_of(module), self._folder.shim
            file = self._plugins.module(module)
            self._plugins.put(slot, Loadable(file, plugin, config, kind, shim, shared))
            self._await_verdict(begin)
        # Whatever the worker has to do was posted to it before.
        self.loop.settle()
        return self._verdict(begin) is True

    def unload(self, slot: str) -> None:
        """Take out what is in a slot; its plugin is told."""
        self.client.hang_up()
        begin = len(self.records)
        self._plugins.empty(slot)
        self.loop.until(lambda: self._verdict(begin) is not None)
        self.loop.settle()

    def clear(self) -> None:
        """Return when all VMs are gone that were loaded, with all they shared and counted.

        A guest that does not let go of its VM leaves the server stuck.
        """
        try:
            self.loop.until(lambda: self._active() == _IDLE_VMS, within=_UNLOADED)
            self.loop.until(lambda: not metrics.left(self.process), within=_UNLOADED)
        except Silence:
            self.stuck = True

    def _port(self) -> int:
        status = json.loads(self.process.admin("/listeners?format=json"))
        addresses = (each["local_address"] for each in status["listener_statuses"])
        ports = [each["socket_address"]["port_value"] for each in addresses if "pipe" not in each]
        port: int = ports[0]
        return port

    def _idle(self) -> bool:
        self.process.check()
        before = len(self.records)
        grown = self._log.poll()
        if any(record.thread != self.main_thread for record in self.records[before:]):
            self.loop.stir()
        return grown

    def _verdict(self, begin: int) -> bool | None:
        return verdict(self.records[begin:])

    def _await_verdict(self, begin: int) -> None:
        """V8 compiles a large module in silence; a guest that runs may not take so long."""
        end = time.monotonic() + _COMPILED
        while True:
            try:
                return self.loop.until(lambda: self._verdict(begin) is not None)
            except Silence:
                if open_call(self.records[begin:]) or time.monotonic() > end:
                    raise

    def _made_vm(self, record: Record) -> bool:
        return record.text.startswith(VM_CREATED) and record.thread != self.main_thread

    def _active(self) -> int:
        """How many VMs there are, as Envoy said last."""
        for record in reversed(self.records):
            found = _ACTIVE.search(record.text) if record.logger == "wasm" else None
            if found:
                return int(found["vms"])
        return 0

    def _warm_up(self) -> None:
        peer = Peer(self.loop.connect(self._folder.side), client=True)
        answered: list[Event] = []
        self.loop.add(peer, answered.append)
        self.loop.until(lambda: peer.ready)
        for number, name in enumerate(self.services):
            peer.send_headers(2 * number + 1, (*_WARM_UP, (CLUSTER_HEADER, name)), end=True)
        done = len(self.services)
        self.loop.until(lambda: sum(isinstance(each, Head) for each in answered) == done)
