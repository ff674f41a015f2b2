"""What several clients add to one tag at the same time, and none may lose.

Registries have no compare-and-swap: docker-registry ignores If-Match. So each client looks again,
after a while, whether what it added is still there, and adds it again where another has written
what it read before.
"""

import random
import time
from collections.abc import Callable

from tamis.errors import Unreachable

__all__ = ["until_seen"]

_TRIES = 60
#: Reads in a row that must find it.
_SEEN = 2
#: Seconds: at least so long others may take from their read to their write ...
_SHORTEST = 0.15
#: ... and so many times as long as we took ourselves.
_SLOWER = 4.0
_LONGEST = 5.0
_CHANCE = random.SystemRandom()


def until_seen(
    add: Callable[[], bool],
    what: str,
    *,
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Call `add`, which reads, and writes where what it is about is not there (True: it had to),
    until it is there to stay. False: it was there at once.

    `what` names it in the error, Unreachable, for a registry that keeps nothing.
    """
    took = _timed(add, clock)
    if took is None:
        return False
    seen = 0
    for _ in range(_TRIES):
        # Longer than the others hold what they read; not all at the same moment.
        wait = min(_LONGEST, max(_SHORTEST, _SLOWER * took))
        pause(wait * _CHANCE.uniform(1.0, 2.0))
        again = _timed(add, clock)
        if again is None:
            seen += 1
            if seen == _SEEN:
                return True
        else:
            seen, took = 0, max(took, again)
    raise Unreachable(
        f"{what} is gone each time after it was written",
        advice="Other writers are busy, or the registry drops it: try again later.",
    )


def _timed(add: Callable[[], bool], clock: Callable[[], float]) -> float | None:
    """Seconds that it took to read and write; None where nothing was to be written."""
    start = clock()
    return clock() - start if add() else None
