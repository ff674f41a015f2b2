"""Timers of plugins: what they were set to, and which of their ticks the fixture's time asks for.

Envoy's timers run in real time. A tick that comes when the fixture's time stands still is untimely:
what it logs is left out, and the run is not comparable.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from tamis.envoy.trace import Callback, HostCall

__all__ = ["TICK", "Timer", "Timers"]

TICK = "proxy_on_tick"
_SET = "proxy_set_tick_period_milliseconds"
_PLUGINS = ("proxy_on_vm_start", "proxy_on_configure")
_HARMLESS = ("proxy_log", "proxy_get_", "proxy_set_effective_context", "fd_write", "clock_")
_MILLISECOND = 1_000_000


def _harmless(callback: Callback) -> bool:
    return all(call.name.startswith(_HARMLESS) for call in callback.calls)


@dataclass(slots=True, eq=False)
class Timer:
    """One plugin's. `period` nanoseconds, 0: it is off; `stamp` changes whenever it is set; `due`
    in virtual time. `ticked`: ticks that nobody has asked for yet.
    """

    vm: int
    period: int = 0
    stamp: int = 0
    due: int = 0
    ticked: deque[Callback] = field(default_factory=deque)

    def stop(self) -> None:
        """It ticks no more."""
        self.period = 0
        self.stamp += 1


class Timers:
    """Of all plugins, by VM and plugin context. `fallback`: the filter's plugin context.

    Envoy's log does not tell which VM a callback ran in; contexts of two VMs may have one number.
    """

    def __init__(self, fallback: int) -> None:
        self._fallback = fallback
        self._plugins: set[tuple[int, int]] = set()
        self._timers: dict[tuple[int, int], Timer] = {}
        self._ticks: dict[Callback, Timer] = {}
        self.untimely = 0

    def see(self, callbacks: Iterable[Callback]) -> None:
        """Callbacks that have begun: ticks among them wait to be asked for."""
        for callback in callbacks:
            if callback.name in _PLUGINS:
                self._plugins.add((callback.vm, callback.context))
            elif callback.name == TICK:
                timer = self._ticking(callback)
                timer.ticked.append(callback)
                self._ticks[callback] = timer
                callback.vm = timer.vm

    def changed(self, callbacks: Iterable[Callback]) -> list[tuple[Timer, int]]:
        """The timers that callbacks set anew, with their stamps."""
        return [
            self._set(callback, call)
            for callback in callbacks
            for call in callback.calls
            if call.name == _SET and call.result == "0"
        ]

    def leave(self, *, closing: bool = False) -> None:
        """Nobody asks for the ticks that have come: they are untimely.

        `closing`: the plugins are going, so those do not count that left nothing behind.
        """
        for timer in self._timers.values():
            for callback in timer.ticked:
                callback.untimely = True
                self.untimely += not (closing and _harmless(callback))
            timer.ticked.clear()

    def forget(self, vm: int) -> None:
        """A VM broke: its timers are gone."""
        for (of, _), timer in self._timers.items():
            if of == vm:
                timer.stop()

    def _set(self, callback: Callback, call: HostCall) -> tuple[Timer, int]:
        timer = self._ticks.get(callback) or self._of(call.vm, call.context)
        timer.period = call.args[0] * _MILLISECOND
        timer.stamp += 1
        return timer, timer.stamp

    def _ticking(self, callback: Callback) -> Timer:
        """Whose tick it is: of the timers it may be, the one that is due first."""
        running = (
            timer
            for (_, context), timer in self._timers.items()
            if context == callback.context and timer.period
        )
        found = min(running, key=lambda timer: (len(timer.ticked), timer.due), default=None)
        return found or self._of(callback.vm, callback.context)

    def _of(self, vm: int, context: int) -> Timer:
        # A stream sets its plugin's timer.
        known = (vm, context) in self._plugins
        return self._timers.setdefault((vm, context if known else self._fallback), Timer(vm))
