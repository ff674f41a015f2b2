"""One fixture in two hosts: everything in which the outcomes differ.

Compared is the whole outcome but the hosts' own measurements (`counts`, `failed_calls`,
`unimplemented`, `virtual_time`) and the engine's words about a trap. Left out is only what a host
declared not comparable; volatile parts are masked; a header that Envoy adds after the filter is
taken away where neither the fixture nor the other host has it, and its value is masked where both
hosts are Envoys (each has a clock of its own).
"""

from collections.abc import Collection, Iterator, Mapping

from tamis.compare.paths import leave_out, mask
from tamis.compare.tree import diff, show
from tamis.model import codec
from tamis.model.exchange import Exchange, Fixture, Headers
from tamis.model.json_values import Json
from tamis.model.outcome import Difference, Outcome, Run

__all__ = ["Added", "compared", "differences"]

#: (header name, "request" as the upstream sees it | "response" as the client sees it).
Added = Collection[tuple[str, str]]

_OWN = ("counts", "failed_calls", "unimplemented", "virtual_time")


def differences(
    fixture: Fixture, one: Run, other: Run, added: Added = ()
) -> tuple[Difference, ...]:
    """Where the two runs of `fixture` disagree, in the order of the outcome's keys.

    `added`: what Envoy adds after the filter, by direction. A run without an outcome says in
    `skipped` or `problems` why it has none; one that does not is a difference.
    """
    if one.outcome is None or other.outcome is None:
        return _not_run(fixture, one, other)
    skipped = [item.path for run in (one, other) for item in run.skipped]
    if "" in skipped:
        return ()
    left, right = compared(one.outcome), compared(other.outcome)
    volatile = list(fixture.volatile)
    if one.kind == other.kind == "envoy":
        volatile += _clocks(fixture, left, right, added)
    _take_away(fixture, left, right, added)
    left, right = (leave_out(mask(tree, volatile), skipped) for tree in (left, right))
    return tuple(
        Difference(fixture.name, path, dict(zip((one.host, other.host), show(a, b), strict=True)))
        for path, a, b in diff(left, right)
    )


def compared(outcome: Outcome) -> dict[str, Json]:
    """The part of an outcome that must be the same in every host, as JSON values."""
    tree = codec.encode(outcome)
    for key in _OWN:
        del tree[key]
    for words in ("text", "frames"):
        (tree["trap"] or {}).pop(words, None)
    return tree


def _not_run(fixture: Fixture, one: Run, other: Run) -> tuple[Difference, ...]:
    silent = [run for run in (one, other) if run.outcome is None and not run.skipped]
    silent = [run for run in silent if not run.problems]  # failed already, in its own words
    if not silent:
        return ()
    values = {run.host: "no outcome" if run.outcome is None else "ran" for run in (one, other)}
    return (Difference(fixture.name, "", values),)


def _take_away(
    fixture: Fixture, left: dict[str, Json], right: dict[str, Json], added: Added
) -> None:
    for at, direction, names in _unsent(fixture, left, right, added):
        one, other = (side["exchanges"][at][direction] for side in (left, right))
        mine, theirs = _headers(one), _headers(other)
        _remove(one, names - theirs)
        _remove(other, names - mine)


def _clocks(
    fixture: Fixture, left: dict[str, Json], right: dict[str, Json], added: Added
) -> list[str]:
    """Paths of headers that each of two Envoys added by itself: their values are not compared."""
    return [
        f"exchanges[{at}].{direction}.headers.{name}"
        for at, direction, names in _unsent(fixture, left, right, added)
        for name in sorted(names)
    ]


def _unsent(
    fixture: Fixture, left: dict[str, Json], right: dict[str, Json], added: Added
) -> Iterator[tuple[int, str, set[str]]]:
    """(exchange, direction, names): what Envoy may have added there, for the fixture did not."""
    exchanges = zip(left["exchanges"], right["exchanges"], fixture.exchanges, strict=False)
    for at, (one, other, exchange) in enumerate(exchanges):
        local = bool(one["local_reply"] or other["local_reply"])
        for direction in ("request", "response"):
            names = {name for name, where in added if where == direction}
            yield at, direction, names - _sent(exchange, direction, local=local)


def _sent(exchange: Exchange, direction: str, *, local: bool) -> set[str]:
    """Names the fixture itself sends this way; a local reply has nothing of the answer's."""
    if direction == "request":
        return _names(exchange.request.headers)
    return set() if local else _names(exchange.answer.headers)


def _names(headers: Headers) -> set[str]:
    return {name for name, _ in headers}


def _headers(message: Mapping[str, Json] | None) -> set[str]:
    return (
        {pair[0] for pair in message["headers"] if isinstance(pair[0], str)} if message else set()
    )


def _remove(message: dict[str, Json] | None, names: set[str]) -> None:
    if message:
        message["headers"] = [
            pair
            for pair in message["headers"]
            if not (isinstance(pair[0], str) and pair[0] in names)
        ]
