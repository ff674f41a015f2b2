"""When which version was in place."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from tamis.model.rehearsed import During, Side

__all__ = ["Move", "Moves", "other"]

#: Nanoseconds after a move was taken that still count as around it.
_BEHIND = 50_000_000


@dataclass(frozen=True, slots=True)
class Move:
    """One change of places, in times of `time.monotonic_ns`. `taken`: from then on nobody meets the
    version before; None: it was refused, or Envoy ended over it. The rest as a `Swap` has it.
    """

    to: Side
    ordered: int
    taken: int | None = None
    refused: str | None = None
    resident: int = 0
    vms: int = 0


class Moves:
    """All of a rehearsal, in order; OLD is in place before the first."""

    def __init__(self, every: Sequence[Move]) -> None:
        self.every = tuple(every)
        self._ordered = [each.ordered for each in every]
        self._done = [each for each in every if not each.refused]
        # Each version's turn begins with the order for it, and ends when the next one was taken.
        self._sides: list[Side] = ["old", *(each.to for each in self._done)]
        self._since = [0, *(each.ordered for each in self._done)]
        self._until = [*(each.taken or math.inf for each in self._done), math.inf]

    def allowed(self, side: Side, begun: int, ended: int) -> bool:
        """Whether a request that was under way for that time may have met that version."""
        first, behind = bisect_right(self._until, begun), bisect_right(self._since, ended)
        return side in self._sides[first:behind]

    def met(self, begun: int, ended: int) -> During:
        """The version that a request then met, if it was one for sure."""
        old, new = self.allowed("old", begun, ended), self.allowed("new", begun, ended)
        return "swap" if old and new else "new" if new else "old"

    def around(self, at: int) -> bool:
        """Whether that is between an order and its end, or right behind it."""
        number = bisect_right(self._ordered, at)
        if not number:
            return False
        last = self.every[number - 1]
        return at <= (last.taken or last.ordered) + _BEHIND

    def back(self) -> int | None:
        """When OLD was in place again for the first time; None: never."""
        return next((each.taken for each in self._done if each.to == "old"), None)


def other(side: Side) -> Side:
    """The version that is not this one."""
    return "new" if side == "old" else "old"
