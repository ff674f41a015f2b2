"""What a fixture expects: only what is named is compared (the snapshot holds everything)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tamis.errors import Place

__all__ = [
    "BodyExpectation",
    "CalloutExpectation",
    "ConnectionExpectation",
    "ExchangeExpectation",
    "Expectation",
    "HeaderExpectation",
    "LocalReplyExpectation",
    "LogExpectation",
    "MessageExpectation",
]


@dataclass(frozen=True, slots=True)
class HeaderExpectation:
    """`values`: name -> exact list of values; `exact`: all pairs, in order."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    has: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    exact: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True)
class BodyExpectation:
    """Exactly one of the three is not None; `matches` is a regular expression (search)."""

    equals: bytes | None = None
    contains: bytes | None = None
    matches: str | None = None


@dataclass(frozen=True, slots=True)
class MessageExpectation:
    """Expectations of one message; None where nothing is expected."""

    headers: HeaderExpectation | None = None
    body: BodyExpectation | None = None
    trailers: HeaderExpectation | None = None


@dataclass(frozen=True, slots=True)
class LocalReplyExpectation:
    """Of the reply the filter made itself. `grpc_status` and `details` None: not compared."""

    status: int | None = None
    details: str | None = None
    body: BodyExpectation | None = None
    grpc_status: int | None = None


@dataclass(frozen=True, slots=True)
class LogExpectation:
    """Some line of the exchange has this level and text (`matches`: regular expression, search)."""

    level: str | None = None
    matches: str | None = None
    equals: str | None = None


@dataclass(frozen=True, slots=True)
class ConnectionExpectation:
    """What each side received, and who closed the connection; None: not compared."""

    upstream: BodyExpectation | None = None
    downstream: BodyExpectation | None = None
    closed: Literal["downstream", "upstream", "filter"] | None = None
    logs: tuple[LogExpectation, ...] = ()
    place: Place | None = field(default=None, compare=False)
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class CalloutExpectation:
    """One callout, as in `model.exchange.CalloutMatch`; None where nothing is expected."""

    cluster: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: BodyExpectation | None = None


@dataclass(frozen=True, slots=True)
class ExchangeExpectation:
    """None: not compared. "none": there must be no such message (or reply, or reset).

    `places` says where each part was written (`response.headers.set.x-a`); `place` is the whole.
    """

    request: MessageExpectation | Literal["none"] | None = None
    response: MessageExpectation | Literal["none"] | None = None
    local_reply: LocalReplyExpectation | Literal["none"] | None = None
    reset: Literal["none", "upstream", "downstream", "filter"] | None = None
    logs: tuple[LogExpectation, ...] = ()
    place: Place | None = field(default=None, compare=False)
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Expectation:
    """Of the whole fixture. `trap`: "none" or a kind of `model.outcome.TrapKind`.

    `start` "refused": on_vm_start or on_configure must say no. `callouts`: all, in order.
    `shared_data` None for a key: it must be absent. `failed_calls`: host function -> names of the
    error statuses it may return under `--strict`.
    """

    metrics: Mapping[str, int] = field(default_factory=dict)
    shared_data: Mapping[str, bytes | None] = field(default_factory=dict)
    queues: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)
    filter_state: Mapping[str, bytes] = field(default_factory=dict)
    callouts: tuple[CalloutExpectation, ...] | None = None
    failed_calls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    trap: str | None = None
    start: Literal["ok", "refused"] | None = None
    logs: tuple[LogExpectation, ...] = ()
    place: Place | None = field(default=None, compare=False)
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)
