"""Whether answers under load are those that each exchange has when it is sent by itself."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tamis.benches.timing.contenders import CHAIN, lane_name

__all__ = ["Answered", "other_answers"]


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of requests: answers by their status, and how many had none."""

    statuses: Mapping[int, int]
    failed: int = 0


def other_answers(
    alone: Mapping[str, Sequence[int]],
    slices: Sequence[Mapping[str, Answered]],
    steady: Sequence[Mapping[str, Answered]],
) -> Iterator[str]:
    """Notes about lanes that do other work under load; one that limits rates, for example.

    `alone`: the status of each exchange, by lane. `slices` and `steady`: of each Envoy, by lane.
    """
    told = set()
    for lane, expected in alone.items():
        every = [each[lane] for each in (*slices, *steady) if lane in each]
        others = sum(map(Counter, (_others(each, expected) for each in every)), Counter())
        short = lane.removesuffix(lane_name("", CHAIN))
        if others and short not in told:
            told.add(short)
            number = sum(sum(each.statuses.values()) for each in every)
            statuses = ", ".join(map(str, sorted(others)))
            yield (
                f"under load {lane} answers {others.total():,} of {number:,} requests with another "
                f"status than by themselves ({statuses}): its figures are of those, too"
            )
        failed = sum(each[lane].failed for each in steady if lane in each)
        if failed:
            yield (
                f"{failed:,} requests to {lane} at the steady rate had no answer: its latencies "
                "are of the others"
            )


def _others(found: Answered, expected: Sequence[int]) -> dict[int, int]:
    """More answers of a status than there are when all exchanges are sent in turn."""
    turns = -(-sum(found.statuses.values()) // len(expected))
    most = Counter(expected)
    more = {status: number - turns * most[status] for status, number in found.statuses.items()}
    return {status: number for status, number in more.items() if number > 0}
