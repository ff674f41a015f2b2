"""Records and moves of rehearsals that never were; times in milliseconds."""

from collections.abc import Sequence

from tamis.rehearsals.answers import Answers, Teller
from tamis.rehearsals.moves import Move
from tamis.rehearsals.records import Failure, Record

__all__ = ["NEW", "OLD", "OTHER", "asked", "moved", "teller"]

MS = 1_000_000
#: What each version answers, as a hash.
OLD, NEW, OTHER = 1, 2, 3


def asked(
    due: float,
    answer: int = OLD,
    *,
    took: float = 1,
    begun: float | None = None,
    request: int = 0,
    status: int = 200,
    failure: Failure = Failure.NONE,
    head: int | None = None,
) -> Record:
    """A request that was due then, its answer by its hash."""
    sent = due if begun is None else begun
    ended = int((sent + took) * MS)
    kept = answer if head is None else head
    sent_at = 0 if failure == Failure.UNSENT else int(sent * MS)
    return Record(int(due * MS), sent_at, ended, kept, answer, request, status, failure, 0)


def moved(*orders: tuple[str, float, float | None], refused: str | None = None) -> list[Move]:
    """(to, ordered, taken)."""
    return [
        Move(to, int(at * MS), None if taken is None else int(taken * MS), refused)  # type: ignore[arg-type]
        for to, at, taken in orders
    ]


def teller(
    old: Sequence[Record] | None = None, new: Sequence[Record] | None = None, requests: int = 1
) -> Teller:
    """By default one request, to which OLD answers OLD, and NEW answers NEW."""
    first = [asked(0, OLD)] * 4 if old is None else old
    second = [asked(0, NEW)] * 4 if new is None else new
    return Teller(Answers(requests, first), Answers(requests, second), requests)
