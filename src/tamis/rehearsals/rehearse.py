"""An upgrade rehearsed: OLD and NEW change places while requests come in at a steady rate."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from tamis.envoy import Binary
from tamis.envoy.live.gate import Gate
from tamis.envoy.live.upstream import Upstream
from tamis.errors import BadInput, Fault, Rejected
from tamis.model.measured import LeftOut
from tamis.model.rehearsed import Rehearsed, Way
from tamis.rehearsals.alone import Alone, alone
from tamis.rehearsals.breaks import Breaks
from tamis.rehearsals.candidate import Candidate, Place
from tamis.rehearsals.exchanged import Exchanged
from tamis.rehearsals.growth import growth
from tamis.rehearsals.judged import judge
from tamis.rehearsals.moves import Move, Moves
from tamis.rehearsals.restarted import Restarted
from tamis.rehearsals.traffic import MOST, Traffic

__all__ = ["Setting", "rehearse"]

Say = Callable[[str], None]

#: What a filter logs below this level is dropped, as Istio has it.
_LEVEL = "warning"
#: Seconds within which VMs that nobody needs are gone.
_SETTLED = 5.0
#: And so many that a change of places takes at most, where nothing holds it up.
_SWAP, _RESTART = 0.5, 4.0
_POLL = 0.01


@dataclass(frozen=True, slots=True)
class Setting:
    """`rate` requests a second, `swaps` changes of places, `workers` of Envoy. `hold`: for so many
    seconds a version stays in place at least, once all workers have it; `calm`: for so many the
    load runs before the first swap, and behind the last.
    """

    rate: float = 500.0
    swaps: int = 10
    workers: int = 2
    hold: float = 0.3
    calm: float = 1.0
    way: Way = "filter"

    @property
    def seconds(self) -> float:
        """How long the load takes on a machine that has little else to do, at most."""
        each = self.hold + (_SWAP if self.way == "filter" else _RESTART)
        return 2 * self.calm + self.swaps * each


@dataclass(slots=True)
class _Course:
    """What happened under load. `start`: bytes and VMs of Envoy before the first swap."""

    moves: list[Move] = field(default_factory=list)
    start: tuple[int, int] = (0, 0)
    crashed: str | None = None


def rehearse(
    binary: Binary,
    versions: tuple[Candidate, Candidate],
    requests: Sequence[bytes],
    setting: Setting,
    *,
    clusters: Mapping[str, Upstream],
    left_out: tuple[LeftOut, ...] = (),
    say: Say = lambda _: None,
) -> Rehearsed:
    """Have OLD and NEW (`versions`) change places under load. `clusters` answer their callouts.

    Raises BadInput where OLD cannot be used, Rejected where Envoy ends before the load begins.
    """
    if setting.seconds * setting.rate > MOST:
        raise BadInput(
            f"{setting.swaps} swaps at {setting.rate:,.0f}/s are more than {MOST:,} requests",
            advice="Say less: --swaps, --rate, --hold.",
        )
    with Breaks() as breaks, ExitStack() as opened:
        gate = Gate(binary, workers=setting.workers, level=_LEVEL, clusters=clusters)
        place: Place = Exchanged(opened.enter_context(gate), breaks)
        say("what OLD and NEW answer when they are asked alone")
        known = alone(place, versions, requests, setting.rate, breaks)
        if setting.way == "restart":
            opened.close()
            place = opened.enter_context(
                Restarted(
                    binary,
                    versions[0],
                    breaks,
                    workers=setting.workers,
                    level=_LEVEL,
                    clusters=clusters,
                )
            )
        begin = breaks.look()
        with Traffic(place.port, known.requests, setting.rate) as traffic:
            course = _Course()
            try:
                _run(course, place, versions, setting, known, breaks, traffic, say)
            except (Fault, Rejected) as error:
                course.crashed = f"{error.what}. {error.advice()}"
        breaks.look()
    moves = Moves(course.moves)
    found = judge(traffic.records, moves, known.teller)
    broken = breaks.broken(moves, begin)
    return Rehearsed(
        old=versions[0].shown,
        new=versions[1].shown,
        host=binary.host,
        way=setting.way,
        workers=setting.workers,
        rate=setting.rate,
        seconds=found.seconds,
        told=known.teller.told,
        requests=found.requests,
        answered=found.answered,
        losses=found.losses,
        stale=found.stale,
        unknown=found.unknown,
        swaps=found.swaps,
        calm=found.calm,
        around=found.around,
        growth=growth(course.start, found.swaps),
        broken=broken,
        healed=found.healed if {each.side for each in broken} == {"new"} else None,
        late=found.late,
        unsent=found.unsent,
        crashed=course.crashed,
        left_out=left_out,
        notes=known.notes,
        timeline=found.timeline,
    )


def _run(
    course: _Course,
    place: Place,
    versions: tuple[Candidate, Candidate],
    setting: Setting,
    known: Alone,
    breaks: Breaks,
    traffic: Traffic,
    say: Say,
) -> None:
    """Swap; `course` says how far it came. Raises Rejected where Envoy ends."""
    vms = dict(known.vms) if setting.way == "filter" else {}

    def wait(seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not until():
            place.check()
            traffic.check()
            breaks.look()
            time.sleep(_POLL)

    wait(setting.calm)
    course.start = (place.resident(), place.vms())
    for number in range(setting.swaps):
        say(f"swap {number + 1} of {setting.swaps}")
        version = versions[(number + 1) % 2]
        move = Move(version.side, time.monotonic_ns())
        course.moves.append(move)
        move = course.moves[-1] = place.put(version)
        if move.refused:
            course.moves[-1] = replace(move, refused=known.refused or move.refused)
            break
        wait(setting.hold)
        most = vms.setdefault(version.side, place.vms())
        wait(_SETTLED, lambda most=most: place.vms() <= most)  # type: ignore[misc]
        course.moves[-1] = replace(move, resident=place.resident(), vms=place.vms())
    wait(setting.calm)
