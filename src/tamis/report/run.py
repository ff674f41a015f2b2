"""What `run` tells: at a terminal, and as JSON objects (schemas/output.json)."""

from collections.abc import Sequence
from datetime import datetime

from tamis.model.outcome import LogLine
from tamis.model.running import Loaded, Serving, Traffic
from tamis.report.objects import Object, problem
from tamis.report.terminal import Lines, bytes_of, facts, line, plural, together

__all__ = [
    "deaf",
    "hanging",
    "loaded",
    "loaded_object",
    "log_object",
    "logged",
    "run_problems",
    "serving",
    "serving_object",
    "traffic",
    "unchanged",
]

_STYLES = {
    "trace": "dim",
    "debug": "dim",
    "info": "cyan",
    "warn": "yellow",
    "error": "red",
    "critical": "bold red",
}
_KEPT = "The filter before it goes on; mend it, and it is swapped in."


def serving(value: Serving) -> Lines:
    """Where to send requests, and where Envoy's own interface is."""
    chain = [f"{one.name} {one.version} ({bytes_of(one.size)})" for one in value.filters]
    rows = [
        ("envoy", value.envoy.removeprefix("envoy ")),
        ("filters", " -> ".join(chain)),
        ("upstream", value.upstream or "an echo (yours: --upstream http://HOST:PORT)"),
        ("admin", value.admin),
        ("metrics", f"{value.admin}/stats/prometheus"),
    ]
    head = line(("serving ", "green"), (value.url, "bold"))
    return together(head, facts(rows), () if value.reachable else deaf(value.upstream))


def deaf(upstream: str) -> Lines:
    """An upstream that nobody can send anything to, for now."""
    return line(("warning: ", "yellow"), f"nothing listens at {upstream} yet: requests get a 503")


def serving_object(value: Serving) -> Object:
    """The same for programs."""
    return {
        "envoy": value.envoy,
        "url": value.url,
        "admin": value.admin,
        "upstream": value.upstream or None,
        "reachable": value.reachable,
        "filters": [loaded_object(one) for one in value.filters],
    }


def loaded(value: Loaded) -> Lines:
    """One filter that was swapped in, or was not."""
    if value.refused:
        return together(
            line(("refused ", "bold red"), (value.name, "bold"), f": {value.refused}"),
            line(f"  {_KEPT}"),
        )
    what = " and ".join(value.what)
    return line(
        ("swapped ", "green"),
        (value.name, "bold"),
        f": new {what}, {bytes_of(value.size)} ({1000 * value.seconds:.0f} ms)",
    )


def unchanged() -> Lines:
    """A change that made no difference to any filter."""
    return line(("unchanged: ", "dim"), "the same modules and configurations")


def loaded_object(value: Loaded) -> Object:
    """The same for programs."""
    return {
        "filter": value.name,
        "version": value.version,
        "subject": value.text,
        "digest": value.digest,
        "size": value.size,
        "new": list(value.what),
        "refused": value.refused or None,
        "seconds": value.seconds,
    }


def run_problems(values: Sequence[Loaded]) -> list[Object]:
    """A problem for each filter that Envoy refused."""
    return [
        problem("refused", f"{one.name}: {one.refused}", _KEPT, one.text)
        for one in values
        if one.refused
    ]


def logged(value: LogLine) -> Lines:
    """A line of a filter as it comes, with the time of day; what it spans is indented."""
    first, *rest = value.message.split("\n")
    now = datetime.now().astimezone().strftime("%H:%M:%S.%f")[:-3]
    head = line(
        (f"{now} ", "dim"),
        (f"{value.level:8} ", _STYLES.get(value.level, "")),
        (f"{value.plugin or 'envoy'}: ", "bold"),
        first,
    )
    return together(head, *(line(f"{'':22}{each}") for each in rest if each))


def log_object(value: LogLine) -> Object:
    """The same for programs."""
    return {"level": value.level, "filter": value.plugin or None, "message": value.message}


def traffic(value: Traffic) -> Lines:
    """Figures since Envoy started."""
    answers = ", ".join(f"{count} {name}" for name, count in value.answers.items())
    rows = [
        ("requests", f"{value.requests}{f' ({answers})' if answers else ''}"),
        ("heap", f"{bytes_of(value.memory)}, {plural(value.vms, 'VM')}"),
        *((name, str(amount)) for name, amount in sorted(value.metrics.items())),
    ]
    return facts(rows)


def hanging() -> Lines:
    """A callback that holds Envoy's worker."""
    return together(
        line(
            ("error: ", "bold red"),
            "Envoy has not answered for a second: a callback of a filter does not return",
        ),
        line("  Mend it: Envoy is then started again. tamis test has deadlines, and says which."),
    )
