"""What a fixture expects against what came out: one readable problem for each miss.

Four things are expected of every fixture without a word: that the plugin starts, that the guest
does not trap, that no hostcall was answered with "unimplemented", and that the fixture has a rule
for each callout. `strict` wants more: that no hostcall failed but as the fixture says.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from tamis.compare import calls, streams
from tamis.compare.misses import Miss, logs, miss
from tamis.compare.paths import covers
from tamis.compare.printing import decoded, show
from tamis.errors import Place
from tamis.model.exchange import Connection, Exchange, Fixture
from tamis.model.expectation import (
    ConnectionExpectation,
    ExchangeExpectation,
    Expectation,
)
from tamis.model.outcome import ExchangeOutcome, Outcome

__all__ = ["problems"]

T = TypeVar("T")


def problems(
    fixture: Fixture, outcome: Outcome, skipped: Iterable[str] = (), *, strict: bool = False
) -> tuple[str, ...]:
    """One text for each expectation that does not hold, with the place where it was written.

    `skipped`: paths that this host cannot show; nothing is said about them.
    """
    paths = tuple(skipped)
    lines = [
        _with_place(each.text, place)
        for each, place in _misses(fixture, outcome, strict=strict)
        if not any(covers(path, each.path) for path in paths)
    ]
    return tuple(lines)


def _with_place(text: str, place: Place | None) -> str:
    first, *rest = text.split("\n")
    return "\n".join((f"{first}  ({place})" if place else first, *rest))


def _misses(
    fixture: Fixture, outcome: Outcome, *, strict: bool
) -> Iterator[tuple[Miss, Place | None]]:
    expect = fixture.expect
    for each in _of_fixture(fixture, outcome, strict=strict):
        yield each, _place(each.key, expect.places, expect.place or fixture.place)
    exchanges = connections = 0
    for at, step in enumerate(fixture.steps):
        lines = [line for line in outcome.logs if line.step == at]
        if isinstance(step, Exchange):
            path = f"exchanges[{exchanges}]"
            exchange = _item(outcome.exchanges, exchanges) or ExchangeOutcome()
            found = streams.of_exchange(step.expect, exchange, lines)
            yield from _below(path, found, step.expect, fixture.place)
            exchanges += 1
        elif isinstance(step, Connection):
            path = f"connections[{connections}]"
            connection = _item(outcome.connections, connections)
            found = streams.of_connection(step.expect, connection, lines)
            yield from _below(path, found, step.expect, fixture.place)
            connections += 1


def _item(items: Sequence[T], at: int) -> T | None:
    return items[at] if at < len(items) else None


def _below(
    path: str,
    misses: Iterable[Miss],
    expect: ExchangeExpectation | ConnectionExpectation,
    default: Place | None,
) -> Iterator[tuple[Miss, Place | None]]:
    """The misses of one stream; log lines have no path of their own in it."""
    for each in misses:
        whole = each.path if each.path == "logs" else f"{path}.{each.path}"
        place = _place(each.key, expect.places, expect.place or default)
        yield Miss(whole, each.key, f"{path}.{each.text}"), place


def _place(key: str, places: Mapping[str, Place], default: Place | None) -> Place | None:
    """The nearest place written down for `key`: itself, or what encloses it."""
    while key:
        if key in places:
            return places[key]
        key = key[: max(key.rfind("."), key.rfind("["), 0)]
    return default


# The whole fixture ------------------------------------------------------------------------------


def _of_fixture(fixture: Fixture, outcome: Outcome, *, strict: bool) -> Iterator[Miss]:
    expect = fixture.expect
    refused = outcome.start != "ok"
    if refused and expect.start != "refused":
        last = outcome.logs[-1].message if outcome.logs else ""
        said = f"; its last words: {show(last)}" if last else ""
        yield Miss("start", "start", f"start: {outcome.start} refused to start{said}")
    elif not refused and expect.start == "refused":
        yield Miss("start", "start", "start: expected to be refused, but it started")
    yield from _trap(expect.trap or "none", outcome)
    for name, count in sorted(outcome.unimplemented.items()):
        times = "once" if count == 1 else f"{count} times"
        what = f"this version of tamis does not implement it (called {times})"
        yield Miss("unimplemented", "", f"{name}: {what}")
    yield from calls.unanswered(fixture, outcome.unanswered)
    if strict:
        yield from calls.failed(outcome.failed_calls, expect.failed_calls)
    yield from _state(expect, outcome)
    yield from calls.expected(expect.callouts, outcome.callouts)
    yield from logs(expect.logs, outcome.logs)


def _trap(wanted: str, outcome: Outcome) -> Iterator[Miss]:
    trap = outcome.trap
    found = trap.kind if trap else "none"
    if found != wanted:
        told = f" in {trap.callback}{f': {show(trap.text)}' if trap.text else ''}" if trap else ""
        frames = "".join(f"\n    at {frame}" for frame in trap.frames) if trap else ""
        yield Miss("trap", "trap", f"trap: expected {wanted}, got {found}{told}{frames}")


def _state(expect: Expectation, outcome: Outcome) -> Iterator[Miss]:
    yield from _entries("metrics", expect.metrics, outcome.metrics)
    yield from _entries("shared_data", expect.shared_data, outcome.shared_data)
    for name, wanted in expect.queues.items():
        left = outcome.queues.get(name, ())
        if tuple(wanted) != tuple(left):
            yield miss(f"queues.{name}", f"expected {_shown(wanted)}, got {_shown(left)}")
    yield from _entries("filter_state", expect.filter_state, outcome.filter_state)


def _entries(
    path: str, wanted: Mapping[str, object], found: Mapping[str, object]
) -> Iterator[Miss]:
    """None: there must be no such entry."""
    for key, value in wanted.items():
        if found.get(key) != value:
            text = f"expected {_shown(value)}, got {_shown(found.get(key))}"
            yield miss(f"{path}.{key}", text)


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, tuple):
        return show([decoded(item) for item in value])
    return show(decoded(value) if isinstance(value, bytes) else value)
