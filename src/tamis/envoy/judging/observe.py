"""From what a running Envoy logged and both ends of the wire saw to values of the outcome.

Pure functions. Only the worker's VM counts: Envoy also starts one for the canary and one on its
main thread.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from tamis.envoy.judging.flights import Flight
from tamis.envoy.judging.modules import DEFAULT_DETAILS
from tamis.envoy.judging.questions import Questions
from tamis.envoy.judging.told import Untold
from tamis.envoy.plugins import log_prefixes
from tamis.envoy.trace import Callback, Trace
from tamis.model.outcome import (
    ExchangeOutcome,
    LocalReply,
    LogLine,
    NotComparable,
    Pause,
)
from tamis.model.plugin import Plugin

__all__ = [
    "exchange_outcome",
    "lines",
    "pauses",
    "unlike",
    "unseen",
    "untold",
]

_PAUSABLE = re.compile(
    r"proxy_on_(?P<callback>(?:request|response)_(?:headers|body|trailers)"
    r"|new_connection|(?:down|up)stream_data)\Z"
)
_PLUGIN_CALLBACKS = frozenset(("proxy_on_vm_start", "proxy_on_configure"))
# Response flag: the client broke the protocol, in Envoy's view.
_BROKEN = "DPE"
_TOO_LARGE = ("http2.header_list_size_too_large", "http2.too_many_headers")
#: What 1.36 says of those when it has let go of the stream; the filter has not met the request.
_RESET_EARLY = "http2.remote_reset"
_UPSTREAM_REFUSED = "upstream_reset_before_response_started{remote_reset}"
_VIA_UPSTREAM = "via_upstream"
#: How the access log writes nothing.
_NONE = ("-", DEFAULT_DETAILS)
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
    ("query_missing_content_type", 400),
    ("path_normalization_failed", 400),
    ("absolute_path_rejected", 404),
    ("upgrade_failed", 403),
)

#: Host functions that open a callout, and what they return when there is no such cluster, or when
#: the guest asked for the impossible.
_REFUSED_CALLS = {"proxy_http_call": "2", "proxy_grpc_call": "4", "proxy_grpc_stream": "4"}

#: How guests read properties.
_READS, _EVALUATES = "proxy_get_property", "proxy_call_foreign_function"

#: Envoy's prefix of what the VM logs, not a plugin in it.
_VM = ": "


def lines(
    callbacks: Sequence[Callback], plugins: Sequence[tuple[str, Plugin]]
) -> Iterator[LogLine]:
    """What the guest logged; `plugins` in the order they were loaded, with their names in outcomes.

    Envoy's prefix names a plugin only when one of its streams logs; but contexts are numbered in
    the order of the plugins.
    """
    prefixes = [(name, prefix) for name, plugin in plugins for prefix in log_prefixes(plugin)]
    started = dict.fromkeys(
        (each.vm, each.context) for each in callbacks if each.name in _PLUGIN_CALLBACKS
    )
    names = dict(zip(started, (name for name, _ in plugins), strict=False))
    for callback in callbacks:
        for line in () if callback.untimely else callback.lines:
            found = [each for each in prefixes if line.text.startswith(each[1])]
            if found:
                name, prefix = found[min(line.context, len(found)) - 1]
                name = names.get((callback.vm, line.context), name)
                text = line.text.removeprefix(prefix)
                yield LogLine(line.level, text, callback.step, name)
            elif line.text.startswith(_VM):  # at its entry, and in its allocator
                yield LogLine(line.level, line.text.removeprefix(_VM), callback.step)


def exchange_outcome(flight: Flight) -> ExchangeOutcome:
    """One exchange as upstream, client and log saw it."""
    return ExchangeOutcome(
        request=flight.upstream.message() if flight.upstream else None,
        response=flight.client.message(),
        local_reply=_local_reply(flight),
        reset=_reset(flight),
        pauses=tuple(pauses(each for each in flight.callbacks if flight.met(each))),
    )


def unlike(flight: Flight) -> list[NotComparable]:
    """Why the fixture cannot be compared, as this exchange shows."""
    _, _, details = _access(flight)
    found = []
    if details.endswith("{protocol_error}"):
        why = f"Envoy's HTTP/2 codec refuses this answer: {details}"
        found.append(NotComparable("", why))
    elif any(_doubled(callback) for callback in flight.callbacks):
        why = "continue_stream in a headers callback that returns Continue sends the headers twice"
        found.append(NotComparable("", why))
    return found


def _doubled(callback: Callback) -> bool:
    went_on = {call.args[0] for call in callback.calls if call.name == "proxy_continue_stream"}
    return callback.result == "0" and bool(went_on & _OF_HEADERS.get(callback.name, set()))


def unseen(trace: Trace, ask: Questions, *, absent: bool) -> list[NotComparable]:
    """Parts of the outcome that this guest used and that Envoy cannot show.

    `absent`: the fixture says itself which cluster is not there.
    """
    done = {(call.name, call.result) for call in trace.calls()}
    found = set()
    if ("proxy_set_shared_data", "0") in done and not ask.shared_data:
        found.add(("shared_data", "Envoy shows shared data by key only, and none was asked for"))
    if ("proxy_enqueue_shared_queue", "0") in done and not ask.queues:
        found.add(("queues", "Envoy shows queues by name only, and none was asked for"))
    if ("proxy_set_property", "0") in done and not ask.filter_state:
        found.add(("filter_state", "Envoy shows filter state by name only, and none was asked for"))
    if not absent and any((name, result) in done for name, result in _REFUSED_CALLS.items()):
        found.add(("unanswered", "Envoy does not say which cluster it does not know"))
    return [NotComparable(path, why) for path, why in sorted(found)]


def untold(trace: Trace, properties: Iterable[Untold], *, blind: bool) -> list[NotComparable]:
    """Those of the fixture's `properties` that Envoy lacks, and that the guest may have read.

    The log tells how long a path is that was read; of an expression, nothing. `blind`: nor of
    anything else.
    """
    calls = list(trace.calls())
    sizes = {call.args[1] for call in calls if call.name == _READS and len(call.args) > 1}
    blind = blind or any(call.name == _EVALUATES for call in calls)
    return [
        NotComparable("", f"Envoy cannot be told the property {each.name}: {each.why}")
        for each in properties
        if blind or sizes & {each.size, each.size + 1}  # a path may end with NUL
    ]


def pauses(callbacks: Iterable[Callback]) -> Iterator[Pause]:
    """The callbacks that did not return Continue."""
    for callback in callbacks:
        found = _PAUSABLE.match(callback.name)
        if found and callback.result not in ("0", "void", ""):
            yield Pause(found["callback"], int(callback.result))


def _access(flight: Flight) -> tuple[int, str, str]:
    """Envoy's access log of the exchange: response code, flags, details; 0 and "" for none."""
    line = flight.access or "0 - -"
    code, flags, details = ("" if part in _NONE else part for part in line.split(" ", 2))
    return int(code or 0), flags, details


def _local_reply(flight: Flight) -> LocalReply | None:
    """The status the filter asked for (gRPC clients are shown another), or Envoy's own."""
    code, flags, details = _access(flight)
    own = next((status for start, status in _OWN_REPLIES if details.startswith(start)), None)
    client = flight.client
    if own is not None and (client.end or (flight.ongoing.aborted and client.headers)):
        return LocalReply(own, details)
    asked = _asked(flight)
    if asked is None and _UPSTREAM_RESET in flags.split(",") and flight.client.reset is None:
        asked = 503
    if asked is not None:
        return LocalReply(asked, details)
    if not flight.client.end or details == _VIA_UPSTREAM:
        return None
    return LocalReply(code, details)


def _asked(flight: Flight) -> int | None:
    """The status of the local reply that was sent: the first that a callback asks for.

    It may be replaced once more, by the callback that meets its headers. A callback that broke has
    asked for nothing.
    """
    sent: int | None = None
    for callback in flight.callbacks:
        if callback.broken or not callback.result:
            continue
        wanted = (
            call.args[0] & 0xFFFF
            for call in callback.calls
            if call.name == "proxy_send_local_response" and call.args and flight.owns(call)
            if call.result == "0"
        )
        first = next(wanted, None)
        if first is not None and (sent is None or callback.name == "proxy_on_response_headers"):
            sent = first
    return sent


def _reset(flight: Flight) -> Literal["upstream", "downstream", "filter"] | None:
    if flight.ongoing.aborted:
        return "downstream"
    _, flags, details = _access(flight)
    answer = flight.exchange.answer
    answered = flight.upstream is not None and flight.upstream.end
    # Behind a part of its answer, the upstream's reset may find the stream gone already.
    torn = details.startswith("upstream_")
    if answer.reset and answered and (torn or not answer.headers):
        return "upstream"
    if details == _UPSTREAM_REFUSED:
        return "upstream"  # Envoy's codec did it: an answer beyond the limits of headers
    if flight.client.reset is None:
        return None
    if torn:
        return "upstream"
    refused = _BROKEN in flags.split(",") or details in _TOO_LARGE
    early = details == _RESET_EARLY and not any(_meets(each) for each in flight.callbacks)
    return "downstream" if refused or early else "filter"


def _meets(callback: Callback) -> bool:
    return callback.name == "proxy_on_request_headers"
