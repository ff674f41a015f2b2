"""`tamis replay`: fixtures many times over, natively, on as many threads as wanted."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from functools import partial
from itertools import islice
from pathlib import Path

from tamis import host, project
from tamis.errors import BadInput
from tamis.model.exchange import Fixture
from tamis.model.plugin import Limits
from tamis.model.replayed import Replayed, Replays, merge
from tamis.verbs.fixtures import fixtures_of
from tamis.verbs.subject import Subject

__all__ = ["replay"]

#: A fixture's repetitions are shared out in parts, each in a new VM. How large they are depends on
#: their number alone, so that counts and hash are the same on any number of threads.
_PARTS, _LEAST, _MOST = 64, 1_000, 100_000
#: Parts that are handed out together, until they are worth it.
_TOGETHER, _STEPS = 256, 5_000
#: How many of these wait for each thread; for an executor, which has its own ways, in all.
_AHEAD, _AHEAD_ELSEWHERE = 4, 256

_Unit = tuple[Fixture, int]


def replay(
    subject: Subject,
    *,
    folder: Path | None = None,
    config: bytes | None = None,
    only: Sequence[str] = (),
    repeat: int = 1,
    threads: int = 1,
    fuel: bool = False,
    limits: Mapping[str, str | int] | None = None,
    executor: Executor | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Replays:
    """Run the fixtures in `folder` (or a file; default: the filter's own) `repeat` times each.

    Nothing is expected of the outcomes, but that no plugin refuses to start or traps, and that
    every callout is answered. `fuel` is counted on demand: it slows the guest. `executor`: where
    the work is done instead of on `threads` of this process; what it is given can be pickled.
    Raises BadInput for unusable fixtures, or a module that does not load.
    """
    if repeat < 1 or threads < 1:
        raise BadInput("repeat and threads are at least 1", advice="Say --repeat 1000 --threads 2.")
    bounds = project.bounded(subject.filter.limits if subject.filter else Limits(), limits or {})
    read = fixtures_of(subject, folder, config=config, only=only)
    host.replay(subject.module, read[0], 0, fuel=fuel, limits=bounds)  # compiles it, or refuses
    started = time.perf_counter()
    total: Replayed | None = None
    wanted = repeat * sum(len(each.exchanges) + len(each.connections) for each in read)
    for part in _shared(
        subject.module, _batches(read, repeat), threads, executor, fuel=fuel, limits=bounds
    ):
        total = merge((total, part)) if total else part
        say(f"{subject.metadata.name}: {total.exchanges} of {wanted} exchanges")
    elapsed = time.perf_counter() - started
    assert total is not None
    used = None if executor else threads
    return Replays(subject.metadata.name, len(read), repeat, used, elapsed, total)


def _batches(read: Sequence[Fixture], repeat: int) -> Iterator[tuple[_Unit, ...]]:
    size = min(max(-(-repeat // _PARTS), _LEAST), _MOST)
    batch: list[_Unit] = []
    steps = 0
    for fixture in read:
        for before in range(0, repeat, size):
            passes = min(size, repeat - before)
            batch.append((fixture, passes))
            steps += passes * len(fixture.steps)
            if steps >= _STEPS or len(batch) == _TOGETHER:
                yield tuple(batch)
                batch, steps = [], 0
    if batch:
        yield tuple(batch)


def _shared(
    module: bytes,
    batches: Iterator[tuple[_Unit, ...]],
    threads: int,
    executor: Executor | None,
    *,
    fuel: bool,
    limits: Limits,
) -> Iterator[Replayed]:
    """Results as they come. However it ends, nothing of ours goes on behind it."""
    stop = host.Stop() if executor is None else None
    run = partial(host.replay_all, module, fuel=fuel, limits=limits, stop=stop)
    pool = executor or ThreadPoolExecutor(threads)
    ahead = _AHEAD_ELSEWHERE if executor else _AHEAD * threads
    pending: set[Future[Replayed]] = set()
    try:
        while True:
            for batch in islice(batches, ahead - len(pending)):
                pending.add(pool.submit(run, batch))
            if not pending:
                return
            finished, pending = wait(pending, return_when=FIRST_COMPLETED)
            yield from (each.result() for each in finished)
    finally:
        for each in pending:
            each.cancel()
        if stop:
            stop.set()
            pool.shutdown()
