"""A run of exchanges that overlap (often it is one): requests out, answers back, both ends seen."""

from collections.abc import Callable, Iterable, Sequence

from tamis.envoy.judging.flights import Flight
from tamis.envoy.judging.listeners import STATE
from tamis.envoy.judging.world import World
from tamis.envoy.log import Record
from tamis.envoy.trace import Callback
from tamis.envoy.wire.script import in_turn
from tamis.envoy.wire.service import Arrival
from tamis.model.exchange import Connection, Exchange, Step

__all__ = ["Exchanges", "overlapping", "states"]

_STREAM = "proxy_on_"
_CREATED = "proxy_on_context_create"
_CALLBACKS = tuple(
    f"{_STREAM}{side}_{part}"
    for side in ("request", "response")
    for part in ("headers", "body", "trailers")
)
#: Host functions that let a paused stream go on.
_GO_ON = ("proxy_continue_stream", "proxy_continue_request")


class Exchanges:
    """The exchanges of one run of steps. `lone`: there is only one."""

    def __init__(self, world: World, *, lone: bool) -> None:
        self._world = world
        self._lone = lone
        self._flights: list[Flight] = []
        self._first = len(world.trace.callbacks)
        self._begin = len(world.server.records)
        self._sending: Flight | None = None
        world.forwarded = self._forwarded

    def begin(self, exchange: Exchange) -> None:
        """The client sends its request, whole."""
        world = self._world
        ongoing = world.server.client.send(
            exchange.request, abort=exchange.abort, alone=not self._lone
        )
        flight = self._sending = Flight(exchange, ongoing, lone=self._lone)
        self._flights.append(flight)
        world.observe()
        if exchange.abort == "request" and not ongoing.over:
            world.server.client.cancel(ongoing)
            ongoing.aborted = True
            world.observe()
        self._sending = None

    def finish(self) -> list[Flight]:
        """Everything happens that somebody waits for; then the client waits no longer."""
        world, client = self._world, self._world.server.client
        world.settle()
        for flight in self._flights:
            if not flight.ongoing.over:
                client.cancel(flight.ongoing)
                world.observe()
        world.settle()
        for flight in self._flights:
            client.forget(flight.ongoing, flight.exchange.answer.headers)
        world.server.loop.until(lambda: len(self._lines()) >= len(self._flights))
        world.observe()
        self._sort()
        return self._flights

    def _lines(self) -> list[tuple[str, list[str]]]:
        """Envoy's access log: the line of a stream, and those of its filter state before it."""
        found = []
        states: list[str] = []
        for record in self._world.server.records[self._begin :]:
            if record.logger != "access":
                continue
            if record.text.startswith(STATE):
                states.append(record.text.removeprefix(STATE))
            else:
                found.append((record.text, states))
                states = []
        return found

    def _sort(self) -> None:
        """Give each flight what is its own. Connections are numbered in the order they opened."""
        lines = sorted(self._lines(), key=lambda line: int(line[0].split(" ", 1)[0]))
        for flight, (line, told) in zip(self._flights, lines, strict=False):
            flight.access = line.split(" ", 1)[1]
            flight.state = dict(map(_state, told))
        since = self._world.trace.callbacks[self._first :]
        for flight in self._flights:
            flight.callbacks = since

    def last(self) -> int:
        """Which of them met the filter last."""
        callbacks = self._world.trace.callbacks[self._first :]
        self._know(callbacks)
        for callback in reversed(callbacks):
            for number, flight in enumerate(self._flights):
                if flight.met(callback):
                    return number
        return len(self._flights) - 1

    # -- the upstream's side

    def _forwarded(self, requests: list[Arrival], callbacks: list[Callback]) -> None:
        self._know(callbacks)
        for arrival in requests:
            flight = self._flight_of(callbacks)
            if flight:
                flight.arrival = arrival
        for flight in self._flights:
            if flight.arrival and flight.arrival.seen.end and not flight.asked:
                flight.asked = True
                self._world.agenda.plan(flight.exchange.answer.after, self._answering(flight))

    def _know(self, callbacks: Iterable[Callback]) -> None:
        """Learn which context is whose: a stream's begins while its request is sent."""
        known = set().union(*(flight.contexts for flight in self._flights))
        for callback in callbacks:
            created = callback.name == _CREATED and len(callback.args) > 1 and callback.args[1]
            context = (callback.vm, callback.context)
            if context in known or not (created or callback.name in _CALLBACKS):
                continue
            known.add(context)
            flight = self._sending or next((f for f in self._flights if not f.contexts), None)
            if flight:
                flight.contexts.add(context)

    def _flight_of(self, callbacks: list[Callback]) -> Flight | None:
        """Whose request it is that reached the upstream while `callbacks` ran."""
        waiting = [flight for flight in self._flights if flight.arrival is None]
        if len(waiting) < 2:
            return waiting[0] if waiting else None
        for callback in callbacks:
            for flight in waiting:
                if any(call.name in _GO_ON and flight.owns(call) for call in callback.calls):
                    return flight
        return self._sending if self._sending in waiting else waiting[0]

    def _answering(self, flight: Flight) -> Callable[[], None]:
        return lambda: self._answer(flight)

    def _answer(self, flight: Flight) -> None:
        arrival, answer = flight.arrival, flight.exchange.answer
        assert arrival
        if arrival.gone:
            return
        service = self._world.server.upstream
        assert service
        if answer.headers:
            side = flight.ongoing.side
            # A client that aborts must have its say before the next frame.
            careful = flight.exchange.abort == "response"
            service.answer(
                arrival,
                answer.headers,
                answer.body,
                answer.trailers,
                whole=not answer.reset,
                pace=(lambda: in_turn(arrival.peer, side, arrival.peer)) if careful else None,
            )
        if answer.reset:
            service.reset(arrival)
        self._world.observe()


def overlapping(steps: Sequence[Step]) -> list[tuple[int, list[Step]]]:
    """Runs of steps of which each overlaps the ones above it, with the index of the first."""
    found: list[tuple[int, list[Step]]] = []
    for number, step in enumerate(steps):
        if not isinstance(step, Connection) and step.overlap and found:
            found[-1][1].append(step)
        else:
            found.append((number, [step]))
    return found


def states(records: Iterable[Record]) -> dict[int, str]:
    """Filter state as the access log shows it, by its number in the setup."""
    return dict(
        _state(record.text.removeprefix(STATE))
        for record in records
        if record.logger == "access" and record.text.startswith(STATE)
    )


def _state(text: str) -> tuple[int, str]:
    number, _, value = text.partition(" ")
    return int(number), value
