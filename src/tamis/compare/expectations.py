"""What a fixture expects against what came out: one readable line for each miss.

Three things are expected of every fixture without a word: that the plugin starts, that the guest
does not trap, and that no hostcall was answered with "unimplemented".
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tamis.compare.paths import covers
from tamis.compare.printing import decoded, show
from tamis.errors import Place
from tamis.model.exchange import Fixture, Headers
from tamis.model.expectation import (
    BodyExpectation,
    ExchangeExpectation,
    HeaderExpectation,
    LocalReplyExpectation,
    LogExpectation,
    MessageExpectation,
)
from tamis.model.outcome import ExchangeOutcome, LogLine, Message, Outcome

__all__ = ["problems"]


@dataclass(frozen=True, slots=True)
class _Miss:
    """`path` in the outcome; `key` in the fixture's `expect` block (for the place)."""

    path: str
    key: str
    text: str


def problems(fixture: Fixture, outcome: Outcome, skipped: Iterable[str] = ()) -> tuple[str, ...]:
    """One line for each expectation that does not hold, with the place where it was written.

    `skipped`: paths that this host cannot show; nothing is said about them.
    """
    paths = tuple(skipped)
    lines = [
        f"{miss.text}{_at(place)}"
        for miss, place in _misses(fixture, outcome)
        if not any(covers(path, miss.path) for path in paths)
    ]
    return tuple(lines)


def _at(place: Place | None) -> str:
    return f"  ({place})" if place else ""


def _misses(fixture: Fixture, outcome: Outcome) -> Iterator[tuple[_Miss, Place | None]]:
    expect = fixture.expect
    for miss in _of_fixture(fixture, outcome):
        yield miss, _place(miss.key, expect.places, expect.place or fixture.place)
    for at, exchange in enumerate(fixture.exchanges):
        found = outcome.exchanges[at] if at < len(outcome.exchanges) else ExchangeOutcome()
        lines = [line for line in outcome.logs if line.exchange == at]
        where = exchange.expect
        for miss in _of_exchange(where, found, lines):
            path, text = f"exchanges[{at}].{miss.path}", f"exchanges[{at}].{miss.text}"
            if not miss.path.startswith(("request", "response", "local_reply", "reset")):
                path = miss.path
            place = _place(miss.key, where.places, where.place or fixture.place)
            yield _Miss(path, miss.key, text), place


def _place(key: str, places: Mapping[str, Place], default: Place | None) -> Place | None:
    """The nearest place written down for `key`: itself, or what encloses it."""
    while key:
        if key in places:
            return places[key]
        key = key[: max(key.rfind("."), key.rfind("["), 0)]
    return default


# The whole fixture ------------------------------------------------------------------------------


def _of_fixture(fixture: Fixture, outcome: Outcome) -> Iterator[_Miss]:
    expect = fixture.expect
    refused = outcome.start != "ok"
    if refused and expect.start != "refused":
        last = outcome.logs[-1].message if outcome.logs else ""
        said = f"; its last words: {show(last)}" if last else ""
        yield _Miss("start", "start", f"start: {outcome.start} refused to start{said}")
    elif not refused and expect.start == "refused":
        yield _Miss("start", "start", "start: expected to be refused, but it started")
    yield from _trap(expect.trap or "none", outcome)
    for name, count in sorted(outcome.unimplemented.items()):
        times = "once" if count == 1 else f"{count} times"
        what = f"this version of tamis does not implement it (called {times})"
        yield _Miss("unimplemented", "", f"{name}: {what}")
    yield from _entries("metrics", expect.metrics, outcome.metrics)
    stored = {key: decoded(value) for key, value in outcome.shared_data.items()}
    yield from _entries("shared_data", expect.shared_data, stored)
    yield from _callouts(expect.callouts, outcome)
    yield from _logs(expect.logs, outcome.logs)


def _trap(wanted: str, outcome: Outcome) -> Iterator[_Miss]:
    trap = outcome.trap
    found = trap.kind if trap else "none"
    if found != wanted:
        told = f" in {trap.callback}{f': {show(trap.text)}' if trap.text else ''}" if trap else ""
        yield _Miss("trap", "trap", f"trap: expected {wanted}, got {found}{told}")


def _entries(
    path: str, wanted: Mapping[str, object], found: Mapping[str, object]
) -> Iterator[_Miss]:
    for key, value in wanted.items():
        if found.get(key) != value:
            got = show(found[key]) if key in found else "nothing"
            yield _miss(f"{path}.{key}", f"expected {show(value)}, got {got}")


def _callouts(wanted: Sequence[Mapping[str, str]] | None, outcome: Outcome) -> Iterator[_Miss]:
    if wanted is None:
        return
    if len(wanted) != len(outcome.callouts):
        yield _miss("callouts", f"expected {len(wanted)}, got {len(outcome.callouts)}")
        return
    for at, (match, callout) in enumerate(zip(wanted, outcome.callouts, strict=True)):
        found = {name.removeprefix(":"): value for name, value in callout.headers}
        yield from _entries(f"callouts[{at}]", match, found | {"cluster": callout.cluster})


# One exchange -----------------------------------------------------------------------------------


def _of_exchange(
    expect: ExchangeExpectation, found: ExchangeOutcome, lines: Sequence[LogLine]
) -> Iterator[_Miss]:
    yield from _message("request", expect.request, found.request)
    yield from _message("response", expect.response, found.response)
    yield from _local_reply(expect.local_reply, found)
    got = found.reset or "none"
    if expect.reset is not None and expect.reset != got:
        yield _miss("reset", f"expected {expect.reset}, got {got}")
    yield from _logs(expect.logs, lines)


def _miss(path: str, text: str, key: str | None = None) -> _Miss:
    return _Miss(path, key or path, f"{path}: {text}")


def _message(
    path: str, expect: MessageExpectation | str | None, found: Message | None
) -> Iterator[_Miss]:
    if expect is None:
        return
    if not isinstance(expect, MessageExpectation):
        if found is not None:
            yield _miss(path, f"expected none, got {_summary(found)}")
        return
    if found is None:
        yield _miss(path, "expected one, got none")
        return
    yield from _headers(f"{path}.headers", expect.headers, found.headers)
    yield from _body(f"{path}.body", expect.body, found.body)
    yield from _headers(f"{path}.trailers", expect.trailers, found.trailers)


def _summary(message: Message) -> str:
    pseudo = " ".join(value for name, value in message.headers if name.startswith(":"))
    return f"one ({pseudo}, {len(message.body)} bytes of body)"


def _headers(path: str, expect: HeaderExpectation | None, found: Headers) -> Iterator[_Miss]:
    if expect is None:
        return
    for name, values in expect.values.items():
        got = [value for key, value in found if key == name]
        if got != list(values):
            text = f"expected {show(list(values))}, got {show(got)}"
            yield _Miss(f"{path}.{name}", f"{path}.set.{name}", f"{path} {name}: {text}")
    names = {name for name, _ in found}
    for at, name in enumerate(expect.has):
        if name not in names:
            yield _Miss(f"{path}.{name}", f"{path}.has[{at}]", f"{path} {name}: expected, got none")
    for at, name in enumerate(expect.absent):
        if name in names:
            got = [value for key, value in found if key == name]
            text = f"{path} {name}: expected none, got {show(got)}"
            yield _Miss(f"{path}.{name}", f"{path}.absent[{at}]", text)
    if expect.exact is not None and expect.exact != found:
        yield _exact(path, expect.exact, found)


def _exact(path: str, wanted: Headers, found: Headers) -> _Miss:
    """Named by the first pair that differs: whole lists do not fit a line."""
    at = next(
        (n for n, pair in enumerate(zip(wanted, found, strict=False)) if pair[0] != pair[1]),
        min(len(wanted), len(found)),
    )
    want, got = (_pair(side, at) for side in (wanted, found))
    text = f"{path}[{at}]: expected exactly {want}, got {got}"
    return _Miss(path, f"{path}.exact[{at}]", text)


def _pair(headers: Headers, at: int) -> str:
    return f"[{', '.join(show(part) for part in headers[at])}]" if at < len(headers) else "the end"


def _body(path: str, expect: BodyExpectation | None, found: bytes) -> Iterator[_Miss]:
    if expect is None:
        return
    got = f"got {_body_text(found)}"
    if expect.equals is not None and found != expect.equals:
        yield _miss(path, f"expected {_body_text(expect.equals)}, {got}", f"{path}.equals")
    if expect.contains is not None and expect.contains not in found:
        wanted = f"expected to contain {_body_text(expect.contains)}"
        yield _miss(path, f"{wanted}, {got}", f"{path}.contains")
    if expect.matches is not None and not re.search(expect.matches, decoded(found)):
        yield _miss(path, f"expected to match {show(expect.matches)}, {got}", f"{path}.matches")


def _local_reply(
    expect: LocalReplyExpectation | str | None, found: ExchangeOutcome
) -> Iterator[_Miss]:
    path, reply = "local_reply", found.local_reply
    if expect is None:
        return
    if not isinstance(expect, LocalReplyExpectation):
        if reply is not None:
            yield _miss(path, f"expected none, got {reply.status} ({show(reply.details)})")
        return
    if reply is None:
        yield _miss(path, "expected one, got none")
        return
    if expect.status is not None and expect.status != reply.status:
        yield _miss(f"{path}.status", f"expected {expect.status}, got {reply.status}")
    if expect.details is not None and expect.details != reply.details:
        text = f"expected {show(expect.details)}, got {show(reply.details)}"
        yield _miss(f"{path}.details", text)
    message = found.response or Message(())
    yield from _body(f"{path}.body", expect.body, message.body)
    if expect.grpc_status is not None:
        pairs = dict((*message.headers, *message.trailers))
        got = pairs.get("grpc-status")
        if got != str(expect.grpc_status):
            yield _miss(
                f"{path}.grpc_status", f"expected {expect.grpc_status}, got {got or 'none'}"
            )


def _logs(expect: Sequence[LogExpectation], lines: Sequence[LogLine]) -> Iterator[_Miss]:
    for at, wanted in enumerate(expect):
        if not any(_logged(wanted, line) for line in lines):
            said = "; ".join(f"{line.level} {show(line.message)}" for line in lines[:5])
            more = f" and {len(lines) - 5} more" if len(lines) > 5 else ""
            text = f"logs: expected {_log(wanted)}, got {said or 'no line'}{more}"
            yield _Miss("logs", f"logs[{at}]", text)


def _logged(wanted: LogExpectation, line: LogLine) -> bool:
    return (
        wanted.level in (None, line.level)
        and wanted.equals in (None, line.message)
        and (wanted.matches is None or bool(re.search(wanted.matches, line.message)))
    )


def _log(wanted: LogExpectation) -> str:
    level = f"{wanted.level} " if wanted.level else ""
    if wanted.matches is not None:
        return f"{level}matching {show(wanted.matches)}"
    return (
        f"{level}{show(wanted.equals)}"
        if wanted.equals is not None
        else f"a line of {level}".rstrip()
    )


def _body_text(raw: bytes) -> str:
    shown = show(decoded(raw))
    return f"{shown} ({len(raw)} bytes)" if shown.endswith("…") else shown
