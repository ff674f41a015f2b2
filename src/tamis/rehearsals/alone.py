"""What each version answers while it is the only one."""

from collections.abc import Sequence
from dataclasses import dataclass

from tamis.errors import BadInput, Fault, Rejected
from tamis.model.rehearsed import Broken, Side
from tamis.rehearsals.answers import Answers, Teller
from tamis.rehearsals.breaks import Breaks
from tamis.rehearsals.candidate import Candidate, Place
from tamis.rehearsals.moves import Moves
from tamis.rehearsals.records import records
from tamis.rehearsals.traffic import client

__all__ = ["Alone", "alone"]

#: Each version is asked for so many seconds, each request so many times at least.
_SECONDS, _TIMES = 0.5, 4


@dataclass(frozen=True, slots=True)
class Alone:
    """`requests`: those that OLD answers; `vms`: how many each version has; `refused`: why NEW was
    not taken, in words that Envoy has but once; `notes`: what there is to know of the answers.
    """

    requests: tuple[bytes, ...]
    teller: Teller
    vms: dict[Side, int]
    refused: str | None = None
    notes: tuple[str, ...] = ()


def alone(
    place: Place, versions: tuple[Candidate, Candidate], requests: Sequence[bytes], rate: float,
    breaks: Breaks,
) -> Alone:  # fmt: skip
    """Ask OLD, then NEW, at the `rate` of the load; then OLD is in place again.

    Raises BadInput where OLD does not load or answers nothing, Rejected where Envoy ends over one.
    """
    old, new = versions
    notes: list[str] = []
    vms: dict[Side, int] = {}
    if words := _put(place, old):
        raise BadInput(
            f"{old.shown.text} is not taken by Envoy: {words}",
            advice="OLD is what runs now: name one that loads, with its configuration (--config).",
        )
    first, broken = _asked(place, old, requests, rate, breaks)
    kept = [at for at in range(len(requests)) if at not in first.unanswered]
    if not kept:
        raise BadInput(
            f"{old.shown.text} answers none of the requests",
            advice="Name one that it answers: --path /PATH.",
        )
    if len(kept) < len(requests):
        left = len(requests) - len(kept)
        notes.append(f"{left} of {len(requests)} requests are left out: OLD does not answer them")
        requests = [requests[at] for at in kept]
        first, broken = _asked(place, old, requests, rate, breaks)
    notes += _breaks("OLD", broken)
    vms["old"] = place.vms()
    second = None
    refused = _put(place, new)
    if refused is None:
        second, broken = _asked(place, new, requests, rate, breaks)
        notes += _breaks("NEW", broken)
        vms["new"] = place.vms()
    _put(place, old)
    teller = Teller(first, second, len(requests))
    return Alone(tuple(requests), teller, vms, refused, tuple(notes))


def _put(place: Place, version: Candidate) -> str | None:
    """Envoy's words where it does not take it."""
    try:
        return place.put(version).refused
    except (Fault, Rejected) as error:
        raise _ends(version, error) from None


def _asked(
    place: Place, version: Candidate, requests: Sequence[bytes], rate: float, breaks: Breaks
) -> tuple[Answers, tuple[Broken, ...]]:
    since = breaks.look()
    count = max(int(rate * _SECONDS), _TIMES * len(requests))
    with client(place.port, requests, rate) as load:
        seen = records(load.steady(rate, count).records)
    try:
        place.check()
    except (Fault, Rejected) as error:
        raise _ends(version, error) from None
    breaks.look()
    broken = breaks.broken(Moves(()), since)
    return Answers(len(requests), seen, broken=bool(broken)), broken


def _ends(version: Candidate, error: Fault | Rejected) -> Rejected:
    return Rejected(f"{version.shown.text}, alone: {error.what}", advice=error.advice())


def _breaks(name: str, broken: Sequence[Broken]) -> list[str]:
    return [
        f"{name} breaks when it is asked alone: {each.callback}: {each.text}" for each in broken
    ]
