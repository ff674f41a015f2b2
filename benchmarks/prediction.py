"""What the price table predicts for each filter of the comparison, against what Envoy takes.

    python benchmarks/prediction.py [FILTER...] [--write] [--quick]

Aimed at: within 10 % each, or within the measured bounds where a filter adds less than 2 us.
Needs the extras `cpp` and `envoy`; the filters in Rust and Go need their toolchains.
"""

from tables import added, arguments, machine, publish, settled, subjects, take

from tamis.benches.timing.timed import Setting
from tamis.model.measured import Interval

_SMALL = 2.0
_OFF = 0.1


def main() -> None:
    """Measure each filter in turn."""
    options = arguments(__doc__ or "")
    setting = settled(
        options,
        Setting(envoys=10, rounds=40, seconds=0, whole=False, chain=False, variants=("wasm",)),
    )
    rows = [("filter", "predicted", "measured", "off", "")]
    every = []
    for subject in subjects(options.filters):
        timed = take(subject, setting)
        every.append(timed)
        wasm, predicted = timed.variant("wasm"), timed.predicted_us
        assert wasm
        assert predicted
        off = predicted.value / wasm.added_us.value - 1
        rows.append(
            (
                subject.metadata.name,
                f"{predicted.value:.1f} us",
                added(wasm.added_us),
                f"{100 * off:+.0f} %",
                _verdict(predicted.value, wasm.added_us),
            )
        )
    publish("prediction", rows, options, machine(every))


def _verdict(predicted: float, found: Interval) -> str:
    if abs(predicted / found.value - 1) <= _OFF:
        return "within 10 %"
    inside = found.low <= predicted <= found.high
    if inside and found.value < _SMALL:
        return "within the bounds"
    return "within the bounds, not 10 %" if inside else "OFF"


if __name__ == "__main__":
    main()
