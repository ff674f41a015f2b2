"""What `test` tells: at a terminal, and as JSON objects (schemas/output.json)."""

from collections.abc import Sequence

from tamis.model import codec
from tamis.model.outcome import Difference, Run
from tamis.model.tested import Skipped, Tested
from tamis.report.objects import Object, problem
from tamis.report.terminal import Lines, line, plural, together

__all__ = ["test_problems", "test_totals", "tested", "tested_object"]

_MANY = 12  # not comparable parts shown before they are summed up


def tested(value: Tested, *, every: bool) -> Lines:
    """What went wrong, then a line of totals."""
    parts: list[Lines] = []
    if every or not value.ok:
        parts.append(_runs(value.runs, every=every))
    if value.differences:
        parts.append(_differences(value.differences))
    if left_out := value.not_comparable:
        parts.append(_left_out(left_out if every else left_out[:_MANY]))
        if len(left_out) > _MANY and not every:
            parts.append(line((f"... and {len(left_out) - _MANY} more (-v shows all)", "dim")))
    parts += [line(("wrote ", "green"), str(path)) for path in value.written]
    verdict = ("ok ", "green") if value.ok else ("no ", "bold red")
    parts.append(line(verdict, (value.name, "bold"), f": {test_totals(value)}"))
    return together(*parts)


def _runs(items: Sequence[Run], *, every: bool) -> Lines:
    """Failed runs with their problems; all runs when `every`."""
    lines = []
    for run in items:
        if run.problems:
            lines.append(line(("FAILED", "bold red"), f" {run.fixture} ({run.host})"))
            told = (part for missed in run.problems for part in missed.split("\n"))
            lines += [line(f"  {part}") for part in told]
        elif every:
            verdict = ("passed", "green") if run.outcome else ("not run", "yellow")
            if run.outcome and any(not each.path for each in run.skipped):
                verdict = ("not comparable", "yellow")
            lines.append(line(verdict, f" {run.fixture} ({run.host})"))
    return together(*lines)


def _differences(items: Sequence[Difference]) -> Lines:
    """Both sides of each difference, one above the other."""
    lines = []
    for difference in items:
        lines.append(line(("DIFFERS", "bold red"), f" {difference.fixture}: {difference.path}"))
        width = max(len(host) for host in difference.values)
        lines += [line(f"  {host:{width}}  {value}") for host, value in difference.values.items()]
    return together(*lines)


def _left_out(items: Sequence[Skipped]) -> Lines:
    """What was left out of the comparison: fixture, host, path and why."""
    return together(
        *(
            line(
                ("not comparable", "yellow"),
                f" {one.fixture} ({one.host}) {one.what}",
            )
            for one in items
        )
    )


def test_totals(value: Tested) -> str:
    """`27 fixtures in wasmtime 50.0.1 and envoy 1.40.0: no difference`."""
    failed = sum(not run.ok for run in value.runs)
    told = [f"{plural(len(value.fixtures), 'fixture')} in {' and '.join(value.hosts) or 'no host'}"]
    told.append(f"{failed} failed" if failed else "all passed")
    if len(value.hosts) > 1:
        told.append(plural(len(value.differences), "difference"))
    if len(value.hosts) > 1 or value.not_comparable:
        told.append(f"{len(value.partly)} not wholly comparable")
    return ", ".join(told)


def tested_object(values: Sequence[Tested]) -> Object:
    """`modules`, `runs`, `differences` and `not_comparable` of all filters tested; `images`, if
    there are.
    """
    images = {host: image for value in values for host, image in value.images.items()}
    return {
        **({"images": images} if images else {}),
        "modules": [{"name": value.name, "digest": value.digest} for value in values],
        "runs": [_run(value, run) for value in values for run in value.runs],
        "differences": [_difference(d) for value in values for d in value.differences],
        "not_comparable": [_skipped(one) for value in values for one in value.not_comparable],
    }


def _run(value: Tested, run: Run) -> Object:
    return {
        "filter": value.name,
        "fixture": run.fixture,
        "host": run.host,
        "ok": run.ok,
        "outcome": codec.encode(run.outcome) if run.outcome else None,
        "problems": list(run.problems),
    }


def _difference(value: Difference) -> Object:
    return {
        "fixture": value.fixture,
        "hosts": list(value.values),
        "path": value.path,
        "values": dict(value.values),
    }


def _skipped(value: Skipped) -> Object:
    return {
        "fixture": value.fixture,
        "host": value.host,
        "path": value.what.path,
        "why": value.what.why,
    }


def test_problems(values: Sequence[Tested]) -> list[Object]:
    """Missed expectations and differences, as problems."""
    problems = []
    for value in values:
        places = {fixture.name: str(fixture.path) for fixture in value.fixtures}
        for run in value.runs:
            problems += [
                problem(
                    "expectation",
                    f"{run.fixture} ({run.host}): {missed}",
                    "Mend the filter, or the fixture if it expects the wrong thing.",
                    places.get(run.fixture),
                )
                for missed in run.problems
            ]
        problems += [
            problem(
                "difference",
                f"{one.fixture}: {one.path} differs between {' and '.join(one.values)}",
                "Look at differences[].values for both sides.",
                places.get(one.fixture),
            )
            for one in value.differences
        ]
    return problems
