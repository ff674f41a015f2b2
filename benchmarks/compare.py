"""What the filters of the comparison cost, each beside other ways to do its work.

    python benchmarks/compare.py [FILTER...] [--write] [--quick]

Two tables: of each filter its size, its crossings and what it adds to a request, alone and in a
chain; and the throughput of Wasm over native code with one filter and with eight.
"""

from tables import added, arguments, machine, publish, settled, subjects, take

import tamis
from tamis.benches.timing.timed import Setting
from tamis.model.measured import Interval, Timed
from tamis.report.figures import measured
from tamis.report.timed import label
from tamis.verbs.subject import Subject

_VARIANTS = ("built-in", "module", "native", "lua", "wasm")


def main() -> None:
    """Measure each filter in turn."""
    options = arguments(__doc__ or "")
    setting = settled(options, Setting(seconds=0, whole=False))
    every = [(each, take(each, setting)) for each in subjects(options.filters)]
    note = machine([timed for _, timed in every])
    publish("added", _added(every), options, note)
    publish("throughput", _throughput(every), options)


def _added(every: list[tuple[Subject, Timed]]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        ("filter", "bytes", "crossings", *(label(each) for each in _VARIANTS), "Wasm, each further")
    ]
    for subject, timed in every:
        wasm = timed.variant("wasm")
        found = {each.name: each for each in timed.variants}
        cells = [added(found[each].added_us) if each in found else "-" for each in _VARIANTS]
        counts = tamis.bench(subject, timed=False).counted
        crossings = counts.counts.crossings / len(counts.exchanges)
        rows.append(
            (
                subject.metadata.name,
                f"{len(subject.module):,}",
                f"{crossings:.1f}",
                *cells,
                added(wasm.further_us if wasm else None),
            )
        )
    return rows


def _throughput(every: list[tuple[Subject, Timed]]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        ("filter", "over", "one filter", "eight", "a request without filters", "70 % holds at")
    ]
    for subject, timed in every:
        overs = dict.fromkeys(each.over for each in timed.throughput)
        for over in overs:
            ratios = {each.chain: each.ratio for each in timed.throughput if each.over == over}
            cells = [measured(ratios[n].times(100), "%") if n in ratios else "-" for n in (1, 8)]
            first = over == next(iter(overs))
            claim = timed.claim_us if first else None
            rows.append(
                (
                    subject.metadata.name if first else "",
                    label(over),
                    *cells,
                    f"{timed.baseline_us.value:.1f} us" if first else "",
                    _holds(claim) if first else "",
                )
            )
    return rows


def _holds(claim: Interval | None) -> str:
    """How long a request must be for 70 %."""
    return "any does better" if claim and claim.high <= 0 else added(claim)


if __name__ == "__main__":
    main()
