"""Fixtures through a real Envoy: the outcome of one worker VM, and what could not be compared.

One Envoy serves all fixtures of one `Setup`. Each fixture's plugin has a VM of its own, whose id
comes from `tamis.profiles.wire.vm_id`, as in every host.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from tamis.envoy import observe
from tamis.envoy.binary import Binary
from tamis.envoy.bootstrap import Direction, Setup
from tamis.envoy.log import Record
from tamis.envoy.process import Crashed
from tamis.envoy.server import Loaded, Server
from tamis.envoy.wire import Silence
from tamis.model.exchange import Exchange, Fixture, PropertyPath
from tamis.model.filter import Layer
from tamis.model.outcome import (
    ExchangeOutcome,
    LogLine,
    NotComparable,
    Outcome,
    Run,
    Trap,
)
from tamis.profiles.wire import vm_id

__all__ = ["Judge", "run"]

#: Seconds without a sign of life after which a guest counts as hanging.
PATIENCE = 15.0
_DIRECTIONS: dict[int, Direction] = {0: "UNSPECIFIED", 1: "INBOUND", 2: "OUTBOUND"}


def run(
    binary: Binary,
    module: bytes,
    fixtures: Sequence[Fixture],
    *,
    root_id: str = "",
    name: str = "guest",
    layer: Layer = "http",
    patience: float = PATIENCE,
) -> list[Run]:
    """Run every fixture, in order; one Run each. Raises Fault when Envoy does not start."""
    with Judge(binary, patience=patience) as judge:
        return [
            judge.run(fixture, module, root_id=root_id, name=name, layer=layer)
            for fixture in fixtures
        ]


class Judge:
    """Envoys that stay up between fixtures, one for each bootstrap; a context manager."""

    def __init__(self, binary: Binary, *, patience: float = PATIENCE) -> None:
        self.binary = binary
        self._patience = patience
        self._servers: dict[Setup, Server] = {}
        self._used: dict[tuple[Setup, str], int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for setup in list(self._servers):
            self._drop(setup)

    @property
    def processes(self) -> tuple[int, ...]:
        """Process ids of the Envoys that run now."""
        return tuple(server.process.pid for server in self._servers.values())

    def run(
        self,
        fixture: Fixture,
        module: bytes,
        *,
        root_id: str = "",
        name: str = "guest",
        layer: Layer = "http",
    ) -> Run:
        """One fixture. A guest that crashes or hangs Envoy costs that Envoy only."""
        why = _unable(fixture, layer)
        if why:
            return Run(fixture.name, self.binary.host, None, skipped=(NotComparable("", why),))
        setup, untold = _setup(fixture)
        server = self._server(setup)
        session = _Session(server, fixture, self._vm_id(setup, fixture), untold)
        try:
            return session.run(module, name, root_id)
        except Crashed as error:
            return self._lost(session, setup, str(error))
        except Silence:
            return self._hung(session, setup)

    def _server(self, setup: Setup) -> Server:
        if setup not in self._servers:
            server = Server(self.binary, setup, self._patience)
            self._servers[setup] = server.__enter__()
        return self._servers[setup]

    def _drop(self, setup: Setup) -> None:
        self._servers.pop(setup).__exit__(None, None, None)
        self._used = {key: n for key, n in self._used.items() if key[0] != setup}

    def _vm_id(self, setup: Setup, fixture: Fixture) -> str:
        """The same in every host, but a second run in one Envoy gets a VM of its own.

        Shared data and the VM itself live as long as their id.
        """
        name = vm_id(fixture)
        times = self._used.get((setup, name), 0)
        self._used[setup, name] = times + 1
        return name if not times else f"{name}.{times + 1}"

    def _lost(self, session: "_Session", setup: Setup, how: str) -> Run:
        kept = session.server.process.keep()
        inside = observe.open_call(session.records())
        self._drop(setup)
        during = f" in {inside}" if inside else ""
        problem = f"{how}{during}; its bootstrap and log are kept in {kept}"
        return Run(session.fixture.name, self.binary.host, None, problems=(problem,))

    def _hung(self, session: "_Session", setup: Setup) -> Run:
        inside = observe.open_call(session.records())
        if inside is None:
            return self._lost(session, setup, "Envoy fell silent")
        self._drop(setup)
        why = f"{inside} did not return within {self._patience:g} s; Envoy has no deadline"
        outcome = session.outcome(Trap(inside, "deadline"))
        at = f"exchanges[{len(session.exchanges)}]" if session.started else "start"
        skipped = (NotComparable(at, why),)
        return Run(session.fixture.name, self.binary.host, outcome, skipped=skipped)


class _Session:
    """One fixture's run in one server: what was observed so far."""

    def __init__(
        self, server: Server, fixture: Fixture, vm: str, untold: tuple[PropertyPath, ...]
    ) -> None:
        self.server = server
        self.fixture = fixture
        self.exchanges: list[ExchangeOutcome] = []
        self.started = False
        self._begin = len(server.records)
        self._vm = vm
        self._untold = [".".join(path) for path in untold]
        self._logs: list[LogLine] = []
        self._skipped: list[NotComparable] = []
        self._worker = 0

    def records(self) -> Sequence[Record]:
        """What Envoy logged since this fixture began."""
        return self.server.records[self._begin :]

    def run(self, module: bytes, name: str, root_id: str) -> Run:
        """Load the plugin and run all exchanges, unless it refuses to start."""
        loaded = self.server.load(module, self._vm, name, root_id, self.fixture.config)
        if not loaded.ok:
            return self._refused(loaded)
        self.started = True
        self._worker = self.server.worker_thread
        self._logs += observe.guest_lines(loaded.records, self._vm, self._worker, None)
        for index, exchange in enumerate(self.fixture.exchanges):
            self._exchange(index, exchange)
        broken = observe.trap(self.records(), self._worker)
        self._skipped += observe.unseen(self.records(), self._worker, self._untold)
        return self._done(self.outcome(broken))

    def outcome(self, broken: Trap | None, start: str = "ok") -> Outcome:
        """What came out until now."""
        return Outcome(
            start=start, exchanges=tuple(self.exchanges), logs=tuple(self._logs), trap=broken
        )

    def _exchange(self, index: int, exchange: Exchange) -> None:
        step = self.server.exchange(exchange)
        self.exchanges.append(
            observe.exchange_outcome(step, self._worker, reset_by_fixture=exchange.answer.reset)
        )
        self._logs += observe.guest_lines(step.records, self._vm, self._worker, index)
        refused = observe.refused_request(step)
        if refused:
            why = f"Envoy's HTTP/2 codec refuses this request: {refused}"
            self._skipped.append(NotComparable(f"exchanges[{index}]", why))
        unlike = observe.unlike(step, self._worker)
        if unlike:
            self._skipped.append(NotComparable("", unlike))

    def _refused(self, loaded: Loaded) -> Run:
        main = self.server.main_thread
        callback, words = observe.refusal(loaded.records, main)
        if callback is None:
            problem = f"Envoy refuses the module: {words}"
            return Run(self.fixture.name, self.server.process.binary.host, None, (problem,))
        self._logs += observe.guest_lines(loaded.records, self._vm, main, None)
        self._skipped += observe.unseen(loaded.records, main, self._untold)
        return self._done(self.outcome(observe.trap(loaded.records, main), callback))

    def _done(self, outcome: Outcome) -> Run:
        host = self.server.process.binary.host
        return Run(self.fixture.name, host, outcome, skipped=tuple(self._skipped))


def _unable(fixture: Fixture, layer: Layer) -> str | None:
    """Why this room cannot run the fixture at all."""
    if layer != "http":
        return "network filters are not run in Envoy yet"
    if len(fixture.exchanges) != len(fixture.steps):
        return "ticks and connections are not run in Envoy yet"
    if any(exchange.overlap for exchange in fixture.exchanges):
        return "overlapping exchanges are not run in Envoy yet"
    if fixture.callouts:
        return "callouts are not answered in Envoy yet"
    return None


def _setup(fixture: Fixture) -> tuple[Setup, tuple[PropertyPath, ...]]:
    """The bootstrap a fixture needs, and those of its properties that no bootstrap can give."""
    known: dict[str, object] = {}
    untold = []
    node = {}
    for path, value in fixture.properties.items():
        match path:
            case ("xds", "listener_direction"):
                number = int.from_bytes(value[:8], "little")
                known["direction"] = _DIRECTIONS.get(number, "UNSPECIFIED")
            case ("xds", "cluster_name"):
                known["cluster"] = value.decode()
            case ("xds", "route_name"):
                known["route"] = value.decode()
            case ("xds", "node", "id" | "cluster" as key):
                node[key] = value.decode()
            case _:
                untold.append(path)
    setup = Setup(
        http1=fixture.protocol == "http/1.1",
        default_limits=fixture.default_limits,
        node=tuple(sorted(node.items())),
        **known,  # type: ignore[arg-type]
    )
    return setup, tuple(untold)
