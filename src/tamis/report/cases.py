"""A test or check run as a flat list of cases: what JUnit, GitHub and Markdown have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

from tamis.errors import Place
from tamis.model.exchange import Fixture
from tamis.model.finding import Finding
from tamis.model.outcome import Difference, Run

__all__ = ["Case", "from_findings", "from_runs"]


@dataclass(frozen=True, slots=True)
class Case:
    """One fixture in one host, or one rule on one module.

    `problems` empty: passed. `skipped`: nothing of it could be compared there, and why; `left_out`:
    what of it could not, each with why.
    """

    suite: str
    name: str
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    skipped: str | None = None
    left_out: tuple[str, ...] = ()
    place: Place | None = None

    @property
    def verdict(self) -> str:
        """`failed`, `skipped` or `passed`."""
        if self.problems:
            return "failed"
        return "skipped" if self.skipped else "passed"


def from_runs(
    name: str,
    fixtures: Sequence[Fixture],
    runs: Sequence[Run],
    differences: Sequence[Difference],
) -> tuple[Case, ...]:
    """One case per fixture and host; a difference counts against every host but the first."""
    places = {fixture.name: Place(fixture.path) for fixture in fixtures}
    first = runs[0].host if runs else ""
    cases = []
    for run in runs:
        problems = list(run.problems)
        if run.host != first:
            problems += [
                f"{d.path}: {'; '.join(f'{host}: {value}' for host, value in d.values.items())}"
                for d in differences
                if d.fixture == run.fixture and run.host in d.values
            ]
        left_out = tuple(map(str, run.skipped))
        wholly = run.outcome is None or any(not each.path for each in run.skipped)
        cases.append(
            Case(
                f"{name} in {run.host}",
                run.fixture,
                tuple(problems),
                skipped="; ".join(left_out) if wholly else None,
                left_out=() if wholly else left_out,
                place=places.get(run.fixture),
            )
        )
    return tuple(cases)


def from_findings(name: str, findings: Sequence[Finding]) -> tuple[Case, ...]:
    """One case per finding; a module without findings is one case that passed."""
    if not findings:
        return (Case(f"{name} check", "all rules"),)
    return tuple(
        Case(
            f"{name} check",
            f"{f.id} ({f.target})" if f.target else f.id,
            problems=(f"{f.message} {f.advice}",) if f.severity == "error" else (),
            warnings=(f"{f.message} {f.advice}",) if f.severity != "error" else (),
            place=f.place,
        )
        for f in findings
    )
