"""Fixtures through a real Envoy: the outcome of one worker VM, and what could not be compared.

One Envoy serves all fixtures of one `Setup`. Each fixture's plugin has a VM of its own, whose id
comes from `tamis.profiles.wire.vm_id`, as in every host.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from tamis.envoy import refusals
from tamis.envoy.binary import Binary, label
from tamis.envoy.judging.questions import Questions
from tamis.envoy.judging.server import Server
from tamis.envoy.judging.session import Session
from tamis.envoy.judging.setup import Setup, setup_of
from tamis.envoy.judging.told import Told
from tamis.envoy.process import Crashed, Refused
from tamis.envoy.wire.loop import Silence
from tamis.envoy.wire.opening import Failed
from tamis.model.choices import Layer
from tamis.model.exchange import Connection, Exchange, Fixture
from tamis.model.outcome import NotComparable, Run, Trap

__all__ = ["Judge", "run"]

#: Seconds without a sign of life after which a guest counts as hanging.
PATIENCE = 15.0
#: Envoys that stay up; the one used longest ago makes room.
_SERVERS = 4
#: Names of filter state objects that an access log can show.
_NAME = re.compile(r"[\w.\-/]+\Z", re.ASCII)
_UNNAMED = NotComparable("filter_state", "Envoy's access log cannot show objects of such names")


def run(
    binary: Binary,
    module: bytes,
    fixtures: Sequence[Fixture],
    *,
    layer: Layer = "http",
    asks: Sequence[Questions] | None = None,
    patience: float = PATIENCE,
    shim: bytes = b"",
) -> list[Run]:
    """Run every fixture, in order; one Run each. Raises Fault when Envoy does not start, Missing
    when there is no room for its files.

    `module`: WebAssembly, a dynamic module of Envoy, or with `shim` a native twin.
    `asks`: what to ask after each; default: what the fixture itself names.
    """
    asks = asks or [Questions.of(fixture) for fixture in fixtures]
    with Judge(binary, patience=patience, shim=shim) as judge:
        return [
            judge.run(fixture, module, layer=layer, ask=ask)
            for fixture, ask in zip(fixtures, asks, strict=True)
        ]


class Judge:
    """Envoys that stay up between fixtures, one for each bootstrap; a context manager.

    `shim`: what native twins run behind; without it modules are WebAssembly, or modules of Envoy.
    """

    def __init__(self, binary: Binary, *, patience: float = PATIENCE, shim: bytes = b"") -> None:
        self.binary = binary
        self.host = label(binary, native=bool(shim))
        self._shim = shim
        self._patience = patience
        self._servers: dict[Setup, Server] = {}

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
        layer: Layer = "http",
        ask: Questions | None = None,
    ) -> Run:
        """One fixture. A guest that crashes or hangs Envoy costs that Envoy only.

        `ask`: what Envoy shows by name only; default: what the fixture names.
        """
        why = _unable(fixture, layer)
        if why:
            return Run(fixture.name, self.host, None, skipped=(NotComparable("", why),))
        ask = ask or Questions.of(fixture)
        tried = 0
        while True:
            done, worth = self._try(fixture, module, layer, ask)
            tried += 1
            if tried >= worth:
                return done

    def _try(
        self, fixture: Fixture, module: bytes, layer: Layer, ask: Questions
    ) -> tuple[Run, int]:
        """Also how many tries in all such a run is worth."""
        state = tuple(name for name in ask.filter_state if _NAME.match(name))
        setup, told, untold = setup_of(
            fixture, layer, state, minor=self.binary.minor, native=bool(self._shim)
        )
        try:
            server = self._server(setup)
            server.greet(told)
        except Refused as error:
            if setup.told == Told():
                raise
            why = f"Envoy refuses what the properties ask for: {error.what}"
            skipped = (NotComparable("", why),)
            return Run(fixture.name, self.host, None, skipped=skipped), 1
        session = Session(server, fixture, module, untold, ask)
        try:
            done = session.run()
            if len(state) < len(ask.filter_state):
                done = replace(done, skipped=(*done.skipped, _UNNAMED))
            if not session.server.stuck:
                session.close()
            if session.server.stuck:
                self._drop(setup)
            return done, session.tries
        except (Crashed, Failed, OSError) as error:
            return self._lost(session, setup, self._ended(session, setup, error)), 1
        except Silence:
            return self._hung(session, setup), 1

    def _server(self, setup: Setup) -> Server:
        server = self._servers.pop(setup, None)
        if server is None:
            while len(self._servers) >= _SERVERS:
                self._drop(next(iter(self._servers)))
            server = Server(self.binary, setup, self._patience, self._shim)
            try:
                server.__enter__()
            except Refused:
                if setup.told != Told():  # its words are all there is to tell of it
                    server.folder.remove()
                raise
        self._servers[setup] = server  # the last one is the one used last
        return server

    def _drop(self, setup: Setup) -> None:
        self._servers.pop(setup).__exit__(None, None, None)

    def _ended(self, session: Session, setup: Setup, error: Exception) -> str:
        try:
            return session.server.end(error)
        except BaseException:
            self._drop(setup)
            raise

    def _lost(self, session: Session, setup: Setup, how: str) -> Run:
        kept = session.server.process.keep()
        inside = refusals.open_call(session.records())
        self._drop(setup)
        during = f" in {inside}" if inside else ""
        if self._shim and session.fixture.expect.trap not in (None, "none"):
            why = f"native code has no sandbox: {how}{during}"
            skipped = (NotComparable("", why),)
            return Run(session.fixture.name, self.host, None, skipped=skipped)
        problem = f"{session.place()}: {how}{during}; its bootstrap and log are kept in {kept}"
        return Run(session.fixture.name, self.host, None, problems=(problem,))

    def _hung(self, session: Session, setup: Setup) -> Run:
        session.server.folder.need_room()
        inside = refusals.open_call(session.records())
        if inside is None:
            return self._lost(session, setup, "Envoy fell silent")
        outcome = session.outcome(Trap(inside, "deadline"))
        self._drop(setup)
        why = f"{inside} did not return within {self._patience:g} s; Envoy has no deadline"
        at = f"exchanges[{len(session.exchanges)}]" if session.started else "start"
        skipped = (NotComparable(at, why),)
        return Run(session.fixture.name, self.host, outcome, skipped=skipped)


def _unable(fixture: Fixture, layer: Layer) -> str | None:
    """Why the fixture is not for this filter at all."""
    wrong = Exchange if layer == "network" else Connection
    if any(isinstance(step, wrong) for step in fixture.steps):
        return f"{'exchanges' if wrong is Exchange else 'connections'} do not meet a {layer} filter"
    return None
