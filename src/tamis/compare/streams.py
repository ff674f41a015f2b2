"""One exchange or connection against what is expected of it."""

from collections.abc import Iterator, Sequence

from tamis.compare.misses import Miss, body, logs, miss
from tamis.compare.printing import show
from tamis.model.exchange import Headers
from tamis.model.expectation import (
    ConnectionExpectation,
    ExchangeExpectation,
    HeaderExpectation,
    LocalReplyExpectation,
    MessageExpectation,
)
from tamis.model.outcome import ConnectionOutcome, ExchangeOutcome, LogLine, Message

__all__ = ["of_connection", "of_exchange"]


def of_exchange(
    expect: ExchangeExpectation, found: ExchangeOutcome, lines: Sequence[LogLine]
) -> Iterator[Miss]:
    """Paths begin below the exchange; `lines` were logged during it."""
    yield from _message("request", expect.request, found.request)
    yield from _message("response", expect.response, found.response)
    yield from _local_reply(expect.local_reply, found)
    got = found.reset or "none"
    if expect.reset is not None and expect.reset != got:
        yield miss("reset", f"expected {expect.reset}, got {got}")
    yield from logs(expect.logs, lines)


def of_connection(
    expect: ConnectionExpectation, found: ConnectionOutcome | None, lines: Sequence[LogLine]
) -> Iterator[Miss]:
    """Paths begin below the connection; None: it never came to be."""
    received = found or ConnectionOutcome()
    yield from body("upstream", expect.upstream, received.upstream)
    yield from body("downstream", expect.downstream, received.downstream)
    if expect.closed not in (None, received.closed):
        yield miss("closed", f"expected {expect.closed}, got {received.closed or 'nobody'}")
    yield from logs(expect.logs, lines)


def _message(
    path: str, expect: MessageExpectation | str | None, found: Message | None
) -> Iterator[Miss]:
    if expect is None:
        return
    if not isinstance(expect, MessageExpectation):
        if found is not None:
            yield miss(path, f"expected none, got {_summary(found)}")
        return
    if found is None:
        yield miss(path, "expected one, got none")
        return
    yield from _headers(f"{path}.headers", expect.headers, found.headers)
    yield from body(f"{path}.body", expect.body, found.body)
    yield from _headers(f"{path}.trailers", expect.trailers, found.trailers)


def _summary(message: Message) -> str:
    pseudo = " ".join(value for name, value in message.headers if name.startswith(":"))
    return f"one ({pseudo}, {len(message.body)} bytes of body)"


def _headers(path: str, expect: HeaderExpectation | None, found: Headers) -> Iterator[Miss]:
    if expect is None:
        return
    for name, values in expect.values.items():
        got = [value for key, value in found if key == name]
        if got != list(values):
            text = f"expected {show(list(values))}, got {show(got)}"
            yield Miss(f"{path}.{name}", f"{path}.set.{name}", f"{path} {name}: {text}")
    names = {name for name, _ in found}
    for at, name in enumerate(expect.has):
        if name not in names:
            yield Miss(f"{path}.{name}", f"{path}.has[{at}]", f"{path} {name}: expected, got none")
    for at, name in enumerate(expect.absent):
        if name in names:
            got = [value for key, value in found if key == name]
            text = f"{path} {name}: expected none, got {show(got)}"
            yield Miss(f"{path}.{name}", f"{path}.absent[{at}]", text)
    if expect.exact is not None and expect.exact != found:
        yield _exact(path, expect.exact, found)


def _exact(path: str, wanted: Headers, found: Headers) -> Miss:
    """Named by the first pair that differs: whole lists do not fit a line."""
    at = next(
        (n for n, pair in enumerate(zip(wanted, found, strict=False)) if pair[0] != pair[1]),
        min(len(wanted), len(found)),
    )
    want, got = (_pair(side, at) for side in (wanted, found))
    text = f"{path}[{at}]: expected exactly {want}, got {got}"
    return Miss(path, f"{path}.exact[{at}]", text)


def _pair(headers: Headers, at: int) -> str:
    return f"[{', '.join(show(part) for part in headers[at])}]" if at < len(headers) else "the end"


def _local_reply(
    expect: LocalReplyExpectation | str | None, found: ExchangeOutcome
) -> Iterator[Miss]:
    path, reply = "local_reply", found.local_reply
    if expect is None:
        return
    if not isinstance(expect, LocalReplyExpectation):
        if reply is not None:
            yield miss(path, f"expected none, got {reply.status} ({show(reply.details)})")
        return
    if reply is None:
        yield miss(path, "expected one, got none")
        return
    if expect.status is not None and expect.status != reply.status:
        yield miss(f"{path}.status", f"expected {expect.status}, got {reply.status}")
    if expect.details is not None and expect.details != reply.details:
        text = f"expected {show(expect.details)}, got {show(reply.details)}"
        yield miss(f"{path}.details", text)
    message = found.response or Message(())
    yield from body(f"{path}.body", expect.body, message.body)
    if expect.grpc_status is not None:
        pairs = dict((*message.headers, *message.trailers))
        got = pairs.get("grpc-status")
        if got != str(expect.grpc_status):
            yield miss(f"{path}.grpc_status", f"expected {expect.grpc_status}, got {got or 'none'}")
