"""`tamis replay`: fixtures many times over, without Python, on as many threads as wanted."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import Self

from tamis import project
from tamis.errors import BadInput
from tamis.host import Stop, Twin, replay_all
from tamis.host import replay as replay_one
from tamis.model.exchange import Fixture
from tamis.model.plugin import Limits
from tamis.model.replayed import Replayed, Replays, merge
from tamis.verbs.fixtures import fixtures_of
from tamis.verbs.hosts import Core, wanted
from tamis.verbs.subject import Subject, source_of
from tamis.verbs.twins import make_twin

__all__ = ["replay"]

#: A fixture's repetitions are shared out in parts, each in a new VM. How large they are depends on
#: their number alone, so that counts and hash are the same on any number of threads.
_PARTS, _LEAST, _MOST = 64, 1_000, 100_000
#: Parts that are handed out together, until they are worth it.
_TOGETHER, _STEPS = 256, 5_000
#: How many of these wait for each thread; for an executor, which has its own ways, in all.
_AHEAD, _AHEAD_ELSEWHERE = 4, 256

_Unit = tuple[Fixture, int]
_Run = Callable[[Sequence[_Unit]], Replayed]


def replay(
    subject: Subject,
    *,
    host: str = "wasmtime",
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
    every callout is answered. `host`: "wasmtime", or "native" for the filter's native twin, either
    as an Envoy of some version (`wasmtime@1.38`). `fuel` is counted on demand: it slows the guest.
    `executor`: where the work is done instead of on `threads` of this process; what it is given can
    be pickled. Raises BadInput for unusable fixtures, a module that does not load, or what native
    code cannot have; Rejected when native code ends its process.
    """
    (one,) = wanted((host,))
    if not isinstance(one, Core):
        raise BadInput(
            f"--host {host}: a real Envoy does not replay", advice="Say wasmtime, or native."
        )
    if one.native and (fuel or executor):
        raise BadInput(
            f"--host {host}: native code counts no fuel, and stays on this machine",
            advice="Leave out --fuel and --dask.",
        )
    if repeat < 1 or threads < 1:
        raise BadInput("repeat and threads are at least 1", advice="Say --repeat 1000 --threads 2.")
    bounds = project.bounded(subject.filter.limits if subject.filter else Limits(), limits or {})
    read = fixtures_of(subject, folder, config=config, only=only)
    total: Replayed | None = None
    exchanges = repeat * sum(len(each.exchanges) + len(each.connections) for each in read)
    with ExitStack() as stack:
        stop = Stop()
        run: _Run
        if one.native:
            run = stack.enter_context(_Natively(subject, one, bounds, threads))
        else:
            # Compiles it, or refuses.
            replay_one(subject.module, read[0], 0, envoy=one.envoy, fuel=fuel, limits=bounds)
            run = partial(
                replay_all,
                subject.module,
                envoy=one.envoy,
                fuel=fuel,
                limits=bounds,
                stop=None if executor else stop,
            )
        started = time.perf_counter()
        for part in _shared(run, _batches(read, repeat), threads, executor, stop):
            total = merge((total, part)) if total else part
            say(f"{subject.metadata.name}: {total.exchanges} of {exchanges} exchanges")
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
    run: _Run,
    batches: Iterator[tuple[_Unit, ...]],
    threads: int,
    executor: Executor | None,
    stop: Stop,
) -> Iterator[Replayed]:
    """Results as they come. However it ends, nothing of ours goes on behind it."""
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
        if executor is None:
            stop.set()
            if isinstance(run, _Natively):
                run.end()
            pool.shutdown()


class _Natively:
    """Replays native code, a process a thread; a context manager that ends them."""

    def __init__(self, subject: Subject, one: Core, limits: Limits, threads: int) -> None:
        path = make_twin(source_of(subject, one.host)).path
        self._envoy, self._limits = one.envoy, limits
        self._twins = [Twin(path) for _ in range(threads)]
        self._free: SimpleQueue[Twin] = SimpleQueue()
        for each in self._twins:
            self._free.put(each)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def __call__(self, units: Sequence[_Unit]) -> Replayed:
        twin = self._free.get()
        try:
            return merge(
                twin.replay(fixture, passes, envoy=self._envoy, limits=self._limits)
                for fixture, passes in units
            )
        finally:
            self._free.put(twin)

    def end(self) -> None:
        """Whatever they do."""
        for each in self._twins:
            each.end()
