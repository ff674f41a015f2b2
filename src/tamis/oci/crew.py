"""A few threads for a few blobs: the first error wins and stops the rest."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from tamis.oci.blobs import Reader, Source

__all__ = ["Stop", "in_parallel", "stoppable"]

#: At a time; more do not make a registry faster.
_WORKERS = 4
_Result = TypeVar("_Result")


class Stop:
    """Set once one of several jobs failed; what reads a stoppable source then ends."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self._lock = threading.Lock()

    def because(self, error: BaseException) -> None:
        """Keep the first error."""
        with self._lock:
            self.error = self.error or error


class _Stopped(BaseException):
    """Ends a job because of another one's error; nobody but its thread may catch it."""


def in_parallel(jobs: Sequence[Callable[[Stop], _Result]]) -> list[_Result]:
    """The results in the order of the jobs. Raises the first error, after every thread ended."""
    stop = Stop()
    if len(jobs) < 2:
        return [job(stop) for job in jobs]
    results: dict[int, _Result] = {}
    waiting = list(enumerate(jobs))[::-1]
    lock = threading.Lock()

    def work() -> None:
        while not stop.error:
            with lock:
                if not waiting:
                    return
                place, job = waiting.pop()
            try:
                results[place] = job(stop)
            except _Stopped:
                return
            except BaseException as error:  # noqa: BLE001  (raised again by who waits)
                stop.because(error)

    threads = [threading.Thread(target=work) for _ in range(min(_WORKERS, len(jobs)))]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except BaseException as error:
        stop.because(error)  # Ctrl-C: nothing is uploaded after it
        for thread in threads:
            thread.join()
        raise
    if stop.error:
        raise stop.error
    return [results[place] for place in range(len(jobs))]


@dataclass(frozen=True, slots=True)
class _Stoppable:
    source: Source
    stop: Stop

    @property
    def size(self) -> int:
        return self.source.size

    @contextmanager
    def open(self, start: int = 0) -> Iterator[Reader]:
        with self.source.open(start) as reader:
            yield _Reader(reader, self.stop)


@dataclass(frozen=True, slots=True)
class _Reader:
    reader: Reader
    stop: Stop

    def read(self, size: int, /) -> bytes:
        if self.stop.error:
            raise _Stopped
        return self.reader.read(size)


def stoppable(source: Source, stop: Stop) -> Source:
    """`source`, whose reading ends the job once another one failed."""
    return _Stoppable(source, stop)
