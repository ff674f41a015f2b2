"""What became of each request of a load, as the core's client wrote it down."""

from collections.abc import Iterator
from enum import IntEnum
from struct import Struct
from typing import NamedTuple

__all__ = ["Failure", "Record", "records"]

_LAYOUT = Struct("=qqqQQIHBB")  # src/native/load_record.h


class Failure(IntEnum):
    """Why there is no answer."""

    NONE = 0
    REFUSED = 1
    CLOSED = 2
    RESET = 3
    MALFORMED = 4
    SILENT = 5
    UNSENT = 6


class Record(NamedTuple):
    """One request. Times in nanoseconds as `time.monotonic_ns` has them; `begun` 0: never sent.

    `head`: hash of status and headers; `whole`: of these and the body; `request`: which one.
    """

    due: int
    begun: int
    ended: int
    head: int
    whole: int
    request: int
    status: int
    failure: int
    flags: int


def records(steady: bytes) -> Iterator[Record]:
    """In the order in which they ended."""
    return map(Record._make, _LAYOUT.iter_unpack(steady))
