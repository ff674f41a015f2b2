"""Which version answered: told by what each answers when it is asked alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from tamis.model.rehearsed import Told
from tamis.rehearsals.records import Failure, Record

__all__ = ["ERROR", "Answerer", "Answers", "Teller"]

#: The lowest status that says the server is at fault.
ERROR = 500
#: Of answers to one request, at most one in so many is another one; else they vary by themselves.
_ALIKE = 3


class Answerer(Enum):
    """Who answered a request."""

    OLD = "old"
    NEW = "new"
    EITHER = "either"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class _Known:
    """What one version answers to one request; None: it varies too much, or was never seen."""

    head: frozenset[int] | None
    whole: frozenset[int] | None
    statuses: frozenset[int]


class Answers:
    """Those of one version to `requests` different ones, alone.

    `broken`: the filter broke meanwhile, so that errors are no answers of its own.
    """

    def __init__(self, requests: int, seen: Iterable[Record], *, broken: bool = False) -> None:
        by_request: list[list[Record]] = [[] for _ in range(requests)]
        #: Requests that were not answered every time.
        self.unanswered: set[int] = set()
        for record in seen:
            if record.failure != Failure.NONE:
                self.unanswered.add(record.request)
            elif not (broken and record.status >= ERROR):
                by_request[record.request].append(record)
        self._known = [_known(each) for each in by_request]

    def __getitem__(self, request: int) -> _Known:
        return self._known[request]


def _known(seen: Sequence[Record]) -> _Known:
    return _Known(
        _few({each.head for each in seen}, len(seen)),
        _few({each.whole for each in seen}, len(seen)),
        frozenset(each.status for each in seen),
    )


def _few(different: set[int], number: int) -> frozenset[int] | None:
    return frozenset(different) if 0 < len(different) <= max(1, number // _ALIKE) else None


class Teller:
    """Tells OLD's answers from NEW's; None: NEW was not taken, and answers nothing."""

    def __init__(self, old: Answers, new: Answers | None, requests: int) -> None:
        self._statuses = [
            old[at].statuses | (new[at].statuses if new else frozenset()) for at in range(requests)
        ]
        self._by: list[tuple[str, frozenset[int], frozenset[int]]] = []
        loosely = never = apart = 0
        for at in range(requests):
            by, mine, others = _way(old[at], new[at] if new else None)
            self._by.append((by, mine, others))
            loosely += by == "head"
            never += by == ""
            apart += bool(by and mine.isdisjoint(others) and others)
        self.told = Told(requests, apart, loosely, never)

    def answerer(self, record: Record) -> Answerer:
        """Of an answer that is no error."""
        by, old, new = self._by[record.request]
        if not by:
            return Answerer.EITHER
        value = record.whole if by == "whole" else record.head
        match value in old, value in new:
            case True, False:
                return Answerer.OLD
            case False, True:
                return Answerer.NEW
            case True, True:
                return Answerer.EITHER
        return Answerer.NEITHER

    def failed(self, record: Record) -> str:
        """How a request failed, or ""; an error that a version answers by itself is none."""
        if record.failure != Failure.NONE:
            return _WORDS[Failure(record.failure)]
        own = record.status in self._statuses[record.request]
        return "" if own or record.status < ERROR else f"status {record.status}"


def _way(old: _Known, new: _Known | None) -> tuple[str, frozenset[int], frozenset[int]]:
    """What is compared, and whose it can be."""
    nothing: frozenset[int] = frozenset()
    if old.whole is not None and (new is None or new.whole is not None):
        return "whole", old.whole, (new.whole or nothing) if new else nothing
    if old.head is not None and (new is None or new.head is not None):
        return "head", old.head, (new.head or nothing) if new else nothing
    return "", nothing, nothing


_WORDS = {
    Failure.REFUSED: "connection refused",
    Failure.CLOSED: "connection closed without an answer",
    Failure.RESET: "connection reset",
    Failure.MALFORMED: "an answer that is no HTTP",
    Failure.SILENT: "no answer in time",
}
