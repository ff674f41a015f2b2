"""The functions of a filter that break while it serves, read from Envoy's log."""

import time
from collections import Counter
from typing import Self

from tamis.envoy.log import Log
from tamis.envoy.trace import trap_of
from tamis.model.rehearsed import Broken, Side
from tamis.rehearsals.moves import Moves

__all__ = ["Breaks"]


class Breaks:
    """What logs of Envoys tell whenever `look` is called; a context manager."""

    def __init__(self) -> None:
        self._logs: list[Log] = []
        self._seen: list[tuple[int, int, str, str]] = []
        self._looked = time.monotonic_ns()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for log in self._logs:
            log.close()

    def follow(self, log: Log) -> None:
        """Read this one, too."""
        self._logs.append(log)

    def look(self) -> int:
        """Read what was written since; the time up to which that was."""
        since, now = self._looked, time.monotonic_ns()
        for log in self._logs:
            for record in log.take():
                if trap := trap_of(record):
                    self._seen.append((since, now, trap.callback, trap.text))
        self._looked = now
        return now

    def broken(self, moves: Moves, since: int = 0) -> tuple[Broken, ...]:
        """Those seen from `since` on; OLD's where NEW cannot have been met."""
        sides: dict[bool, Side] = {True: "new", False: "old"}
        counts = Counter(
            (sides[moves.allowed("new", begin, end)], callback, text)
            for begin, end, callback, text in self._seen
            if begin >= since
        )
        return tuple(Broken(*key, count) for key, count in counts.items())
