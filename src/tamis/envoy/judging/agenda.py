"""Virtual time: what is due, in order of its time, then in the order in which it was caused."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Agenda"]


@dataclass(order=True, slots=True)
class _Due:
    at: int
    order: int
    happen: Callable[[], None] = field(compare=False)
    timer: bool = field(compare=False)


class Agenda:
    """`now`: nanoseconds since the fixture began. Nobody waits for a timer."""

    def __init__(self) -> None:
        self.now = 0
        self._due: list[_Due] = []
        self._order = 0

    def plan(self, after: int, happen: Callable[[], None], *, timer: bool = False) -> None:
        """`happen` is called `after` nanoseconds from now."""
        self._order += 1
        heapq.heappush(self._due, _Due(self.now + after, self._order, happen, timer))

    def settle(self) -> None:
        """Everything happens that somebody waits for, and the timers that are due before it."""
        while any(not each.timer for each in self._due):
            self._next()

    def advance(self, nanoseconds: int) -> None:
        """Time moves on by that much."""
        until = self.now + nanoseconds
        while self._due and self._due[0].at <= until:
            self._next()
        self.now = until

    def _next(self) -> None:
        due = heapq.heappop(self._due)
        self.now = max(self.now, due.at)
        due.happen()
