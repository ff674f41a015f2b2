"""Calls that the filter made: those expected, those that nothing answered, those that failed."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tamis import fixtures
from tamis.compare.misses import Miss, body, body_text, miss
from tamis.compare.printing import quote, show
from tamis.model.exchange import CalloutMatch, CalloutReply, CalloutRule, Fixture
from tamis.model.expectation import CalloutExpectation
from tamis.model.outcome import Callout, FailedCall

__all__ = ["expected", "failed", "unanswered"]

#: Unanswered calls that are shown whole; a filter that calls in a loop needs no more.
_SHOWN = 3


def expected(
    wanted: Sequence[CalloutExpectation] | None, found: Sequence[Callout]
) -> Iterator[Miss]:
    """All callouts in order, each as far as it is named."""
    if wanted is None:
        return
    if len(wanted) != len(found):
        made = "; ".join(_short(call) for call in found[:5]) + ("; …" if len(found) > 5 else "")
        told = f" ({made})" if found else ""
        yield miss("callouts", f"expected {len(wanted)}, got {len(found)}{told}")
        return
    for at, (expect, call) in enumerate(zip(wanted, found, strict=True)):
        path = f"callouts[{at}]"
        if expect.cluster not in (None, call.cluster):
            text = f"expected {show(expect.cluster)}, got {show(call.cluster)}"
            yield miss(f"{path}.cluster", text)
        for name, value in expect.headers.items():
            got = next((text for key, text in call.headers if key == name), None)
            if got != value:
                key = f"{path}.{name.removeprefix(':')}"
                text = f"expected {show(value)}, got {'none' if got is None else show(got)}"
                yield Miss(f"{path}.headers.{name}", key, f"{key}: {text}")
        yield from body(f"{path}.body", expect.body, _content(call))


def unanswered(fixture: Fixture, calls: Sequence[Callout]) -> Iterator[Miss]:
    """The whole call, and the rule that would answer it: more than one line each."""
    counted = Counter(calls)
    for call, count in list(counted.items())[:_SHOWN]:
        named = any(rule.match.cluster == call.cluster for rule in fixture.callouts)
        why = f"no rule of `callouts` {'matches it' if named else 'names its cluster'}"
        times = "" if count == 1 else f" ({count} times)"
        lines = [
            f"unanswered: {_short(call)}{times}: {why}",
            *(f"    {_visible(name)}: {_visible(value)}" for name, value in call.headers),
            *_payload(call),
            *(f"    {_visible(name)}: {_visible(value)}" for name, value in call.trailers),
            "  this rule would answer it:",
            f"    {fixtures.rule(_rule(call))}",
        ]
        yield Miss("unanswered", "", "\n".join(lines))
    if len(counted) > _SHOWN:
        yield miss("unanswered", f"{len(counted) - _SHOWN} more callouts without a rule", "")


def failed(calls: Sequence[FailedCall], allowed: Mapping[str, Sequence[str]]) -> Iterator[Miss]:
    """Error statuses that nobody expected."""
    for each in calls:
        if each.status not in allowed.get(each.call, ()):
            times = "once" if each.count == 1 else f"{each.count} times"
            advice = f"{{{each.call}: [{each.status}]}} under `expect.failed_calls` allows it"
            text = f"{each.call} returned {each.status} ({times}); {advice}"
            yield Miss("failed_calls", f"failed_calls.{each.call}", text)


def _short(call: Callout) -> str:
    path = dict(reversed(call.headers)).get(":path", "")
    kind = {"http": "HTTP call", "grpc_call": "gRPC call", "grpc_stream": "gRPC stream"}[call.kind]
    return f"{kind} to {show(call.cluster)}{f' {_visible(path)}' if path else ''}"


def _content(call: Callout) -> bytes:
    """What `body` means: of gRPC, the first message."""
    return call.body if call.kind == "http" else next(iter(call.messages), b"")


def _payload(call: Callout) -> Iterator[str]:
    parts = [("body", call.body)] if call.body else []
    parts += [(f"message {at + 1}", message) for at, message in enumerate(call.messages)]
    for name, raw in parts[:_SHOWN]:
        yield f"    {name}: {body_text(raw)}"


def _rule(call: Callout) -> CalloutRule:
    """The narrowest that a person would write: the cluster, the path, and HTTP's method."""
    headers = dict(reversed(call.headers))
    names = (":method", ":path") if call.kind == "http" else (":path",)
    match = CalloutMatch(call.cluster, {name: headers[name] for name in names if name in headers})
    return CalloutRule(match, CalloutReply(grpc_status=None if call.kind == "http" else 0))


def _visible(text: str) -> str:
    """As it is, where that can be read."""
    return text if text.isprintable() else quote(text)
