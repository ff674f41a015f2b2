"""What is measured to make a price table: which micro-filters, on which requests.

Each group is an Envoy of its own, since its request is another. A function has two lanes: one that
calls it once, one that calls it so often that the difference tells what a call costs.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tamis.benches.calibration.micro import FOUND, LIFE, LONG, ROOM, VALUE, WORDS, Micro, call, loop
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
    "CODE",
    "EMPTY",
    "FEW",
    "HIT",
    "LENGTHS",
    "LOOPS",
    "MANY",
    "MISS",
    "ONE",
    "Group",
    "groups",
    "in_both",
    "twice",
]

#: Lanes of filters that do nothing: without any callback, with one, with those of any stream.
EMPTY, ONE, BARE = "empty", "one", "bare"
#: Lanes that read a header that is not there, and one that is; whose code is scattered.
MISS, HIT, CODE = "miss", "hit", "code"
FEW, MANY = 1, 9
LOOPS = (1_000, 20_000)
#: Bytes of request bodies.
LENGTHS = (16384, 64)
_REQUEST, _RESPONSE = "proxy_on_request_headers", "proxy_on_response_headers"
_BODY = "proxy_on_request_body"
_RESPONSE_BODY, _ANSWERED = "proxy_on_response_body", "proxy_on_http_call_response"
_CONFIGURE = "proxy_on_configure"
_AT, _SIZE, _ID = FOUND, FOUND + 4, FOUND + 8
_NAME, _NONE, _PROPERTY, _METRIC, _KEY, _CLUSTER = (WORDS + 32 * at for at in range(6))
_CALL = WORDS + 256
_PAIRS, _REPLACE = "proxy_get_header_map_pairs", "proxy_replace_header_map_value"
#: As many functions, of the size that those of filters have.
_FUNCTIONS = 64
#: The service that callouts go to.
_ORIGIN = b"origin"
_SEGMENTS = (("method", "GET"), ("path", "/index.html"), ("authority", "example.com"))
#: Requests differ, as those of real traffic do: what one was guessed to need helps the next less.
_PATHS = ("/index.html", "/api/users?page=2", "/", "/static/app.3f2c.js")
_FIELDS: Headers = (
    ("x-user", "ada"),
    ("user-agent", "curl/8.5.0"),
    ("accept-encoding", "gzip"),
    ("x-request-id", "2f9f1bd2-3f2c-4f5e-9d0a-2f1f0a7d6c11"),
    ("cookie", "session=0123456789abcdef"),
    ("accept-language", "en"),
    ("authorization", "Bearer 0123456789abcdef0123456789abcdef"),
    ("accept", "*/*"),
)
_COUNTS = (6, 3, 8, 5)
_LARGE = (40, 36, 44, 40)
_ANSWERS: tuple[Headers, ...] = (
    ((":status", "200"), ("content-type", "text/html"), ("cache-control", "no-store")),
    ((":status", "201"), ("content-type", "text/plain"), ("vary", "accept"), ("x-a", "1")),
    ((":status", "200"), ("content-type", "text/css")),
    ((":status", "404"), ("content-type", "text/html"), ("server", "origin"), ("etag", "17")),
)


@dataclass(frozen=True, slots=True)
class Group:
    """`filters` by the name of their lane, on `exchanges` in turn."""

    name: str
    exchanges: tuple[Exchange, ...]
    filters: Mapping[str, Micro]
    services: Mapping[str, tuple[CalloutRule, ...]] = field(default_factory=dict)


def in_both(name: str) -> str:
    """The lane that calls a function in two callbacks."""
    return f"{name} in both"


def twice(name: str, times: int) -> str:
    """The lane in which a function is called so often."""
    return f"{name} x{times}"


def groups() -> tuple[Group, ...]:
    """All of them."""
    return (_headers(), _large(), _more(), *map(_bodies, LENGTHS), _callouts())


def _headers() -> Group:
    """Functions of header maps; what there is beside functions."""
    maps = {
        MISS: call("proxy_get_header_map_value", 0, _NONE, 6, _AT, _SIZE),
        HIT: call("proxy_get_header_map_value", 0, _NAME, 6, _AT, _SIZE),
        _REPLACE: _set(VALUE, 8),
        "long value": _set(VALUE, LONG),
        "proxy_add_header_map_value": call("proxy_add_header_map_value", 0, _NONE, 6, VALUE, 8),
        "proxy_remove_header_map_value": call("proxy_remove_header_map_value", 0, _NONE, 6),
        _PAIRS: call(_PAIRS, 0, _AT, _SIZE),
    }
    filters = _idle() | {ONE: Micro((_REQUEST,)), CODE: _scattered()}
    for name, code in maps.items():
        filters |= _both(name, code)
    get = maps[_PAIRS]
    back = call("proxy_set_header_map_pairs", 0, _load(_AT), _load(_SIZE))
    filters |= _both("proxy_set_header_map_pairs", back, once=get)
    for rounds in LOOPS:
        filters[f"loop {rounds}"] = _micro(loop(rounds))
    answered = {
        MISS: call("proxy_get_header_map_value", 2, _NONE, 6, _AT, _SIZE),
        _REPLACE: _set(VALUE, 8, 2),
        _PAIRS: call(_PAIRS, 2, _AT, _SIZE),
    }
    for name, code in answered.items():
        both = {_REQUEST: maps[name], _RESPONSE: code}
        filters[in_both(name)] = replace(_micro(), code=both)
    return Group("headers", _exchanges(_COUNTS), filters)


def _large() -> Group:
    """A map of many headers, read whole."""
    filters = _idle()
    filters |= _both(_PAIRS, call(_PAIRS, 0, _AT, _SIZE))
    return Group("large map", _exchanges(_LARGE), filters)


def _more() -> Group:
    """Everything else that is called in the headers' callback."""
    filters = _idle()
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
    return Group("more", _exchanges(_COUNTS), filters)


def _bodies(length: int) -> Group:
    """Functions of buffers, on a request body; a response body that is only seen."""
    filters = _idle()
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
    return Group(f"body of {length}", _exchanges(_COUNTS, body, b"answer"), filters)


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
    reply = CalloutReply(_ANSWERS[1], (b"welcome",))
    rule = CalloutRule(CalloutMatch(_ORIGIN.decode()), reply)
    filters = _idle() | {"proxy_http_call": asking}
    plain, with_body = _exchanges(_COUNTS), _exchanges(_COUNTS, (b"b" * 64, b""), b"answer")
    # A request that waits is held with its body, and half of them have one.
    both = (*plain[:2], *with_body[2:])
    return Group("callouts", both, filters, {_ORIGIN.decode(): (rule,)})


def _idle() -> dict[str, Micro]:
    """What every group has, to hold the others against."""
    return {EMPTY: Micro(()), BARE: _micro()}


def _micro(code: str = "", times: int = 1, once: str = "", configure: str = "") -> Micro:
    words = {
        _NAME: b"x-user",
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


def _set(value: int, length: int, kind: int = 0) -> str:
    return call(_REPLACE, kind, _NONE, 6, value, length)


def _load(address: int) -> str:
    return f"(i32.load (i32.const {address}))"


def _scattered() -> Micro:
    """Small functions, each called once, in an order that has nothing to do with where they are."""
    order = random.Random(1).sample(range(_FUNCTIONS), _FUNCTIONS)
    calls = "".join(f"(local.set $hash (call $f{at} (local.get $hash)))" for at in order)
    micro = _micro(f"{calls} (i32.store (i32.const {FOUND}) (local.get $hash))")
    return replace(micro, functions=tuple(f"f{at}" for at in range(_FUNCTIONS)))


def _exchanges(
    counts: Sequence[int], body: tuple[bytes, ...] = (), answer: bytes = b""
) -> tuple[Exchange, ...]:
    """One for each number of headers."""
    found = []
    for at, (path, number) in enumerate(zip(_PATHS, counts, strict=True)):
        more = tuple(
            (f"x-header-{each}", f"value of {each}") for each in range(len(_FIELDS), number)
        )
        head = ((":method", "POST" if body else "GET"), (":path", path), (":scheme", "http"))
        length = (("content-length", str(len(b"".join(body)))),) if body else ()
        fields = (*head, (":authority", "example.com"), *_FIELDS[:number], *more, *length)
        given = Answer(_ANSWERS[at], (answer,) if answer else ())
        found.append(Exchange(Request(fields, body), given))
    return tuple(found)
