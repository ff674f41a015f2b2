"""One fixture in one running Envoy: plugins in, steps, what can be seen at the end."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from tamis.envoy import refusals
from tamis.envoy.judging import metrics, modules, observe, observer, others
from tamis.envoy.judging.callbacks import calls
from tamis.envoy.judging.callouts import Made
from tamis.envoy.judging.connections import connect
from tamis.envoy.judging.exchanges import Exchanges, overlapping, states
from tamis.envoy.judging.questions import Questions
from tamis.envoy.judging.server import Server
from tamis.envoy.judging.shared import Shared
from tamis.envoy.judging.timers import TICK, Timers
from tamis.envoy.judging.told import Untold
from tamis.envoy.judging.world import World
from tamis.envoy.log import Record
from tamis.envoy.native import kind_of
from tamis.envoy.plugins import GUEST
from tamis.envoy.trace import Trace
from tamis.envoy.wire.loop import Silence
from tamis.model.exchange import Connection, Exchange, Fixture, Step, Tick, to_bytes
from tamis.model.outcome import (
    Callout,
    ConnectionOutcome,
    ExchangeOutcome,
    NotComparable,
    Outcome,
    Run,
    Trap,
)
from tamis.profiles.wire import vm_id

__all__ = ["Session"]

#: Tries of a fixture that real time ran away with, and of one that is a matter of chance: which of
#: two threads is the last, once in four tries the wrong one.
_TRIES, _CHANCES = 3, 12
#: How often, and how many seconds apart, figures that do not fit the log yet are looked at.
_LOOKS, _MOMENT = 20, 0.05
#: What a plugin is told when it is taken out, and how many seconds the worker may take for that.
_DONE, _FAREWELL = "proxy_on_done", 1.0
#: What a plugin leaves behind, by what makes it.
_LEFT = {
    "proxy_define_metric": "metrics",
    "proxy_set_shared_data": "shared_data",
    "proxy_enqueue_shared_queue": "queues",
}
_UNSTARTED = "no worker has what a plugin made that refused to start"
_UNTIMELY = "Envoy's timers run in real time: on_tick came when the fixture's time stood still"


class Session:
    """What was observed of a fixture so far."""

    def __init__(
        self,
        server: Server,
        fixture: Fixture,
        module: bytes,
        untold: tuple[Untold, ...],
        ask: Questions,
    ) -> None:
        self.server = server
        self.fixture = fixture
        self.exchanges: list[ExchangeOutcome] = []
        self.connections: list[ConnectionOutcome] = []
        self.started = False
        self._at = "start"
        self._run: Exchanges | None = None
        self._module = module
        self._kind = kind_of(module)
        self._untold = untold
        self._ask = ask
        self._begin = self._from = len(server.records)
        self._vm = fixture.plugin.vm_id
        if self._vm is None:
            self._vm = vm_id(fixture)
        self._plugin = replace(fixture.plugin, vm_id=self._vm)
        self._beside = [
            (f"beside-{n}", replace(each.plugin, vm_id=each.plugin.vm_id or self._vm), each.config)
            for n, each in enumerate(fixture.beside)
        ]
        self._trace = Trace(server.worker_thread)
        self._skipped: list[NotComparable] = []
        self._states: dict[int, str] = {}  # of the last stream
        self._used: list[str] = []
        self._shared = Shared(server, self._vm, self._used)
        filters = 1 + len(self._beside)
        timers = Timers(filters) if calls(module, self._plugin, TICK) else None
        self._world = World(
            server,
            self._trace,
            fixture.callouts,
            timers,
            reloads=self._plugin.failure_policy == "reload",
        )

    @property
    def tries(self) -> int:
        """How often a fixture is tried in all whose run ended like this: another one may do better
        where real time ran away with it, or chance was against it.
        """
        timers = self._world.timers
        odd = self._world.odd
        if odd and all(each == others.TOLD for each in odd):
            return _CHANCES
        return _TRIES if odd or (timers and timers.untimely) else 1

    def place(self) -> str:
        """What was under way last, as a fixture names it."""
        if self._run is None:
            return self._at
        self._world.feed()
        return f"exchanges[{len(self.exchanges) + self._run.last()}]"

    def records(self) -> Sequence[Record]:
        """What Envoy logged since this fixture began."""
        return self.server.records[self._begin :]

    def run(self) -> Run:
        """Load the plugins and run all steps, unless one refuses to start."""
        if self.fixture.shared_data and self._kind == "wasm":
            self._shared.tell(observer.setting(self.fixture.shared_data))
            self._world.skip()
        self._from = len(self.server.records)
        for slot, plugin, config in (*self._beside, (GUEST, self._plugin, self.fixture.config)):
            begin = len(self.server.records)
            self._used.append(slot)
            shared = self.fixture.shared_data
            if not self.server.load(slot, self._module, plugin, config, shared):
                return self._refused(self.server.records[begin:])
        self.started = True
        self._world.observe()
        for first, steps in overlapping(self.fixture.steps):
            self._group(first, steps)
        self._world.leave_ticks()
        return self._finish()

    def close(self) -> None:
        """Leave the server as it was."""
        for slot in self._used:
            self.server.unload(slot)
        self.server.clear()
        for service in self.server.services.values():
            service.forget()

    def outcome(self, broken: Trap | None = None, start: str = "ok") -> Outcome:
        """What came out until now."""
        self._world.feed()
        plugins = [*((each.name, each) for _, each, _ in self._beside), ("", self._plugin)]
        return Outcome(
            start=start,
            exchanges=tuple(self.exchanges),
            logs=tuple(observe.lines(self._trace.callbacks, plugins)),
            callouts=tuple(map(self._callout, self._world.made)),
            unanswered=tuple(map(self._callout, self._world.unanswered)),
            connections=tuple(self.connections),
            trap=broken or self._trace.trap,
            virtual_time=self._world.agenda.now,
        )

    def _callout(self, made: Made) -> Callout:
        seen = made.outcome()
        return seen if self._kind == "wasm" else modules.callout(seen)

    # -- steps

    def _group(self, first: int, steps: Sequence[Step]) -> None:
        exchanges = sum(isinstance(step, Exchange) for step in steps)
        run = Exchanges(self._world, lone=exchanges == 1)
        if self._kind == "module" and exchanges > 1:
            self._skipped.append(NotComparable("", modules.APART))
        for number, step in enumerate(steps, first):
            self._trace.step = number
            match step:
                case Tick():
                    self._at = f"the tick at steps[{number}]"
                    self._world.advance(step.nanoseconds)
                case Connection():
                    self._at = f"connections[{len(self.connections)}]"
                    begin = len(self.server.records)
                    self.connections.append(connect(self._world, step))
                    self._states = states(self.server.records[begin:])
                case Exchange():
                    self._run = run
                    run.begin(step)
        flights = run.finish()
        self._run = None
        for flight in flights:
            self.exchanges.append(observe.exchange_outcome(flight))
            self._skipped += observe.unlike(flight)
            self._states = flight.state

    # -- the end

    def _refused(self, records: Sequence[Record]) -> Run:
        main = self.server.main_thread
        told = modules.refusal(records) if self._kind == "module" else None
        callback, words = told or refusals.refusal(records, main)
        if callback is None:
            problem = f"Envoy refuses the module: {words}"
            return Run(self.fixture.name, self.server.host, None, (problem,))
        # The worker never started it: what the canary did is what a VM does.
        trace = Trace(main)
        trace.feed(records)
        self._trace.callbacks += trace.callbacks
        made = {call.name for call in trace.calls() if call.result == "0"}
        self._skipped += [
            NotComparable(_LEFT[name], _UNSTARTED) for name in sorted(made & set(_LEFT))
        ]
        return self._done(self.outcome(refusals.broken(records, main), callback))

    def _names(self, worker: int) -> metrics.Names:
        """What the VMs' metrics are called; asked again while the log lags behind the figures."""
        server = self.server
        for _ in range(_LOOKS):
            names = metrics.identify(server.records[self._from :], worker, server.process)
            if not names.unclear:
                break
            server.loop.pause(_MOMENT)
        return names

    def _finish(self) -> Run:
        """Take the plugins out, in their order, and see what they left behind."""
        self._at = "end"
        server, ask = self.server, self._ask
        worker, main = server.worker_thread, server.main_thread
        names = self._names(worker)
        if self._kind == "wasm" and (ask.shared_data or ask.queues):
            # What VMs share lives as long as one of them.
            self._shared.tell(b"")
            self._world.skip()
        self._trace.step = None
        for slot, _, _ in self._beside:
            self._remove(slot)
        self._remove(GUEST)
        if self._world.timers:
            self._world.timers.leave(closing=True)
        records = server.records[self._from :]
        found, mixed = metrics.values(records, worker, names)
        if names.unclear == metrics.UNFIT:
            server.stuck = True
            self._world.odd.append(metrics.UNFIT)
        elif names.unclear:
            self._skipped.append(NotComparable("metrics", names.unclear))
        self._skipped += [NotComparable("", metrics.READ)] if mixed else []
        self._skipped += others.seen(records, main, self._trace)
        misdirected = others.misdirected(records, main)
        self._world.odd += [misdirected] if misdirected else []
        if others.counted(records):
            # Their ids count on in one Envoy.
            server.stuck = True
        if self._kind == "wasm":
            shared, queues = self._shared.data(ask.shared_data), self._shared.queues(ask.queues)
        else:
            shared, queues = modules.shared(self.records()), {}
        outcome = replace(
            self.outcome(),
            metrics=found,
            shared_data=shared,
            queues=queues,
            filter_state=self._state(),
        )
        return self._done(outcome)

    def _remove(self, slot: str) -> None:
        told = self._farewells()
        self.server.unload(slot)
        self._used.remove(slot)
        if calls(self._module, self._plugin, _DONE) and not self._trace.failed_vm:
            # The worker hears of it a moment after the main thread has.
            with suppress(Silence):
                self.server.loop.until(lambda: self._farewells() > told, within=_FAREWELL)
        self._world.observe()

    def _farewells(self) -> int:
        self._world.feed()
        return sum(each.name == _DONE for each in self._trace.callbacks)

    def _done(self, outcome: Outcome) -> Run:
        host = self.server.host
        absent = any(rule.reply.no_cluster for rule in self.fixture.callouts)
        self._skipped += observe.unseen(self._trace, self._ask, absent=absent)
        blind = self._kind == "module"
        self._skipped += observe.untold(self._trace, self._untold, blind=blind)
        self._skipped += [NotComparable("", why) for why in dict.fromkeys(self._world.odd)]
        self._skipped += modules.unseen(self._kind, self.server.records[self._begin :])
        timers = self._world.timers
        if timers and timers.untimely:
            self._skipped.append(NotComparable("", _UNTIMELY))
        return Run(self.fixture.name, host, outcome, skipped=tuple(self._skipped))

    def _state(self) -> dict[str, bytes]:
        """Filter state of the last stream; Envoy writes "-" for what there is not."""
        names = self.server.setup.state
        told = self._states.items()
        return {names[number]: to_bytes(value) for number, value in told if value != "-"}
