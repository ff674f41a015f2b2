"""Times in a real Envoy: what each contender adds to a request, and to Envoy itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tamis.benches.timing.answers import other_answers
from tamis.benches.timing.contenders import CHAIN, NOTHING, lane_name
from tamis.benches.timing.footprint import footprint
from tamis.benches.timing.latencies import Block, latencies, steady
from tamis.benches.timing.ring import Ring, longer
from tamis.benches.timing.slices import Slices, slices
from tamis.benches.timing.statistics import Estimate, Figures, drift, estimate
from tamis.model.measured import Interval, Throughput, Timed, Variant

__all__ = ["Setting", "timed"]

Say = Callable[[str], None]

#: The field's claim: Wasm reaches so much of native throughput.
_CLAIM = 0.7
#: Native code that does what the Wasm filter does; the claim is about the first, written by hand.
_NATIVE = ("module", "native")
#: An Envoy whose baseline moved by more is measured again, so many of them at most.
_DRIFT = 0.05
_AGAIN = 3


@dataclass(frozen=True, slots=True)
class Setting:
    """How much is measured: `envoys` fresh ones, `rounds` of slices in each; `rate` requests a
    second for latencies, `seconds` of them for each contender in each Envoy (0: none). `whole`:
    memory and starts, too. `variants`: these alone, where there are any; `chain`: eight of each,
    too.
    """

    envoys: int = 8
    rounds: int = 30
    rate: float = 1000.0
    seconds: float = 0.6
    whole: bool = True
    variants: tuple[str, ...] = ()
    chain: bool = True


def timed(ring: Ring, setting: Setting, say: Say, notes: Sequence[str] = ()) -> Timed:
    """Measure in fresh Envoys; `ring` has been tried. Raises Fault where an Envoy breaks."""
    kept: list[Slices] = []
    blocks: list[Block] = []
    moved: list[float] = []
    names = [NOTHING, *(each.name for each in ring.contenders)]
    taken = 0
    while len(kept) < setting.envoys:
        say(f"slices, in Envoy {len(kept) + 1} of {setting.envoys}")
        taken += 1
        with ring.arena() as arena:
            sliced = slices(arena, ring.load, setting.rounds, seed=taken)
            move = drift(sliced.rounds, NOTHING)
            if abs(move) > _DRIFT and taken - len(kept) <= _AGAIN:
                continue
            kept.append(sliced)
            moved.append(move)
            if setting.seconds:
                say(f"latency, in Envoy {len(kept)} of {setting.envoys}")
                count = max(int(setting.rate * setting.seconds), 1)
                blocks.append(steady(arena, ring.load, names, setting.rate, count))
    figures = estimate([each.rounds for each in kept])
    answered = other_answers(
        ring.statuses, [each.answered for each in kept], [each.answered for each in blocks]
    )
    worst = max(moved, key=abs)
    memory, starts = (
        footprint(ring, lambda left: say(f"memory and start: {left} Envoys left"))
        if setting.whole
        else ((), ())
    )
    return Timed(
        host=ring.binary.host,
        how=(
            f"CPU time of one worker, over {setting.rounds} slices of some 400 requests each; "
            f"fresh Envoys: {len(kept)}; the cheapest quarter counts, bounds by bootstrap"
        ),
        baseline_us=figures.interval(lambda us: us[NOTHING]),
        variants=tuple(_variant(figures, each.name, ring) for each in ring.contenders),
        latencies=latencies(blocks, setting.rate) if blocks else (),
        memory=memory,
        starts=starts,
        throughput=_throughput(figures, ring),
        claim_us=_claim(figures),
        exchanges=len(ring.load.exchanges),
        left_out=ring.load.left_out,
        notes=(*notes, *answered),
        chain=max(ring.chains),
        envoys=len(kept),
        repeated=taken - len(kept),
        drift=worst,
        drifts=abs(worst) > _DRIFT,
    )


def _variant(figures: Estimate, name: str, ring: Ring) -> Variant:
    further = None
    if ring.chain:
        more = longer(name)
        further = figures.interval(lambda us: (us[more] - us[name]) / (CHAIN - 1))
    return Variant(name, figures.interval(lambda us: us[name] - us[NOTHING]), further)


def _throughput(figures: Estimate, ring: Ring) -> tuple[Throughput, ...]:
    """Of Wasm over what native code there is."""
    if "wasm" not in figures.figures:
        return ()
    pairs = [(over, n) for over in _NATIVE if over in figures.figures for n in ring.chains]
    return tuple(
        Throughput(over, n, figures.interval(_ratio(lane_name(over, n), lane_name("wasm", n))))
        for over, n in pairs
    )


def _ratio(native: str, wasm: str) -> Callable[[Figures], float]:
    return lambda us: us[native] / us[wasm]


def _claim(figures: Estimate) -> Interval | None:
    """The base work of a request, us, with which one Wasm filter is at the claim."""
    over = next((name for name in _NATIVE if name in figures.figures), None)
    if "wasm" not in figures.figures or over is None:
        return None

    def base(us: Figures) -> float:
        wasm, native = us["wasm"] - us[NOTHING], us[over] - us[NOTHING]
        return max((_CLAIM * wasm - native) / (1 - _CLAIM), 0.0)

    return figures.interval(base)
