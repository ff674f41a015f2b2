"""The same measurement five times over: does it repeat?

    python benchmarks/repeat.py [FILTER...] [--write] [--quick]

Aimed at: the bounds overlap; the throughput of Wasm over native stays within 2 % of its mean, what
Wasm adds over what native code adds within 10 %. Default: filters/header-policy.
"""

from collections.abc import Callable, Sequence
from statistics import fmean

from common import ROOT
from tables import added, arguments, machine, publish, settled, subjects, take

from tamis.benches.timing.timed import Setting
from tamis.model.measured import Interval, Timed

_TIMES = 5


def main() -> None:
    """Measure each filter five times in turn."""
    options = arguments(__doc__ or "")
    setting = settled(options, Setting(seconds=0, whole=False))
    chosen = subjects(options.filters or [ROOT / "filters" / "header-policy"])
    for subject in chosen:
        runs = [take(subject, setting) for _ in range(_TIMES)]
        figures: list[tuple[str, Callable[[Timed], Interval]]] = [
            ("baseline", lambda run: run.baseline_us),
            *((f"{each.name} adds", _added(each.name)) for each in runs[0].variants),
        ]
        head = ("figure", *(f"run {at + 1}" for at in range(_TIMES)), "")
        rows = [head, *(_row(name, [of(run) for run in runs]) for name, of in figures)]
        rows += _ratios(runs)
        publish("repeat", rows, options, f"{subject.metadata.name}: {machine(runs)}")


def _added(name: str) -> Callable[[Timed], Interval]:
    def of(run: Timed) -> Interval:
        found = run.variant(name)
        assert found
        return found.added_us

    return of


def _row(name: str, values: Sequence[Interval]) -> tuple[str, ...]:
    overlap = not any(one.parts(other) for one in values for other in values)
    told = "bounds overlap" if overlap else "BOUNDS PART"
    return (name, *(added(each) for each in values), told)


def _ratios(runs: Sequence[Timed]) -> list[tuple[str, ...]]:
    """Of Wasm over native code, with what is aimed at."""
    rows = []
    for over in ("native", "module"):
        if not runs[0].variant(over):
            continue
        whole = [
            next(one.ratio.value for one in run.throughput if (one.over, one.chain) == (over, 1))
            for run in runs
        ]
        extra = [_added("wasm")(run).value / _added(over)(run).value for run in runs]
        rows.append(_spread(f"throughput, Wasm over {over}", whole, 0.02))
        rows.append(_spread(f"added, Wasm over {over}", extra, 0.10))
    return rows


def _spread(name: str, values: Sequence[float], aim: float) -> tuple[str, ...]:
    mean = fmean(values)
    off = max(abs(each / mean - 1) for each in values)
    told = f"within {100 * off:.1f} % of the mean (aim: {100 * aim:.0f} %)"
    return (name, *(f"{each:.3f}" for each in values), told)


if __name__ == "__main__":
    main()
