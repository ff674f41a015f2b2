"""An Envoy that people send requests to: its plugins are swapped while it serves."""

import errno
import json
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tamis import extras
from tamis.envoy import refusals
from tamis.envoy.binary import Binary
from tamis.envoy.discovery import Discovery, verdict, verdicts
from tamis.envoy.folder import run_folder, writing
from tamis.envoy.lineage import Lineage
from tamis.envoy.live.bootstrap import ADMIN, FRONT, Slot, gate_bootstrap
from tamis.envoy.live.lines import said
from tamis.envoy.live.taps import Taps
from tamis.envoy.live.traffic import STATS, traffic
from tamis.envoy.live.upstream import Upstream
from tamis.envoy.log import Log, Record
from tamis.envoy.native import kind_of
from tamis.envoy.plugins import GUEST, Loadable
from tamis.envoy.process import Crashed, Process, Refused
from tamis.errors import BadInput, Fault, Missing, Rejected
from tamis.model.plugin import Plugin
from tamis.model.running import Traffic

if TYPE_CHECKING:
    from tamis.envoy.live.echo import Echo

__all__ = ["Filling", "Gate", "NotTaken"]

_POLL = 0.005
#: Seconds that V8 may compile, and that a plugin may take to start.
_COMPILED = 180.0
#: Seconds within which a worker answers.
_ANSWERED = 1.0
_LOOPBACK = "127.0.0.1"


#: What is put into a slot: a module, its plugin, its configuration.
Filling = tuple[bytes, Plugin, bytes]


class NotTaken(Exception):
    """Envoy does not start with a fixed plugin; the text is Envoy's words."""


class Gate:
    """A proxy in front of `upstream` (None: an Echo of its own); a context manager.

    Clients come with HTTP/1.1 or HTTP/2 (prior knowledge). `port`, `admin`: 0 is any free one.
    `level`: below it, what a plugin logs is dropped (trace, debug, info, warning, error). `taps`:
    exchanges are written down, for a `Recorder`. `clusters`: those that plugins call, by
    their names. `lineage`: it takes `port` over from the Gate before it there. `first`: plugins
    that are in their slots before anybody is let in; if one is not taken, nobody gets past it.
    """

    def __init__(
        self,
        binary: Binary,
        upstream: Upstream | None = None,
        slots: Sequence[Slot] = (Slot(GUEST),),
        *,
        host: str = _LOOPBACK,
        port: int = 0,
        admin: int = 0,
        taps: Taps | None = None,
        workers: int = 1,
        level: str = "info",
        clusters: Mapping[str, Upstream] | None = None,
        lineage: Lineage | None = None,
        first: Mapping[str, Filling] | None = None,
    ) -> None:
        inherited = lineage is not None and lineage.begun
        for wanted in ((host, 0 if inherited else port), (_LOOPBACK, admin)):
            _free(*wanted)
        network = frozenset(slot.name for slot in slots if slot.layer == "network")
        self._fixed = next((slot.fixed.plugin for slot in slots if slot.fixed), None)
        self._addresses: dict[str, tuple[str, int]] = {}
        self._first = dict(first or {})
        #: Envoy judges network filters first.
        self._judged = [s.name for layer in ("network", "http") for s in slots if s.layer == layer]
        #: Why a plugin of `first` was not taken, by its slot.
        self.refused: dict[str, str] = {}
        with ExitStack() as undo:
            folder = run_folder()
            undo.callback(folder.remove)
            with writing(folder.root):
                self._echo: Echo | None = None
                if upstream is None:
                    upstream = Upstream(path=folder.cluster(0))
                    self._echo = _echo(folder.cluster(0), raw=len(network) == len(slots) > 0)
                    undo.callback(self._echo.close)
                behind = upstream
                free = (slot.name for slot in slots if not slot.fixed)
                self._plugins = Discovery(folder, free, network)
                for name, filling in self._first.items():
                    self._fill(name, *filling)
                self._process = Process(
                    binary,
                    folder,
                    lambda nonce: gate_bootstrap(
                        folder,
                        slots,
                        behind,
                        (host, port),
                        admin=admin,
                        taps=taps,
                        access_prefix=f"{nonce} 0 info access ",
                        clusters=clusters,
                    ),
                    logs=f"wasm:{level},dynamic_modules:{level},config:debug",
                    workers=workers,
                    lineage=lineage,
                    within=_COMPILED,
                )
                undo.callback(self._process.close)
                self._log = Log(folder.log, self._process.nonce)
            undo.pop_all()

    def __enter__(self) -> Self:
        """Raises NotTaken, or Fault where Envoy does not start for another reason."""
        try:
            self._process.__enter__()
        except Refused:
            self._log.poll()
            self.close()
            if self._fixed is None or not refusals.complaints(self._log.records):
                raise
            self._process.folder.remove()
            raise NotTaken(_words(self._log.records, self._fixed)) from None
        try:
            if self._echo:
                self._echo.__enter__()
            status = json.loads(self._process.admin("/listeners?format=json"))
            for each in status["listener_statuses"]:
                at = each["local_address"]["socket_address"]
                self._addresses[each["name"]] = (at["address"], at["port_value"])
            self._look()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End Envoy; idempotent."""
        self._log.close()
        self._process.close()
        if self._echo:
            self._echo.close()

    @property
    def process(self) -> Process:
        """The Envoy itself."""
        return self._process

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that clients connect to."""
        return self._addresses[FRONT]

    @property
    def admin(self) -> tuple[str, int]:
        """Host and port of Envoy's admin interface."""
        return self._addresses[ADMIN]

    def put(self, slot: str, module: bytes, plugin: Plugin, config: bytes) -> str | None:
        """Swap the plugin in a slot: None once Envoy has taken it, else why it has not, in Envoy's
        words; then the one before it stays. Streams that are under way keep theirs.

        Raises Rejected when Envoy ends over it, Fault when it does not answer within three minutes,
        Missing when there is no room for it.
        """
        self._log.skip()
        with writing(self._process.folder.root):
            self._fill(slot, module, plugin, config)
        end = time.monotonic() + _COMPILED
        while (taken := verdict(self._log.records)) is None:
            if time.monotonic() > end:
                raise Fault(
                    f"Envoy does not finish loading {plugin.name or slot}",
                    advice="It hangs in its start: test it in wasmtime, which has deadlines.",
                )
            if not self._log.poll():
                self.check()
                time.sleep(_POLL)
        return None if taken else _words(self._log.records, plugin)

    def _fill(self, slot: str, module: bytes, plugin: Plugin, config: bytes) -> None:
        file = self._plugins.module(module)
        self._plugins.put(slot, Loadable(file, plugin, config, kind_of(module)))

    def _look(self) -> None:
        """What became of the first plugins; Envoy serves once it has judged them all."""
        if not self._first:
            return
        self._log.poll()
        judged = verdicts(self._log.records)
        for slot, (taken, told) in zip(self._judged, judged, strict=True):
            if not taken:
                self.refused[slot] = _words(told, self._first[slot][1])

    def follow(self) -> Log:
        """A reader of Envoy's log from its beginning, for the caller to `take` from and to close.

        Taking gives the room on disk back, so there is one.
        """
        return Log(self._process.folder.log, self._process.nonce)

    def ended(self) -> bool:
        """Whether it has ended since another one took over. Raises Rejected if it broke."""
        try:
            return self._process.ended()
        except Crashed as error:
            raise self._broken(error) from None

    def answers(self) -> bool:
        """Whether a worker answers within a second: the way to the admin interface leads through
        one. Raises what `check` raises.
        """
        self.check()
        try:
            connection = HTTPConnection(*self.admin, timeout=_ANSWERED)
            try:
                connection.request("GET", "/ready")
                connection.getresponse().read()
            finally:
                connection.close()
        except OSError:
            self.check()
            return False
        return True

    def traffic(self) -> Traffic:
        """Figures since it started. Raises what `check` raises."""
        self.check()
        return traffic(self._process.admin(f"/stats?filter={STATS}"))

    def check(self) -> None:
        """Raises Rejected when Envoy has ended by itself."""
        try:
            self._process.check()
        except Crashed as error:
            raise self._broken(error) from None

    def _broken(self, error: Crashed) -> Rejected:
        fault = self._process.failed(str(error))
        return Rejected(fault.what, advice=fault.advice())


def _echo(path: Path, *, raw: bool) -> "Echo":
    try:
        from tamis.envoy.live.echo import Echo  # an upstream of the user's needs no codec of ours
    except ModuleNotFoundError as error:
        raise Missing(
            f"the Python package {error.name} is not installed",
            advice=f"Run: {extras.command('envoy')}; or name an --upstream.",
        ) from error
    return Echo(path, raw=raw)


def _words(records: Sequence[Record], plugin: Plugin) -> str:
    """The start callback that said no, what the plugin had to say to it, else Envoy's words."""
    main = next((each.thread for each in records), 0)
    callback, words = refusals.refusal(records, main)
    if not callback:
        return words
    told = [*said(records, plugin), *([words] if words else [])]
    return f"{callback}: {'; '.join(told)}" if told else f"{callback} failed"


def _free(host: str, port: int) -> None:
    """Raises BadInput when somebody else listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            what = (
                "is taken"
                if error.errno == errno.EADDRINUSE
                else f"cannot be used: {error.strerror}"
            )
            raise BadInput(
                f"{host}:{port} {what}",
                advice="Name another port, or none: then any free one is used.",
            ) from error
        except OverflowError:
            raise BadInput(f"{port} is no port", advice="Ports are 1 to 65535.") from None
