"""What `replay` tells: at a terminal, and as JSON objects (schemas/output.json)."""

from collections.abc import Sequence

from tamis.model import codec
from tamis.model.replayed import Broken, Replays
from tamis.report.objects import Object, problem
from tamis.report.terminal import Lines, bytes_of, facts, line, plural, together

__all__ = ["replay_problems", "replayed", "replayed_object", "why"]


def replayed(value: Replays) -> Lines:
    """Figures of the whole, and what broke."""
    total, counts = value.total, value.total.counts
    each = max(total.exchanges, 1)
    where = f" on {plural(value.threads, 'thread')}" if value.threads else ""
    rows = [
        ("exchanges", f"{total.exchanges} of {plural(value.fixtures, 'fixture')}"),
        ("rate", f"{value.rate:.0f} a second{where}"),
        ("time", f"{total.seconds / each * 1e9:.0f} ns an exchange, in a VM"),
        ("crossings", f"{counts.crossings} ({counts.crossings / each:.2f} an exchange)"),
        ("bytes", f"{counts.bytes_in} into the guest, {counts.bytes_out} out of it"),
        ("hash", f"{total.hash:016x}"),
    ]
    if counts.memory_high_water:  # native code has the process's
        rows.insert(-1, ("memory", f"{bytes_of(counts.memory_high_water)} at most in one VM"))
    if counts.fuel is not None:
        rows.insert(4, ("fuel", f"{counts.fuel} ({counts.fuel / each:.1f} an exchange)"))
    told = [line(f"  {part}") for broken in total.broken for part in why(broken).split("\n")]
    verdict = ("ok ", "green") if value.ok else ("no ", "bold red")
    head = line(verdict, (value.name, "bold"), f": replayed in {total.host}")
    return together(*told, head, facts(rows))


def why(broken: Broken) -> str:
    """One line that says all, and a trap's backtrace below it."""
    told = []
    if broken.start != "ok":
        told.append(f"start refused by {broken.start}")
    if broken.unanswered:
        told.append(f"{plural(broken.unanswered, 'callout')} that no rule answers")
    if trap := broken.trap:
        frames = "".join(f"\n    at {frame}" for frame in trap.frames)
        told.append(f"trap {trap.kind} in {trap.callback}: {trap.text}{frames}")
    return f"{broken.fixture}: {', '.join(told)}"


def replayed_object(value: Replays) -> Object:
    """The figures as values; the hash is text, because JSON's numbers are too short for it."""
    total = value.total
    return {
        "filter": value.name,
        "host": total.host,
        "ok": value.ok,
        "fixtures": value.fixtures,
        "repeat": value.repeat,
        "threads": value.threads,
        "exchanges": total.exchanges,
        "vms": total.vms,
        "elapsed": value.elapsed,
        "seconds": total.seconds,
        "rate": value.rate,
        "hash": f"{total.hash:016x}",
        "crossings": total.counts.crossings,
        "counts": codec.of_counts(total.counts),
        "broken": [
            {
                "fixture": broken.fixture,
                "start": broken.start,
                "trap": None if broken.trap is None else codec.of_trap(broken.trap),
                "unanswered": broken.unanswered,
            }
            for broken in total.broken
        ],
    }


def replay_problems(values: Sequence[Replays]) -> list[Object]:
    """What broke, as problems."""
    return [
        problem(
            "replay",
            why(broken).partition("\n")[0],
            "Run tamis test --trace on this fixture.",
            None,
        )
        for value in values
        for broken in value.total.broken
    ]
