"""What became of the requests of a rehearsal, counted: lost, wrongly answered, late."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from statistics import quantiles

from tamis.model.rehearsed import BIN_MS, During, Latency, Loss, Side, Swap
from tamis.rehearsals.answers import Answerer, Teller
from tamis.rehearsals.moves import Move, Moves, other
from tamis.rehearsals.records import Failure, Record

__all__ = ["Judged", "judge"]

#: A request that is sent so many nanoseconds after it was due is late; and where more than this
#: part of them are in calm times, the load asks too much of this machine.
_LATE = 20_000_000
_MANY_LATE = 0.01


@dataclass(frozen=True, slots=True)
class _Request:
    """A record, who answered, and how it failed ("": it did not)."""

    record: Record
    answerer: Answerer | None
    failed: str


@dataclass(frozen=True, slots=True)
class Judged:
    """As a `Rehearsed` has it."""

    requests: int
    answered: int
    losses: tuple[Loss, ...]
    stale: int
    unknown: int
    swaps: tuple[Swap, ...]
    calm: Latency
    around: Latency
    late: int
    unsent: int
    healed: bool
    timeline: dict[str, tuple[int, ...]]
    seconds: float


def judge(records: Iterable[Record], moves: Moves, teller: Teller) -> Judged:
    """Of all requests; those that this machine never came to send are not the filter's fault."""
    every = list(records)
    sent = [each for each in every if each.failure != Failure.UNSENT]
    start = min((each.due for each in every), default=0)
    end = max((each.ended for each in every), default=start)
    requests = [_seen(each, teller) for each in sent]
    answered = [each for each in requests if each.record.failure == Failure.NONE]
    calm = [each for each in answered if not moves.around(each.record.due)]
    around = [each for each in answered if moves.around(each.record.due)]
    late = sum(each.record.begun - each.record.due > _LATE for each in calm)
    return Judged(
        requests=len(sent),
        answered=len(answered),
        losses=_losses(requests, moves, start),
        stale=sum(_stale(each, moves) for each in requests),
        unknown=sum(each.answerer is Answerer.NEITHER for each in requests),
        swaps=tuple(_swaps(moves, answered, start)),
        calm=_latency(calm),
        around=_latency(around),
        late=late if late > _MANY_LATE * len(calm) else 0,
        unsent=len(every) - len(sent),
        healed=_healed(requests, moves),
        timeline=_timeline(requests, start, end),
        seconds=(end - start) / 1e9,
    )


def _seen(record: Record, teller: Teller) -> _Request:
    failed = teller.failed(record)
    return _Request(record, None if failed else teller.answerer(record), failed)


def _losses(requests: Sequence[_Request], moves: Moves, start: int) -> tuple[Loss, ...]:
    found: dict[tuple[str, During], list[int]] = {}
    for each in requests:
        if each.failed:
            key = (each.failed, moves.met(each.record.begun, each.record.ended))
            found.setdefault(key, []).append(each.record.due)
    return tuple(
        Loss(what, during, len(due), (min(due) - start) / 1e9)
        for (what, during), due in found.items()
    )


def _stale(request: _Request, moves: Moves) -> bool:
    if request.answerer not in (Answerer.OLD, Answerer.NEW):
        return False
    side: Side = "old" if request.answerer is Answerer.OLD else "new"
    return not moves.allowed(side, request.record.begun, request.record.ended)


def _healed(requests: Sequence[_Request], moves: Moves) -> bool:
    """Whether OLD was in place again, and those failed no more that met it alone."""
    back = moves.back()
    return back is not None and not any(
        each.failed and not moves.allowed("new", each.record.begun, each.record.ended)
        for each in requests
        if each.record.begun >= back
    )


def _swaps(moves: Moves, answered: Sequence[_Request], start: int) -> Iterator[Swap]:
    """Each with what was answered until the next one."""
    ends = {
        side: sorted(each.record.ended for each in answered if each.answerer is side)
        for side in (Answerer.OLD, Answerer.NEW)
    }
    for move, following in zip_longest(moves.every, moves.every[1:]):
        until = following.ordered if following else None
        met = {
            side: times[bisect_left(times, move.ordered) : until and bisect_left(times, until)]
            for side, times in ends.items()
        }
        yield _swap(move, met[Answerer(move.to)], met[Answerer(other(move.to))], start)


def _swap(move: Move, own: Sequence[int], others: Sequence[int], start: int) -> Swap:
    """`own`, `others`: when answers of the next version ended, and of the one before."""
    if move.refused:
        return Swap(move.to, (move.ordered - start) / 1e9, refused=move.refused)

    def ms(at: int | None) -> float | None:
        return None if at is None else (at - move.ordered) / 1e6

    return Swap(
        to=move.to,
        at_s=(move.ordered - start) / 1e9,
        taken_ms=ms(move.taken),
        first_ms=ms(own[0] if own else None),
        last_ms=ms(others[-1] if others else None),
        resident=move.resident,
        vms=move.vms,
    )


def _latency(requests: Sequence[_Request]) -> Latency:
    us = [(each.record.ended - each.record.due) / 1e3 for each in requests]
    if len(us) < 2:
        return Latency(len(us), *(us or [0.0]) * 2)
    points = quantiles(us, n=100, method="inclusive")
    return Latency(len(us), points[49], points[98])


def _timeline(requests: Sequence[_Request], start: int, end: int) -> dict[str, tuple[int, ...]]:
    bins = (end - start) // (BIN_MS * 1_000_000) + 1
    counts = Counter(
        (
            each.answerer.value if each.answerer else "failed",
            (each.record.ended - start) // (BIN_MS * 1_000_000),
        )
        for each in requests
    )
    kinds = [*(each.value for each in Answerer), "failed"]
    return {kind: tuple(counts[kind, at] for at in range(bins)) for kind in kinds}
