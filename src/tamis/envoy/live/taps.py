"""What a live Envoy writes down of traffic: taps around the filters, and a line for each exchange.

A tap's file does not say when its exchange is over, nor how, and it names a stream by a number
that nothing else shows. So each request gets a header with a name of its own, which the tap in
front of the filters sees and no filter, and with which its line in the access log begins.
"""

from dataclasses import dataclass

from tamis.envoy.folder import Folder
from tamis.envoy.plugins import TYPE, Json
from tamis.envoy.wiring import access_log

__all__ = ["MARK", "Taps", "behind", "early", "in_front", "told"]

#: The header that names a stream, in front of the filters.
MARK = "x-tamis-stream"
_STATE = "tamis.stream"
_HTTP = TYPE + "envoy.extensions.filters.http."
_EARLY = TYPE + "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation"
#: Its words are `live.recorder`'s; the details come last, since a filter chooses their text.
_LINE = f"%FILTER_STATE({_STATE}:PLAIN)% %PROTOCOL% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%"


@dataclass(frozen=True, slots=True)
class Taps:
    """Exchanges are written down as they are in front of the filters, and, if so wanted, behind
    them. `bytes`: how much of each piece of a body.
    """

    behind: bool = False
    bytes: int = 64 * 1024 * 1024


def early() -> list[Json]:
    """Extensions that name a request before any filter meets it."""
    header = {"key": MARK, "value": "%UNIQUE_ID%"}
    mutation = {"append": {"header": header, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}}
    typed: Json = {"@type": _EARLY, "mutations": [mutation]}
    return [{"name": "mark", "typed_config": typed}]


def in_front(taps: Taps, folder: Folder) -> list[Json]:
    """The first filters: the name is written down, kept for the access log, and taken out."""
    kept = {"text_format_source": {"inline_string": f"%REQ({MARK})%"}}
    value = {"object_key": _STATE, "factory_key": "envoy.string", "format_string": kept}
    removed = {"request_mutations": [{"remove": MARK}]}
    return [
        _tap("tap-before", folder.tap("before"), taps.bytes),
        _filter("mark", "set_filter_state.v3.Config", {"on_request_headers": [value]}),
        _filter("unmark", "header_mutation.v3.HeaderMutation", {"mutations": removed}),
    ]


def behind(taps: Taps, folder: Folder) -> list[Json]:
    """The last filters before the router."""
    return [_tap("tap-behind", folder.tap("behind"), taps.bytes)] if taps.behind else []


def told(prefix: str) -> list[Json]:
    """A line for each exchange that is over, which `prefix` begins."""
    return [access_log(f"{prefix}{_LINE}")]


def _tap(name: str, prefix: str, limit: int) -> Json:
    sink = {"format": "JSON_BODY_AS_BYTES", "file_per_tap": {"path_prefix": prefix}}
    output = {
        # Streaming keeps the chunks apart.
        "streaming": True,
        "max_buffered_rx_bytes": limit,
        "max_buffered_tx_bytes": limit,
        "sinks": [sink],
    }
    static = {"match": {"any_match": True}, "output_config": output}
    return _filter(name, "tap.v3.Tap", {"common_config": {"static_config": static}})


def _filter(name: str, kind: str, config: Json) -> Json:
    return {"name": name, "typed_config": {"@type": _HTTP + kind, **config}}
