"""What `rehearse` tells: on a terminal, as a JSON object (schemas/output.json), and as cases."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from tamis.model.rehearsed import BIN_MS, Broken, Latency, Loss, Rehearsed, Swap, Version
from tamis.report.cases import Case
from tamis.report.objects import Object, problem
from tamis.report.terminal import Lines, bytes_of, facts, line, plural, together

__all__ = [
    "change",
    "headline",
    "rehearse_cases",
    "rehearse_lines",
    "rehearse_object",
    "rehearse_problems",
    "rows",
]

_WAYS = {"filter": "the filter was swapped", "restart": "Envoy was restarted"}
_DURING = {
    "old": "while OLD was in place",
    "new": "while NEW was in place",
    "swap": "during a swap",
}
_NAMES = {"old": "OLD", "new": "NEW"}
_NEVER = "both never answered at once"
_FEW = 20  # ms below which tenths count


def rehearse_lines(done: Rehearsed) -> Lines:
    """The verdict, then what it rests on."""
    verdict = ("ok", "bold green") if done.ok else ("no", "bold red")
    return together(line(verdict, f"  {headline(done)}"), facts(rows(done)))


def headline(done: Rehearsed) -> str:
    """The verdict in a sentence."""
    names = f"{change(done)} in {done.host}"
    if done.crashed:
        return f"{names}: Envoy ended by itself"
    if done.refused:
        return f"{names}: NEW was not taken; {_lost(done)}"
    if done.wrong and not done.lost:
        return f"{names}: {plural(done.wrong, 'wrong answer')}"
    return f"{names}: {_lost(done)}"


def rows(done: Rehearsed) -> Iterator[tuple[str, str]]:
    """Names and sentences, what is wrong first."""
    yield "load", _load(done)
    if done.crashed:
        yield "crashed", done.crashed
    if done.refused:
        yield "refused", f"Envoy's words: {done.refused}; OLD stayed in place"
    yield from _named("broke", [_broke(each) for each in done.broken])
    if done.healed is not None:
        yield "", _healed(done)
    yield from _named("lost", [_loss(each) for each in done.losses] or ["0"])
    yield from _named("wrong", list(_wrong(done)))
    yield from _swaps(done)
    calm, around = _latency(done.calm), _latency(done.around)
    yield "latency", f"{calm} in calm, {around} around swaps (p50, p99)"
    yield from _memory(done)
    yield from _named("note", list(_notes(done)))


def _load(done: Rehearsed) -> str:
    times = plural(len(done.swaps), "time").replace("1 time", "once")
    workers = plural(done.workers, "worker")
    return (
        f"{done.requests:,} requests ({done.told.requests} different) at {done.rate:,.0f}/s for "
        f"{done.seconds:.1f} s; {_WAYS[done.way]} {times}, with {workers}"
    )


def _lost(done: Rehearsed) -> str:
    if not done.lost:
        return f"none of {done.requests:,} requests was lost"
    return f"{done.lost:,} of {done.requests:,} requests were lost"


def _broke(broken: Broken) -> str:
    times = "once" if broken.count == 1 else f"{broken.count} times"
    return f"{broken.callback} of {_NAMES[broken.side]} {times}: {broken.text}"


def _healed(done: Rehearsed) -> str:
    if done.healed:
        return "swapping back healed it: with OLD in place again nothing failed"
    return "swapping back did not heal it"


def _loss(loss: Loss) -> str:
    first = f"the first {loss.first_s:.2f} s into the load"
    return f"{loss.count:,} by {loss.what} {_DURING[loss.during]}, {first}"


def _wrong(done: Rehearsed) -> Iterator[str]:
    if done.refused and not done.wrong:
        return
    if not done.told.apart and not done.unknown:
        yield (
            "the versions cannot be told apart by these requests: wrong-version answers are not "
            "counted"
        )
        return
    if done.stale:
        yield f"{plural(done.stale, 'answer')} of the version that was out of place"
    if done.unknown:
        yield f"{plural(done.unknown, 'answer')} that neither version gives alone"
    if not done.wrong:
        part = "" if done.told.apart == done.told.requests else _part(done)
        yield f"0 answers of the version that was out of place{part}"


def _part(done: Rehearsed) -> str:
    return f"; {done.told.apart} of {done.told.requests} requests tell the versions apart"


def _swaps(done: Rehearsed) -> Iterator[tuple[str, str]]:
    taken = [each for each in done.swaps if each.taken_ms is not None]
    if not taken:
        return
    until = "all workers had it" if done.way == "filter" else "the old Envoy had ended"
    parts = [f"{_range([each.taken_ms for each in taken])} until {until}"]
    if firsts := [each.first_ms for each in taken if each.first_ms is not None]:
        parts.append(f"its first answer after {_range(firsts)}")
    if both := [each.both_ms for each in taken if each.both_ms is not None]:
        parts.append(f"both answered for up to {_ms(max(both))}" if max(both) else _NEVER)
    yield "swap", "; ".join(parts)


def _memory(done: Rehearsed) -> Iterator[tuple[str, str]]:
    growth = done.growth
    if not growth or not growth.before:
        return
    told = f"{bytes_of(growth.before)} before, {bytes_of(growth.after)} after"
    if growth.per_swap is not None:
        sign = "-" if growth.per_swap < 0 else "+"
        leak = "it leaks" if growth.leaks else "no leak that shows beyond noise"
        told += f"; {sign}{bytes_of(abs(round(growth.per_swap)))} a swap: {leak}"
    elif len(done.swaps) > 1:
        told += "; too few swaps to tell a leak (--swaps 30)"
    yield "memory", told
    left = f"; {growth.vms_left} are left behind" if growth.vms_left else ""
    yield "VMs", f"{growth.vms_before} before, {growth.vms_after} after{left}"


def _notes(done: Rehearsed) -> Iterator[str]:
    yield from done.notes
    if done.told.loosely:
        yield (
            f"the bodies of answers to {plural(done.told.loosely, 'request')} vary by themselves: "
            "status and headers are compared"
        )
    if done.told.never:
        yield f"answers to {plural(done.told.never, 'request')} vary by themselves in all parts"
    if done.late or done.unsent:
        yield (
            f"requests that were sent too late: {done.late:,}, never: {done.unsent:,}; this "
            f"machine cannot keep {done.rate:,.0f}/s (--rate), which does not count against NEW"
        )
    if done.left_out:
        many = sum(each.exchanges for each in done.left_out)
        why = "; ".join(f"{each.exchanges}: {each.why}" for each in done.left_out)
        yield f"{plural(many, 'exchange')} of the fixtures not sent ({why})"


def _named(name: str, sentences: Sequence[str]) -> Iterator[tuple[str, str]]:
    for at, each in enumerate(sentences):
        yield "" if at else name, each


def _range(values: Sequence[float | None]) -> str:
    known = sorted(each for each in values if each is not None)
    low, high = _ms(known[0]), _ms(known[-1])
    return low if low == high else f"{low.removesuffix(' ms')} to {high}"


def _ms(value: float) -> str:
    return f"{value:.1f} ms" if value < _FEW else f"{value:,.0f} ms"


def _latency(latency: Latency) -> str:
    if not latency.count:
        return "none"
    return f"{latency.p50_us / 1000:.1f} and {latency.p99_us / 1000:.1f} ms"


def change(done: Rehearsed) -> str:
    """From what to what."""
    old, new = done.old, done.new
    if old.digest == new.digest and old.config != new.config:
        return f"{_shown(old)}, newly configured"
    return f"{_shown(old)} -> {_shown(new)}"


def _shown(version: Version) -> str:
    return f"{version.name} {version.version}"


def rehearse_object(done: Rehearsed) -> Object:
    """The whole of it; `timeline` counts what ended in each 20 ms."""
    growth = done.growth
    return {
        "old": asdict(done.old),
        "new": asdict(done.new),
        "host": done.host,
        "way": done.way,
        "workers": done.workers,
        "rate": done.rate,
        "seconds": done.seconds,
        "told": asdict(done.told),
        "requests": done.requests,
        "answered": done.answered,
        "lost": done.lost,
        "losses": [asdict(each) for each in done.losses],
        "wrong": {"stale": done.stale, "unknown": done.unknown},
        "swaps": [_swap(each) for each in done.swaps],
        "latency": {"calm": asdict(done.calm), "around": asdict(done.around)},
        "memory": growth and {**asdict(growth), "vms_left": growth.vms_left},
        "broken": [asdict(each) for each in done.broken],
        "healed": done.healed,
        "late": done.late,
        "unsent": done.unsent,
        "crashed": done.crashed,
        "left_out": [asdict(each) for each in done.left_out],
        "notes": list(done.notes),
        "timeline": {
            "bin_ms": BIN_MS,
            **{kind: list(counts) for kind, counts in done.timeline.items()},
        },
    }


def _swap(swap: Swap) -> Object:
    return {**asdict(swap), "both_ms": swap.both_ms}


def rehearse_problems(done: Rehearsed) -> list[Object]:
    """Why the verdict is no."""
    return [problem(kind, message, advice, None) for kind, message, advice in _problems(done)]


def _problems(done: Rehearsed) -> Iterator[tuple[str, str, str]]:
    if done.crashed:
        yield "crashed", done.crashed, "Run tamis test --host envoy: it tells what ends Envoy."
    if done.refused:
        yield "refused", f"NEW was not taken: {done.refused}", "Run tamis test --host envoy."
    for broken in done.broken:
        yield "broken", _broke(broken), "Run tamis test: fixtures show what breaks it."
    for loss in done.losses:
        yield "lost", _loss(loss), "Do not upgrade like this: requests fail."
    if done.wrong:
        yield "wrong", "; ".join(_wrong(done)), "See the timeline: --report html=FILE."


def rehearse_cases(done: Rehearsed) -> tuple[Case, ...]:
    """One case for each thing that can go wrong."""
    suite = f"{change(done)} rehearsal"
    found = list(_problems(done))
    names = {
        "refused": "NEW is taken",
        "crashed": "Envoy goes on",
        "broken": "nothing breaks",
        "lost": "no request is lost",
        "wrong": "no answer is of the wrong version",
    }
    return tuple(
        Case(suite, name, tuple(message for kind, message, _ in found if kind == key))
        for key, name in names.items()
    )
