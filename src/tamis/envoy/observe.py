"""From what a running Envoy logged and both ends of the wire saw to values of the outcome.

Pure functions over `Record`s. Only the worker's VM counts: Envoy also starts one for the canary
and one on its main thread.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from tamis.envoy.log import Call, Record, call_of
from tamis.model.outcome import (
    ExchangeOutcome,
    LocalReply,
    LogLine,
    NotComparable,
    Pause,
    Trap,
    TrapKind,
)

if TYPE_CHECKING:
    from tamis.envoy.server import Step

__all__ = [
    "START_CALLBACKS",
    "complaints",
    "exchange_outcome",
    "guest_lines",
    "open_call",
    "refusal",
    "refused_request",
    "trap",
    "unlike",
    "unseen",
]

_LEVELS = {"warning": "warn"}
_LOG = "wasm log "
_FAILED = re.compile(r"Function: (?P<callback>\S+) failed: (?P<text>[^\n]*)")
# V8's words; anything else is "other".
_KINDS: tuple[tuple[str, TrapKind], ...] = (
    ("unreachable", "unreachable"),
    ("memory access out of bounds", "oob"),
    ("Maximum call stack size exceeded", "stack"),
    ("Out of memory", "oom"),
)
_PAUSABLE = re.compile(r"proxy_on_(?P<callback>(?:request|response)_(?:headers|body|trailers))\Z")
_START = {"proxy_on_vm_start": "on_vm_start", "proxy_on_configure": "on_configure"}
#: What `refusal` names when the module itself was fine.
START_CALLBACKS = frozenset(_START.values())
_REFUSED = {
    "Failed to start base Wasm": "on_vm_start",
    "Failed to configure base Wasm plugin": "on_configure",
}
# Envoy's wrapping around the reason it gives first.
_GENERIC = ("Plugin ", "Wasm VM failed Failed to initialize", "Wasm VM failed Failed to load")
# Response flag: the client broke the protocol, in Envoy's view.
_BROKEN = "DPE"
_TOO_LARGE = ("http2.header_list_size_too_large", "http2.too_many_headers")
_VIA_UPSTREAM = "via_upstream"
_UPSTREAM_RESET = "UR"
#: Headers callback -> the stream types whose headers are in it.
_OF_HEADERS = {"proxy_on_request_headers": {0}, "proxy_on_response_headers": {1}}
#: How the details of Envoy's own replies begin, and their status: a gRPC client is shown 200, and
#: the filter may have changed it.
_OWN_REPLIES = (
    ("wasm_fail_stream", 503),
    ("route_not_found", 404),
    ("request_payload_too_large", 413),
    ("response_payload_too_large", 500),
    ("filter_removed_required_request_headers", 503),
    ("filter_removed_required_response_headers", 502),
    ("upstream_reset_before_response_started{protocol_error}", 502),
    ("upstream_reset_before_response_started", 503),
)

#: Hostcall -> the part of the outcome it writes, which Envoy shows to nobody.
_HIDDEN = {
    "proxy_set_shared_data": ("shared_data", "Envoy does not show shared data"),
    "proxy_enqueue_shared_queue": ("queues", "Envoy does not show shared queues"),
    "proxy_define_metric": ("metrics", "Envoy adds up the metrics of its three VMs"),
    "proxy_set_property": ("filter_state", "Envoy does not show filter state"),
    "proxy_http_call": ("callouts", "callouts are not observed in Envoy yet"),
    "proxy_grpc_call": ("callouts", "callouts are not observed in Envoy yet"),
    "proxy_grpc_stream": ("callouts", "callouts are not observed in Envoy yet"),
}


def guest_lines(
    records: Iterable[Record], vm_id: str, thread: int, exchange: int | None
) -> Iterator[LogLine]:
    """What the guest in VM `vm_id` logged on `thread`, timers aside: fixtures have no real time."""
    in_tick = False
    for record in records:
        if record.thread != thread or record.logger != "wasm":
            continue
        call = call_of(record)
        if call and call.name == "proxy_on_tick":
            in_tick = call.way == "host->vm"
        if record.text.startswith(_LOG) and not in_tick:
            _, ours, message = record.text.partition(f"{vm_id}: ")
            if ours:
                yield LogLine(_LEVELS.get(record.level, record.level), message, exchange)


def trap(records: Iterable[Record], thread: int) -> Trap | None:
    """The first guest function that broke on `thread`."""
    for record in records:
        failed = _FAILED.match(record.text)
        if record.thread == thread and record.logger == "wasm" and failed:
            text = failed["text"]
            kinds = [kind for words, kind in _KINDS if words in text]
            return Trap(failed["callback"], kinds[0] if kinds else "other", text)
    return None


def refusal(records: Sequence[Record], main_thread: int) -> tuple[str | None, str]:
    """Why Envoy took no plugin: (the start callback that said no or broke, or None; its words)."""
    broken = trap(records, main_thread)
    if broken:
        callback = broken.callback
        return _START.get(callback, callback.removeprefix("proxy_")), broken.text
    words = complaints(records)
    for told, callback in _REFUSED.items():
        if told in words:
            return callback, ""
    return None, words or "Unable to create Wasm plugin"


def complaints(records: Sequence[Record]) -> str:
    """What Envoy's Wasm runtime says went wrong, without what it says whatever went wrong."""
    said = [
        record.text.removeprefix("Wasm VM failed ")
        for record in records
        if record.logger == "wasm"
        and record.level in ("error", "critical")
        and not record.text.startswith(_GENERIC)
    ]
    return "; ".join(said)


def open_call(records: Iterable[Record]) -> str | None:
    """The guest function that was called and has not returned."""
    stack: list[str] = []
    for record in records:
        call = call_of(record)
        if call and call.way == "host->vm":
            stack.append(call.name)
        elif call and call.way == "host<-vm" and stack:
            stack.pop()
    return stack[0] if stack else None


def exchange_outcome(step: "Step", thread: int, *, reset_by_fixture: bool) -> ExchangeOutcome:
    """One exchange as upstream, client and log saw it."""
    calls = list(_calls(step.records, thread))
    return ExchangeOutcome(
        request=step.upstream.message() if step.upstream else None,
        response=step.client.message(),
        local_reply=_local_reply(step, calls),
        reset=_reset(step, reset_by_fixture),
        pauses=tuple(_pauses(calls)),
    )


def refused_request(step: "Step") -> str | None:
    """Why Envoy's codec refused the request before any filter met it, if it did."""
    _, flags, details = _access(step)
    met = step.upstream or step.client.headers
    return details if _BROKEN in flags.split(",") and not met else None


def unlike(step: "Step", thread: int) -> str | None:
    """Why this exchange and all it logged cannot be compared, if so."""
    _, _, details = _access(step)
    if details.endswith("{protocol_error}"):
        return f"Envoy's HTTP/2 codec refuses this answer: {details}"
    if _doubled(_calls(step.records, thread)):
        return "continue_stream in a headers callback that returns Continue sends the headers twice"
    return None


def _doubled(calls: Iterable[Call]) -> bool:
    asked: set[int] = set()
    for call in calls:
        if call.way == "vm->host" and call.name.endswith("proxy_continue_stream"):
            asked.update(call.args[:1])
        elif call.way == "host<-vm" and call.name.startswith("proxy_on_"):
            if call.result == "0" and asked & _OF_HEADERS.get(call.name, set()):
                return True
            asked.clear()
    return False


def unseen(records: Iterable[Record], thread: int, untold: Sequence[str]) -> list[NotComparable]:
    """Parts of the outcome that this guest used and that Envoy cannot show or be told.

    `untold`: properties of the fixture that this Envoy was not given; they matter if the guest read
    any property.
    """
    names = {call.name.rpartition(".")[2] for call in _calls(records, thread)}
    found = {_HIDDEN[name] for name in names if name in _HIDDEN}
    if "proxy_on_tick" in names:
        found.add(("", "Envoy's timers run in real time, a fixture's do not"))
    if untold and "proxy_get_property" in names:
        found.add(("", f"Envoy cannot be told the property {', '.join(untold)}"))
    return [NotComparable(path, why) for path, why in sorted(found)]


def _calls(records: Iterable[Record], thread: int) -> Iterator[Call]:
    for record in records:
        call = call_of(record) if record.thread == thread else None
        if call:
            yield call


def _pauses(calls: Iterable[Call]) -> Iterator[Pause]:
    for call in calls:
        found = _PAUSABLE.match(call.name)
        if found and call.way == "host<-vm" and call.result not in ("0", "void"):
            yield Pause(found["callback"], int(call.result))


def _access(step: "Step") -> tuple[int, str, str]:
    """Envoy's access log of the exchange: response code, flags, details; 0 and "" for none."""
    line = next((record.text for record in step.records if record.logger == "access"), "0 - -")
    code, flags, details = ("" if part == "-" else part for part in line.split(" ", 2))
    return int(code or 0), flags, details


def _local_reply(step: "Step", calls: Iterable[Call]) -> LocalReply | None:
    """The status the filter asked for (gRPC clients are shown another), or Envoy's own."""
    code, flags, details = _access(step)
    own = next((status for start, status in _OWN_REPLIES if details.startswith(start)), None)
    if own is not None and step.client.end:
        return LocalReply(own, details)
    asked = _asked(calls)
    if asked is None and _UPSTREAM_RESET in flags.split(","):
        asked = 503
    if asked is not None:
        return LocalReply(asked, details)
    if not step.client.end or details == _VIA_UPSTREAM:
        return None
    return LocalReply(code, details)


def _asked(calls: Iterable[Call]) -> int | None:
    """The status of the local reply that was sent: the first that a callback asks for.

    It may be replaced once more, by the callback that meets its headers. A callback that broke has
    asked for nothing.
    """
    sent: int | None = None
    wanted: int | None = None
    for call in calls:
        if call.name.endswith("proxy_send_local_response") and call.way == "vm->host":
            if wanted is None and call.args:
                wanted = call.args[0] & 0xFFFF
        elif call.way == "host<-vm" and call.name.startswith("proxy_on_"):
            if wanted is not None and (sent is None or call.name == "proxy_on_response_headers"):
                sent = wanted
            wanted = None
    return sent


def _reset(step: "Step", by_fixture: bool) -> Literal["upstream", "downstream", "filter"] | None:
    if by_fixture and step.upstream and step.upstream.end:
        return "upstream"
    if step.client.reset is None:
        return None
    _, flags, details = _access(step)
    if details.startswith("upstream_"):
        return "upstream"
    return "downstream" if _BROKEN in flags.split(",") or details in _TOO_LARGE else "filter"
