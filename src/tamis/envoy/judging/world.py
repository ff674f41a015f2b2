"""What lies around the filter in Envoy: virtual time, callouts in flight, timers.

Envoy knows real time only. So everything that a fixture times is held back here, and let go one
thing at a time, in the order of virtual time; each is over before the next.
"""

import time
from collections.abc import Callable

from tamis.envoy.judging import callouts, modules
from tamis.envoy.judging.agenda import Agenda
from tamis.envoy.judging.callouts import CALLS, Made, Rules
from tamis.envoy.judging.server import Server
from tamis.envoy.judging.timers import Timer, Timers
from tamis.envoy.trace import Callback, HostCall, Trace
from tamis.envoy.wire import grpc
from tamis.envoy.wire.loop import Silence
from tamis.envoy.wire.service import Arrival
from tamis.model.exchange import CalloutReply, CalloutRule

__all__ = ["World"]

_SECOND = 1_000_000_000
#: Real nanoseconds that one thing may take which the fixture times.
_LONGEST = 5 * _SECOND
#: Real seconds by which Envoy may be late.
_SLACK = 2.0
#: Why an answer met nobody.
_LATE = "the timeout of a callout passed in real time before its answer"


class World:
    """Of one fixture in one server.

    `timers` None: the module has no callback for them. `reloads`: a VM that broke is started again.
    `odd` says why the run cannot be compared. `forwarded` is told of the requests that reached the
    upstream, with the callbacks that ran meanwhile.
    """

    def __init__(
        self,
        server: Server,
        trace: Trace,
        rules: tuple[CalloutRule, ...],
        timers: Timers | None,
        *,
        reloads: bool,
    ) -> None:
        self.server = server
        self.trace = trace
        self.agenda = Agenda()
        self.timers = timers
        self.made: list[Made] = []
        self.unanswered: list[Made] = []
        self.odd: list[str] = []
        self.forwarded: Callable[[list[Arrival], list[Callback]], None] = lambda *_: None
        self._rules = Rules(rules)
        self._others = Rules(rules)  # of VMs that are not the worker's
        self._answered: set[Arrival] = set()
        self._read = len(server.records)
        self._collected = 0
        self._observed = time.monotonic()
        self._known: dict[str, int] = {}
        self._reloads = reloads
        self._failed: tuple[int, float] | None = None  # in virtual and in real time

    # -- seeing

    def feed(self) -> None:
        """Read on in the log."""
        records = self.server.records
        begun, failed = len(self.trace.callbacks), self.trace.failed_vm
        self.trace.feed(records[self._read :])
        self._read = len(records)
        if self.timers:
            self.timers.see(self.trace.callbacks[begun:])
        if self.trace.failed_vm != failed:
            self._failed = self.agenda.now, time.monotonic()
            if self.timers:
                self.timers.forget(self.trace.failed_vm)

    def skip(self) -> None:
        """What was logged until now was not about the fixture."""
        self._read = len(self.server.records)

    def observe(self) -> None:
        """Wait until all is over that was caused, and plan what follows from it."""
        self.server.loop.settle()
        self.feed()
        callbacks = self.trace.callbacks[self._collected :]
        self._collected = len(self.trace.callbacks)
        opened = [
            call
            for callback in callbacks
            for call in callback.calls
            if call.name in CALLS and call.result == "0"
        ]
        calls, requests = self._arrived(opened)
        for timer, stamp in self.timers.changed(callbacks) if self.timers else ():
            self._arm(timer, stamp)
        self.made += callouts.pair(opened, calls, self.agenda.now, self._observed)
        self._observed = time.monotonic()
        for made in self.made:
            self._follow(made)
        self.forwarded(requests, callbacks)

    def _arrived(self, opened: list[HostCall]) -> tuple[list[Arrival], list[Arrival]]:
        """New callouts of the worker, new requests that were forwarded.

        `opened`: what the guest called. A callout to where requests go as well looks like one, but
        a filter may make a request look so too.
        """
        calls: list[Arrival] = []
        requests: list[Arrival] = []
        upstream = self.server.upstream
        possible = sum(callouts.may_reach(call, upstream.cluster) for call in opened if upstream)
        for name, service in self.server.services.items():
            for arrival in service.arrivals[self._known.get(name, 0) :]:
                if service is upstream and arrival.worker:
                    called = arrival.internal and possible > 0
                    possible -= called
                    (calls if called else requests).append(arrival)
                elif arrival.worker:
                    calls.append(arrival)
            self._known[name] = len(service.arrivals)
            for arrival in service.arrivals:
                if not arrival.worker and arrival not in self._answered:
                    self._answer_other(arrival)
        return calls, requests

    # -- virtual time

    def advance(self, nanoseconds: int) -> None:
        """Virtual time moves on; timers may tick."""
        self.agenda.advance(nanoseconds)
        if self._reloads and self._failed:
            # A VM is started again in real time.
            at, begun = self._failed
            passed = min(self.agenda.now - at, _LONGEST) / _SECOND
            self.server.loop.pause(begun + passed - time.monotonic())
        self.leave_ticks()

    def settle(self) -> None:
        """All happens that somebody waits for."""
        self.agenda.settle()
        self.leave_ticks()

    def leave_ticks(self) -> None:
        """What timers did until now and nobody asked for is untimely."""
        if self.timers:
            self.observe()
            self.timers.leave()

    def _arm(self, timer: Timer, stamp: int) -> None:
        if timer.period:
            timer.due = self.agenda.now + timer.period
            self.agenda.plan(timer.period, lambda: self._tick(timer, stamp), timer=True)

    def _tick(self, timer: Timer, stamp: int) -> None:
        if stamp != timer.stamp:
            return
        try:
            within = timer.period / _SECOND + _SLACK
            self.server.loop.until(lambda: self._has_ticked(timer, stamp), within=within)
        except Silence:
            self.odd.append("a timer did not tick in time")
            return
        if timer.ticked:
            timer.ticked.popleft().step = self.trace.step
        self.observe()
        if stamp == timer.stamp:
            self._arm(timer, stamp)

    def _has_ticked(self, timer: Timer, stamp: int) -> bool:
        if not timer.ticked:
            self.feed()
        return bool(timer.ticked) or stamp != timer.stamp  # it ticked, was set anew, or is gone

    # -- callouts

    def _follow(self, made: Made) -> None:
        if made.over:
            return
        if not made.asked and made.complete:
            made.asked = True
            self._ask(made)
        elif made.spoken and made.arrival.seen.end:
            made.spoken = False
            self.agenda.plan(0, lambda: self._close(made))

    def _ask(self, made: Made) -> None:
        seen = made.arrival.seen
        body = bytes(seen.body) if made.kind == "http" else b"".join(made.messages[:1])
        rule = self._rules.take(made.arrival.cluster, seen.headers or (), body)
        if rule is None:
            self.unanswered.append(made)
            self.agenda.plan(0, lambda: self._release(made, CalloutReply(headers=(), reset=True)))
            return
        reply = made.reply = rule.reply
        limit = made.timeout
        if limit is not None and (reply.timeout or reply.after > limit):
            self.agenda.plan(limit, lambda: self._time_out(made, limit))
        elif not reply.timeout:
            self.agenda.plan(reply.after, lambda: self._release(made, reply))

    def _release(self, made: Made, reply: CalloutReply) -> None:
        if made.arrival.gone:
            made.over = True
            if (made.kind == "http" or made.late) and not self.trace.failed:
                self.odd.append(modules.GONE if self.server.setup.native else _LATE)
            return
        service = self.server.services[made.arrival.cluster]
        if made.kind == "http":
            callouts.answer(service, made, reply)
        elif reply.reset and not reply.messages:
            made.over = True
            service.reset(made.arrival)
        else:
            grpc.speak(service, made.arrival, reply)
            self._spoke(made, reply)
        self.observe()
        if made.late and not self.trace.failed:  # they met each other on the way
            self.odd.append(_LATE)

    def _spoke(self, made: Made, reply: CalloutReply) -> None:
        service = self.server.services[made.arrival.cluster]
        if reply.reset:
            made.over = True
            service.reset(made.arrival)
        elif reply.grpc_status is not None or made.arrival.seen.end:
            made.over = True
            grpc.close(service, made.arrival, reply)
        else:
            made.spoken = True

    def _close(self, made: Made) -> None:
        made.over = True
        grpc.close(self.server.services[made.arrival.cluster], made.arrival, made.reply)
        self.observe()

    def _time_out(self, made: Made, limit: int) -> None:
        """Envoy itself gives up on the call."""
        made.over = True
        if limit > _LONGEST:
            self.odd.append(f"a callout's timeout of {limit / _SECOND:g} s is too long to wait for")
            return
        arrival = made.arrival
        self.server.loop.until(
            lambda: arrival.gone,
            within=limit / _SECOND + _SLACK,
        )
        self.observe()

    def _answer_other(self, arrival: Arrival) -> None:
        """A VM that is not the worker's called out: it is answered at once, and forgotten."""
        if not arrival.seen.end:
            return
        self._answered.add(arrival)
        seen = arrival.seen
        rule = self._others.take(arrival.cluster, seen.headers or (), bytes(seen.body))
        service = self.server.services[arrival.cluster]
        made = Made(arrival, "http", None, 0, 0)
        if rule is None:
            service.reset(arrival)
        elif not rule.reply.timeout:
            callouts.answer(service, made, rule.reply)
