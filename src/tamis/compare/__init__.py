"""Outcomes against expectations, against snapshots, and against each other.

The three functions that `test` needs are here; the files below do the work.
"""

from dataclasses import replace
from pathlib import Path

from tamis.compare import expectations, hosts, snapshots
from tamis.model.exchange import Fixture
from tamis.model.outcome import Difference, Run
from tamis.profiles import wire

__all__ = ["differences", "judge", "update"]


def judge(fixture: Fixture, run: Run, *, snapshot: bool = False, strict: bool = False) -> Run:
    """`run` with a problem for each expectation it missed and, with `snapshot`, each change.

    `strict`: host functions may fail only as the fixture expects. A run without an outcome is
    returned as it is. Raises BadInput for an unreadable snapshot.
    """
    if run.outcome is None:
        return run
    skipped = [item.path for item in run.skipped]
    found = expectations.problems(fixture, run.outcome, skipped, strict=strict)
    changed = snapshots.problems(fixture, run.outcome) if snapshot else ()
    return replace(run, problems=(*run.problems, *found, *changed))


def update(fixture: Fixture, run: Run) -> Path | None:
    """Write the snapshot of `run` where it changed; the path if it was written."""
    return None if run.outcome is None else snapshots.update(fixture, run.outcome)


def differences(
    fixture: Fixture, one: Run, other: Run, *, added: hosts.Added | None = None
) -> tuple[Difference, ...]:
    """Where two hosts disagree about one fixture; `added` None: by `profiles/wire.toml`."""
    if added is None:
        added = {(addition.header, addition.direction) for addition in wire.load().after}
    return hosts.differences(fixture, one, other, added)
