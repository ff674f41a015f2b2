"""What `record` tells: at a terminal, and as JSON objects (schemas/output.json)."""

from tamis.model.recorded import Recorded, Skipped
from tamis.report.objects import Object
from tamis.report.run import deaf
from tamis.report.terminal import Lines, line, plural, together

__all__ = ["recorded", "recorded_object", "serving", "serving_object"]

_MANY = 12  # of the files and of what was skipped, unless all are asked for


def serving(url: str, upstream: str, *, reachable: bool) -> Lines:
    """Where clients shall send their requests. `reachable`: somebody listens at the upstream."""
    return together(
        line(("recording ", "green"), (url, "bold"), f" in front of {upstream}"),
        line(("  send requests there; Ctrl-C ends", "dim")),
        () if reachable else deaf(upstream),
    )


def serving_object(url: str, upstream: str, *, reachable: bool) -> Object:
    """The same for programs: a line of its own before the object."""
    return {"recording": {"url": url, "upstream": upstream, "reachable": reachable}}


def recorded(value: Recorded, *, every: bool = False) -> Lines:
    """What was written, what was left out, and what people have to look at."""
    parts = []
    files = value.files if every else value.files[:_MANY]
    parts += [line(("  wrote ", "dim"), str(path)) for path in files]
    if len(files) < len(value.files):
        parts.append(line((f"  ... and {len(value.files) - len(files)} more (-v)", "dim")))
    skipped = value.skipped if every else value.skipped[:_MANY]
    parts += [_skipped(each) for each in skipped]
    if len(skipped) < len(value.skipped):
        parts.append(line((f"  ... and {len(value.skipped) - len(skipped)} more (-v)", "dim")))
    if value.redacted:
        told = ", ".join(f"{name} ({count})" for name, count in value.redacted)
        parts.append(line(("  redacted ", "dim"), told))
    parts += [line(("  note ", "yellow"), each) for each in _notes(value)]
    verdict = ("recorded ", "green") if value.fixtures else ("nothing ", "bold red")
    head = plural(value.fixtures, "fixture") if value.fixtures else "was recorded"
    left = sum(each.count for each in value.skipped)
    parts.append(line(verdict, (head, "bold"), f", {left} skipped" if left else ""))
    return together(*parts)


def _skipped(value: Skipped) -> Lines:
    where = f"{value.at}: " if value.at else ""
    times = f" ({value.count} times)" if value.count > 1 else ""
    told = line(("  skipped ", "yellow"), f"{where}{value.what}{times}")
    return together(told, line((f"    {value.advice}", "dim"))) if value.advice else told


def _notes(value: Recorded) -> list[str]:
    told = []
    if value.known:
        told.append(f"{plural(value.known, 'file')} said the same before")
    if value.unsearched:
        what = plural(value.unsearched, "fixture")
        told.append(f"{what} with a body that was not searched for secrets: look before you commit")
    if value.cut:
        told.append(f"{plural(value.cut, 'fixture')} with a body that is cut (--max-body)")
    if value.unfinished:
        told.append(f"{plural(value.unfinished, 'exchange')} under way at the end: not recorded")
    return told


def recorded_object(value: Recorded) -> Object:
    """The same for programs."""
    return {
        "fixtures": value.fixtures,
        "files": [str(path) for path in value.files],
        "skipped": [
            {
                "message": each.what,
                "advice": each.advice,
                "place": str(each.at) if each.at else None,
                "count": each.count,
            }
            for each in value.skipped
        ],
        "redacted": dict(value.redacted),
        "known": value.known,
        "unsearched": value.unsearched,
        "cut": value.cut,
        "unfinished": value.unfinished,
    }
