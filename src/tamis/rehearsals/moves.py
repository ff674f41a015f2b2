"""When which version was in place."""

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
        self._done = [each for each in every if not each.refused]
        self._turns: list[tuple[Side, int, int | None]] = [("old", 0, None)]
        for move in self._done:
            side, since, _ = self._turns[-1]
            self._turns[-1] = (side, since, move.taken)
            self._turns.append((move.to, move.ordered, None))

    def allowed(self, side: Side, begun: int, ended: int) -> bool:
        """Whether a request that was under way for that time may have met that version."""
        return any(
            each == side and since <= ended and (until is None or begun < until)
            for each, since, until in self._turns
        )

    def met(self, begun: int, ended: int) -> During:
        """The version that a request then met, if it was one for sure."""
        old, new = self.allowed("old", begun, ended), self.allowed("new", begun, ended)
        return "swap" if old and new else "new" if new else "old"

    def around(self, at: int) -> bool:
        """Whether that is between an order and its end, or right behind it."""
        return any(
            each.ordered <= at <= (each.taken or each.ordered) + _BEHIND for each in self.every
        )

    def until_next(self, number: int) -> int | None:
        """When the order behind the one with that number came."""
        behind = self.every[number + 1 : number + 2]
        return behind[0].ordered if behind else None

    def back(self) -> int | None:
        """When OLD was in place again for the first time; None: never."""
        return next((each.taken for each in self._done if each.to == "old"), None)


def other(side: Side) -> Side:
    """The version that is not this one."""
    return "new" if side == "old" else "old"
