"""Who of Envoy's threads goes first when a plugin is loaded: the main thread, then the worker.

Each starts a VM of its own, at the same time. What they share (queues, shared data) ends as the
last one leaves it; where the system can, that is made to be the worker.
"""

import contextlib
import os
import sys
from collections.abc import Iterator

__all__ = ["main_first"]


@contextlib.contextmanager
def main_first(main: int, worker: int) -> Iterator[None]:
    """While this is open, the worker runs only when the main thread has nothing to do.

    Both run on one processor, the worker in the kernel's lowest class. Elsewhere than on Linux, or
    where the kernel does not allow it, nothing happens.
    """
    if not sys.platform.startswith("linux"):
        yield
        return
    try:
        before = os.sched_getaffinity(worker)
    except OSError:
        yield
        return
    try:
        with contextlib.suppress(OSError):
            _share(main, worker, {min(before)}, os.SCHED_IDLE)
        yield
    finally:
        with contextlib.suppress(OSError):
            _share(main, worker, before, os.SCHED_OTHER)


def _share(main: int, worker: int, processors: set[int], policy: int) -> None:
    os.sched_setscheduler(worker, policy, os.sched_param(0))
    for thread in (main, worker):
        os.sched_setaffinity(thread, processors)
