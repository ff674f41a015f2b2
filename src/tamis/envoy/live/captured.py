"""What a live Envoy saw, as a fixture: the traffic, and what a filter made of it."""

from dataclasses import replace

from tamis.envoy.live.recorder import Ended
from tamis.fixtures.importing.entries import Notes, with_length
from tamis.fixtures.importing.tap import Message, Tapped, message, own
from tamis.model.exchange import Answer, Exchange, Fixture, Headers, Request
from tamis.model.expectation import (
    BodyExpectation,
    ExchangeExpectation,
    HeaderExpectation,
    LocalReplyExpectation,
    MessageExpectation,
)
from tamis.model.recorded import Capture, Skipped
from tamis.profiles import wire

__all__ = ["captured"]

#: Response flags (Envoy's access log): who ended it.
_CLIENT_LEFT = frozenset({"DC", "DR"})
_UPSTREAM_RESET = frozenset({"UC", "UR", "UPE"})
_NO_UPSTREAM = frozenset({"UF", "UH", "NC", "NR", "UO", "URX", "DF"})
_RESET = "upstream_reset_"
#: Bytes of a body that is written once more, as what is expected.
_LONGEST = 64 * 1024
_BROKEN = "wasm_fail_stream"
_DOWN = "Envoy answered itself: the upstream does not"
_DOWN_ADVICE = "Start it, or name another one with --upstream; with https, by its own name."


def captured(ended: Ended, base: Fixture, *, filtered: bool) -> Capture | Skipped:
    """The exchange as the only step of `base` (plugin, configuration); else why it is no fixture.

    `filtered`: a filter stood between the taps, so that the fixture has expectations.
    """
    before = ended.before
    if before is None or before.request is None or not before.request.headers:
        return Skipped(f"Envoy refused it before any filter: {ended.details}")
    if why := _unfit(ended, before):
        return why
    # Without a filter, both sides are the same.
    behind = ended.behind if filtered else before
    notes = Notes()
    old = ended.protocol.startswith("HTTP/1")
    request = _request(before.request, notes, old=old)
    exchange = _exchange(ended, request, behind, notes)
    if isinstance(exchange, Skipped):
        return exchange
    if filtered:
        expect = _expect(exchange, before, behind, old=old)
        exchange = Exchange(exchange.request, exchange.answer, expect, abort=exchange.abort)
    cut = any(part and part.cut for part in (before.request, before.response))
    cut = cut or bool(behind and behind.response and behind.response.cut)
    if cut:
        notes.add("a body was longer than what is kept of it (cut)")
    fixture = Fixture(
        base.name,
        base.path,
        (exchange,),
        config=base.config,
        protocol="http/1.1" if old else "http/2",
        plugin=base.plugin,
    )
    return Capture(fixture, notes=tuple(notes.said), cut=cut)


def _unfit(ended: Ended, before: Tapped) -> Skipped | None:
    """Exchanges that no fixture can say."""
    assert before.request
    values = dict(before.request.headers)
    status = dict(before.response.headers).get(":status") if before.response else None
    if values.get(":method") == "CONNECT":
        return Skipped("CONNECT opens a tunnel")
    if "upgrade" in values or status == "101" or ":protocol" in values:
        kind = values.get("upgrade", values.get(":protocol", ""))
        return Skipped(f"an upgrade ({kind}) is no exchange")
    if ended.details.startswith(_BROKEN):
        return Skipped("the filter broke (it trapped)", "tamis test says where: write a fixture.")
    if ended.flags & _NO_UPSTREAM:
        why = ended.details.partition("{")[2].rstrip("}") or ended.details
        return Skipped(f"{_DOWN} ({why})", _DOWN_ADVICE)
    return None


def _request(part: Message, notes: Notes, *, old: bool) -> Request:
    headers, trailers = message(part, notes)
    if old and trailers:
        notes.add("the request had trailers, which do not come with HTTP/1.1 in tests")
        trailers = ()
    return Request(own(headers), tuple(part.body), trailers)


def _exchange(
    ended: Ended, request: Request, behind: Tapped | None, notes: Notes
) -> Exchange | Skipped:
    """The request, and what the upstream answered to it."""
    response = behind.response if behind else None
    torn = bool(ended.flags & _UPSTREAM_RESET) and ended.details.startswith(_RESET)
    if torn and "before_response_started" in ended.details:
        return Exchange(request, Answer((), reset=True))
    if ended.flags & _CLIENT_LEFT:
        return _left(request, response, notes)
    if behind is None or behind.request is None:
        return Exchange(request)  # the filter answered: any answer will do
    if response is None or not response.headers:
        return Skipped(f"it ended without an answer: {ended.details}")
    headers, trailers = message(response, notes)
    if torn:
        return Exchange(request, Answer(headers, tuple(response.body), reset=True))
    if ended.flags:
        return Skipped(f"Envoy answered itself: {ended.details}")
    return Exchange(request, Answer(headers, tuple(response.body), trailers))


def _left(request: Request, response: Message | None, notes: Notes) -> Exchange | Skipped:
    """The client went away."""
    if response and response.headers:
        headers, trailers = message(response, notes)
        headers = with_length(headers, sum(map(len, response.body)), notes, "the answer")
        answer = Answer(headers, tuple(response.body), trailers)
        return Exchange(request, answer, abort="response")
    length = dict(request.headers).get("content-length", "")
    if length.isdecimal() and int(length) > sum(map(len, request.body)):
        return Exchange(request, abort="request")
    return Skipped("the client left before it was answered")


# -- what a filter made of it


def _expect(
    exchange: Exchange, before: Tapped, behind: Tapped | None, *, old: bool
) -> ExchangeExpectation:
    """What both sides saw; of an exchange that was torn, what the upstream saw. `old`: the client
    spoke HTTP/1.1, and gets no trailers in tests.
    """
    if exchange.abort == "request":
        return ExchangeExpectation()
    whole = not exchange.abort and not exchange.answer.reset
    response = _expected(before.response, "response", exchange.answer.headers) if whole else None
    if response and old:
        response = replace(response, trailers=None)
    if behind is None or behind.request is None:
        reply = _reply(before.response) if before.response else None
        return ExchangeExpectation("none", response, reply)
    request = _expected(behind.request, "request", exchange.request.headers)
    if request and old:
        request = replace(request, trailers=None)
    return ExchangeExpectation(request, response)


def _expected(
    part: Message | None, direction: wire.Direction, given: Headers
) -> MessageExpectation | None:
    """All that was seen, but for long bodies, and what Envoy adds and takes away by itself."""
    if part is None or not part.headers:
        return None
    known = wire.load()
    own_names = {each.header for each in known.before if each.direction == direction}
    own_names -= {name for name, _ in given}
    headers, trailers = message(part)
    left_out = own_names | known.removed[direction]
    kept = tuple(pair for pair in headers if pair[0] not in left_out)
    names = {name for name, _ in kept}
    body = b"".join(part.body)
    gone = tuple(dict.fromkeys(n for n, _ in given if n not in names and n not in left_out))
    return MessageExpectation(
        HeaderExpectation(_values(kept), absent=gone),
        BodyExpectation(equals=body) if len(body) <= _LONGEST else None,
        HeaderExpectation(_values(trailers)) if trailers else None,
    )


def _values(headers: Headers) -> dict[str, tuple[str, ...]]:
    names = dict.fromkeys(name for name, _ in headers)
    return {name: tuple(value for each, value in headers if each == name) for name in names}


def _reply(part: Message) -> LocalReplyExpectation:
    """The status; of gRPC its own, for its clients are not shown the one that was asked for."""
    values = dict((*part.headers, *part.trailers))
    grpc = values.get("grpc-status", "")
    if grpc.isdecimal():
        return LocalReplyExpectation(grpc_status=int(grpc))
    return LocalReplyExpectation(int(values[":status"]))
