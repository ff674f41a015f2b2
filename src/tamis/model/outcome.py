"""What came out of running a fixture in one host. See `schemas/outcome.json`.

`counts`, `failed_calls`, `unimplemented` and `virtual_time` are the host's own measurements: they
are reported, and never compared between hosts, because no production proxy shows them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from tamis.model.exchange import Headers
from tamis.model.trace import Trace

__all__ = [
    "LOG_LEVELS",
    "Callout",
    "ConnectionOutcome",
    "Counts",
    "Difference",
    "ExchangeOutcome",
    "FailedCall",
    "LocalReply",
    "LogLine",
    "Message",
    "NotComparable",
    "Outcome",
    "Pause",
    "Run",
    "Trap",
    "TrapKind",
    "total",
]

#: proxy_log levels, indexed by their number in the ABI.
LOG_LEVELS = ("trace", "debug", "info", "warn", "error", "critical")

TrapKind = Literal["unreachable", "oob", "stack", "oom", "deadline", "other"]


@dataclass(frozen=True, slots=True)
class Message:
    """A request as the upstream saw it, or a response as the client saw it.

    `complete`: its end of stream was seen.
    """

    headers: Headers
    body: bytes = b""
    trailers: Headers = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class LocalReply:
    """The reply the filter (or the host in its place) made instead of the upstream."""

    status: int
    details: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """A callback that did not return Continue: its name without `proxy_on_`, and its status."""

    callback: str
    status: int


@dataclass(frozen=True, slots=True)
class ExchangeOutcome:
    """`reset`: who cut the stream before it was complete, if anybody."""

    request: Message | None = None
    response: Message | None = None
    local_reply: LocalReply | None = None
    reset: Literal["upstream", "downstream", "filter"] | None = None
    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True, slots=True)
class LogLine:
    """`step`: index of the step (exchange, tick, connection) during which it was logged; None: at
    start. `plugin`: the name of the plugin beside the filter that logged it, else "".
    """

    level: str
    message: str
    step: int | None = None
    plugin: str = ""


@dataclass(frozen=True, slots=True)
class Callout:
    """One callout the filter made, as the other side saw it. `messages`: of gRPC, in order."""

    cluster: str
    headers: Headers = ()
    body: bytes = b""
    trailers: Headers = ()
    kind: Literal["http", "grpc_call", "grpc_stream"] = "http"
    messages: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class ConnectionOutcome:
    """What each side of a TCP connection received, and who closed it (None: nobody did).

    `pauses`: callbacks that did not return Continue.
    """

    upstream: bytes = b""
    downstream: bytes = b""
    closed: Literal["downstream", "upstream", "filter"] | None = None
    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True, slots=True)
class FailedCall:
    """A host function that returned an error status, and how often.

    NOT_FOUND of a lookup, EMPTY of a queue and CAS_MISMATCH are answers, not errors.
    """

    call: str
    status: str
    count: int


@dataclass(frozen=True, slots=True)
class Trap:
    """The guest broke. `callback`: the export that ran (`proxy_on_request_headers`).

    `text` is the engine's own and `frames` its backtrace, innermost first ("function (file:line)"
    where the module carries names and DWARF); neither is compared between hosts.
    """

    callback: str
    kind: TrapKind
    text: str = ""
    frames: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """Exact, repeatable costs. `calls`: function name -> calls over the Wasm boundary.

    `bytes_in`: copied into the guest; `bytes_out`: read from it. `allocations`: calls of the
    guest's allocator by the host. `memory_high_water`: bytes. `fuel`: None when not counted.
    """

    calls: Mapping[str, int] = field(default_factory=dict)
    bytes_in: int = 0
    bytes_out: int = 0
    allocations: int = 0
    memory_high_water: int = 0
    fuel: int | None = None

    @property
    def crossings(self) -> int:
        """Calls over the boundary, both ways."""
        return sum(self.calls.values())


def total(every: Iterable[Counts]) -> Counts:
    """All together: sums, and the highest high water; fuel where all counted it."""
    parts = tuple(every)
    calls: Counter[str] = Counter()
    for each in parts:
        calls.update(each.calls)
    fuel = [each.fuel for each in parts if each.fuel is not None]
    return Counts(
        calls=dict(sorted(calls.items())),
        bytes_in=sum(each.bytes_in for each in parts),
        bytes_out=sum(each.bytes_out for each in parts),
        allocations=sum(each.allocations for each in parts),
        memory_high_water=max((each.memory_high_water for each in parts), default=0),
        fuel=sum(fuel) if len(fuel) == len(parts) else None,
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one worker VM. `start`: "ok", or the callback that refused ("on_vm_start", ...).

    `metrics`: values at the end, without histograms. `shared_data` and `queues` (what is left in
    them): of the filter's vm_id. `unanswered`: callouts for which the fixture has no rule.
    """

    start: str = "ok"
    exchanges: tuple[ExchangeOutcome, ...] = ()
    logs: tuple[LogLine, ...] = ()
    metrics: Mapping[str, int] = field(default_factory=dict)
    shared_data: Mapping[str, bytes] = field(default_factory=dict)
    queues: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)
    callouts: tuple[Callout, ...] = ()
    filter_state: Mapping[str, bytes] = field(default_factory=dict)
    connections: tuple[ConnectionOutcome, ...] = ()
    trap: Trap | None = None
    unanswered: tuple[Callout, ...] = ()
    failed_calls: tuple[FailedCall, ...] = ()
    unimplemented: Mapping[str, int] = field(default_factory=dict)
    counts: Counts = Counts()
    virtual_time: int = 0


@dataclass(frozen=True, slots=True)
class NotComparable:
    """A part of a fixture (`path` "": all of it) that one host cannot show or be made to do."""

    path: str
    why: str

    def __str__(self) -> str:
        return f"{self.path}: {self.why}" if self.path else self.why


@dataclass(frozen=True, slots=True)
class Run:
    """One fixture in one host. `outcome` None: it could not run there at all, see `skipped`.

    `host` names the version ("wasmtime 50.0.1", "envoy 1.40.0"); `problems` are expectations
    that did not hold, each with a first line that says all. `trace`: where it was asked for.
    """

    fixture: str
    host: str
    outcome: Outcome | None
    problems: tuple[str, ...] = ()
    skipped: tuple[NotComparable, ...] = ()
    trace: Trace | None = None

    @property
    def kind(self) -> str:
        """Which host, without its version: "wasmtime" or "envoy"."""
        return self.host.partition(" ")[0]

    @property
    def ok(self) -> bool:
        """Nothing expected was missed."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class Difference:
    """Two hosts disagree at `path`; `values` are printable, by host."""

    fixture: str
    path: str
    values: Mapping[str, str]
