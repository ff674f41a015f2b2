"""What is measured to make a price table: which micro-filters, on which requests.

Each group is an Envoy of its own, since its request is another. A function has two lanes: one that
calls it once, one that calls it so often that the difference tells what a call costs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tamis.benches.micro import FOUND, LIFE, LONG, ROOM, VALUE, WORDS, Micro, call, loop
from tamis.model.exchange import (
    Answer,
    CalloutMatch,
    CalloutReply,
    CalloutRule,
    Exchange,
    Headers,
    Request,
)

__all__ = [
    "BARE",
    "EMPTY",
    "FEW",
    "FIELDS",
    "LENGTHS",
    "LOOPS",
    "MANY",
    "MANY_FIELDS",
    "Group",
    "groups",
    "size",
    "twice",
]

#: Lanes of a filter without any callback, and with those of any stream, which do nothing.
EMPTY, BARE = "empty", "bare"
FEW, MANY = 1, 9
LOOPS = (1_000, 20_000)
#: Bytes of request bodies.
LENGTHS = (16384, 64)
_REQUEST, _BODY = "proxy_on_request_headers", "proxy_on_request_body"
_RESPONSE_BODY, _ANSWERED = "proxy_on_response_body", "proxy_on_http_call_response"
_CONFIGURE = "proxy_on_configure"
_AT, _SIZE, _ID = FOUND, FOUND + 4, FOUND + 8
_NAME, _NONE, _PROPERTY, _METRIC, _KEY, _CLUSTER = (WORDS + 32 * at for at in range(6))
_CALL = WORDS + 256
#: The service that callouts go to.
_ORIGIN = b"origin"
_SEGMENTS = (("method", "GET"), ("path", "/index.html"), ("authority", "example.com"))
_HEAD: Headers = (
    (":method", "GET"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":authority", "example.com"),
)
FIELDS: Headers = (
    ("user-agent", "curl/8.5.0"),
    ("accept", "*/*"),
    ("accept-encoding", "gzip"),
    ("accept-language", "en"),
    ("cookie", "session=0123456789abcdef"),
    ("x-request-id", "2f9f1bd2-3f2c-4f5e-9d0a-2f1f0a7d6c11"),
)
MANY_FIELDS: Headers = tuple((f"x-header-number-{at}", f"value of it {at}") for at in range(40))
_ANSWER: Headers = (
    (":status", "200"),
    ("content-type", "text/html"),
    ("cache-control", "no-store"),
    ("vary", "accept-encoding"),
)


@dataclass(frozen=True, slots=True)
class Group:
    """`filters` by the name of their lane, on one exchange."""

    name: str
    exchange: Exchange
    filters: Mapping[str, Micro]
    services: Mapping[str, tuple[CalloutRule, ...]] = field(default_factory=dict)


def twice(name: str, times: int) -> str:
    """The lane in which a function is called so often."""
    return f"{name} x{times}"


def size(headers: Headers) -> int:
    """Bytes of a header map as a guest gets it."""
    return 4 + sum(8 + len(name) + len(value) + 2 for name, value in headers)


def groups() -> tuple[Group, ...]:
    """All of them."""
    return (_headers(), _more(), *map(_bodies, LENGTHS), _callouts())


def _headers() -> Group:
    """Functions of header maps; what there is beside functions."""
    maps = {
        "miss": call("proxy_get_header_map_value", 0, _NONE, 6, _AT, _SIZE),
        "hit": call("proxy_get_header_map_value", 0, _NAME, 6, _AT, _SIZE),
        "proxy_replace_header_map_value": _set(VALUE, 8),
        "long value": _set(VALUE, LONG),
        "proxy_add_header_map_value": call("proxy_add_header_map_value", 0, _NONE, 6, VALUE, 8),
        "proxy_remove_header_map_value": call("proxy_remove_header_map_value", 0, _NONE, 6),
        "proxy_get_header_map_pairs": call("proxy_get_header_map_pairs", 0, _AT, _SIZE),
    }
    filters = {EMPTY: Micro(()), BARE: _micro()}
    for name, code in maps.items():
        filters |= _both(name, code)
    get = maps["proxy_get_header_map_pairs"]
    back = call("proxy_set_header_map_pairs", 0, _load(_AT), _load(_SIZE))
    filters |= _both("proxy_set_header_map_pairs", back, once=get)
    for rounds in LOOPS:
        filters[f"loop {rounds}"] = _micro(loop(rounds))
    return Group("headers", _exchange(FIELDS), filters)


def _more() -> Group:
    """Everything else that is called in the headers' callback, and a large map."""
    filters = {EMPTY: Micro(()), BARE: _micro()}
    filters |= _both("large map", call("proxy_get_header_map_pairs", 0, _AT, _SIZE))
    define = call("proxy_define_metric", 0, _METRIC, 7, _ID)
    write = call("proxy_set_shared_data", _KEY, 3, VALUE, 8, 0)
    codes: dict[str, tuple[str, str]] = {
        "proxy_log": (call("proxy_log", 0, _NAME, 6), ""),
        "proxy_get_current_time_nanoseconds": (
            call("proxy_get_current_time_nanoseconds", _AT),
            "",
        ),
        "proxy_get_property": (call("proxy_get_property", _PROPERTY, 11, _AT, _SIZE), ""),
        "proxy_define_metric": (define, ""),
        "proxy_increment_metric": (call("proxy_increment_metric", _load(_ID), 1), define),
        "proxy_get_shared_data": (
            call("proxy_get_shared_data", _KEY, 3, _AT, _SIZE, _ID),
            write,
        ),
        "proxy_set_shared_data": (write, ""),
    }
    for name, (code, configure) in codes.items():
        filters |= _both(name, code, configure=configure)
    return Group("more", _exchange(MANY_FIELDS), filters)


def _bodies(length: int) -> Group:
    """Functions of buffers, on a request body; a response body that is only seen."""
    filters = {EMPTY: Micro(()), BARE: _micro()}
    behind = LIFE.index(_REQUEST) + 1
    filters[_BODY] = Micro((*LIFE[:behind], _BODY, *LIFE[behind:]))
    filters[_RESPONSE_BODY] = Micro((*LIFE, _RESPONSE_BODY))
    codes = {
        "proxy_get_buffer_bytes": call("proxy_get_buffer_bytes", 0, 0, length, _AT, _SIZE),
        "proxy_set_buffer_bytes": call("proxy_set_buffer_bytes", 0, 0, length, VALUE, length),
        "proxy_get_buffer_status": call("proxy_get_buffer_status", 0, _AT, _SIZE),
    }
    for function, code in codes.items():
        for times in (FEW, MANY):
            filters[twice(function, times)] = Micro((*LIFE, _BODY), {_BODY: code}, times)
    body = (b"b" * length, b"")
    fields = (*FIELDS, ("content-length", str(length)))
    return Group(f"body of {length}", _exchange(fields, body, b"answer"), filters)


def _callouts() -> Group:
    """One call that the request waits for."""
    pairs = b"".join(
        len(name).to_bytes(4, "little") + len(value).to_bytes(4, "little")
        for name, value in ((f":{name}", value) for name, value in _SEGMENTS)
    )
    texts = b"".join(f":{name}\0{value}\0".encode() for name, value in _SEGMENTS)
    head = len(_SEGMENTS).to_bytes(4, "little") + pairs + texts
    made = call(
        "proxy_http_call",
        *(_CLUSTER, len(_ORIGIN), _CALL, len(head), 0, 0, 0, 0, 5000, _ID),
    )
    # Of requests that wait at the same time, each by the number of its call.
    kept = f"(i32.store {_waiting(_load(_ID))} (local.get 0))"
    back = call("proxy_set_effective_context", f"(i32.load {_waiting('(local.get 1)')})")
    asking = Micro(
        (*LIFE, _ANSWERED),
        {_REQUEST: made + kept, _ANSWERED: back + call("proxy_continue_stream", 0)},
        words={_CLUSTER: _ORIGIN, _CALL: head},
        result={_REQUEST: 1},
    )
    rule = CalloutRule(CalloutMatch(_ORIGIN.decode()), CalloutReply())
    filters = {EMPTY: Micro(()), BARE: _micro(), "proxy_http_call": asking}
    return Group("callouts", _exchange(FIELDS), filters, {_ORIGIN.decode(): (rule,)})


def _micro(code: str = "", times: int = 1, once: str = "", configure: str = "") -> Micro:
    words = {
        _NAME: b"accept",
        _NONE: b"x-none",
        _PROPERTY: b"plugin_name",
        _METRIC: b"counter",
        _KEY: b"key",
    }
    before = {_REQUEST: once} if once else {}
    callbacks: tuple[str, ...] = LIFE
    if configure:
        callbacks = (_CONFIGURE, *LIFE)
        before[_CONFIGURE] = configure
    return Micro(callbacks, {_REQUEST: code}, times, before, words)


def _both(name: str, code: str, *, once: str = "", configure: str = "") -> dict[str, Micro]:
    return {twice(name, times): _micro(code, times, once, configure) for times in (FEW, MANY)}


def _waiting(call_id: str) -> str:
    """Where the stream of a call is kept."""
    slot = f"(i32.shl (i32.and {call_id} (i32.const 1023)) (i32.const 2))"
    return f"(i32.add (i32.const {ROOM}) {slot})"


def _set(value: int, length: int) -> str:
    return call("proxy_replace_header_map_value", 0, _NAME, 6, value, length)


def _load(address: int) -> str:
    return f"(i32.load (i32.const {address}))"


def _exchange(fields: Headers, body: tuple[bytes, ...] = (), answer: bytes = b"") -> Exchange:
    request = Request((*_HEAD, *fields), body)
    return Exchange(request, Answer(_ANSWER, (answer,) if answer else ()))
