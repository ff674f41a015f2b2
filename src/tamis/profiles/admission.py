"""What Envoy answers before any filter meets a request, or None.

Its codecs' rules, then those of its connection manager, in their order. A fixture's request has all
pseudo headers: none is missing. Measured on Envoy 1.36.4, 1.37.0, 1.38.2, 1.39.3 and 1.40.0, and
held by tests/envoy/test_admission.py.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tamis.model.exchange import OF_CONNECTION, Headers, Protocol, to_bytes
from tamis.profiles.wire import Wire

__all__ = ["Refusal", "oversized", "refusal"]

#: Envoy's own limits of a request's headers.
_DEFAULT_BYTES = 60 * 1024
_DEFAULT_COUNT = 100

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_CONTROL = re.compile(rb"[\0-\x08\x0a-\x1f\x7f]")
_UNPRINTABLE = re.compile(rb"[\0-\x20\x7f]")
_NO_PATH = re.compile(rb"[\x80-\xff]")
_NO_AUTHORITY = re.compile(rb'[\0-\x20"#/<>?\\^`{|}\x7f-\xff]')
_NO_OLD_SCHEME = re.compile(rb"[\0-\x08\x0a-\x1f,\x7f]")
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+\-.]*\Z")
_WITH_PORT = re.compile(rb":[0-9]+\Z")
_LENGTH = re.compile(rb"[0-9]+\Z")
_MAX_LENGTH = 2**64
#: What Envoy's HTTP/1 parser knows; 1.40 added QUERY.
_METHODS = frozenset(
    [
        "ACL",
        "BIND",
        "CHECKOUT",
        "CONNECT",
        "COPY",
        "DELETE",
        "GET",
        "HEAD",
        "LINK",
        "LOCK",
        "MERGE",
        "MKACTIVITY",
        "MKCALENDAR",
        "MKCOL",
        "MOVE",
        "MSEARCH",
        "NOTIFY",
        "OPTIONS",
        "PATCH",
        "POST",
        "PROPFIND",
        "PROPPATCH",
        "PURGE",
        "PUT",
        "REBIND",
        "REPORT",
        "SEARCH",
        "SOURCE",
        "SUBSCRIBE",
        "TRACE",
        "UNBIND",
        "UNLINK",
        "UNLOCK",
        "UNSUBSCRIBE",
    ]
)
_QUERY_SINCE = 40
#: Since when the HTTP/2 codec holds authority, scheme and content-length to their grammar.
_STRICT_SINCE = 37


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reply with `status`, or 0: the stream is reset. `details`: Envoy's, of a reply.

    `body`: only what the codec refuses has one, and is never told in the words of gRPC. `early`:
    Envoy has not yet added anything to the request's headers.
    """

    status: int
    details: str = ""
    body: str = ""
    early: bool = True


_RESET = Refusal(0)
_UPGRADE = Refusal(403, "upgrade_failed", early=False)


def refusal(
    headers: Headers, protocol: Protocol, *, minor: int, rules: Wire, default_limits: bool
) -> Refusal | None:
    """What becomes of a request with `headers`, as Envoy 1.`minor` answers it; None: it is let in.

    `default_limits`: Envoy's own limits of the size and number of headers hold.
    """
    old = protocol == "http/1.1"
    if default_limits and oversized(rules.limited(headers, http1=old)):
        if not old:
            return _RESET
        return Refusal(431, "http1.headers_too_large", "Request Header Fields Too Large")
    block = _Block(headers)
    refused = _http1(block, minor) if old else _http2(block, minor)
    return refused or _manager(block, minor, http1=old)


class _Block:
    """A request's headers, by name."""

    def __init__(self, headers: Headers) -> None:
        self.pairs = [(name.lower(), to_bytes(value)) for name, value in headers]
        self.by_name: Mapping[str, bytes] = dict(reversed(self.pairs))
        self.method = self.by_name.get(":method", b"GET")
        self.path = self.by_name.get(":path", b"/")

    def all(self, name: str) -> list[bytes]:
        """Every value of that name."""
        return [value for each, value in self.pairs if each == name]

    @property
    def authority(self) -> bytes:
        """Of the pseudo header, or of `host`."""
        return self.by_name.get(":authority", self.by_name.get("host", b"")).strip(b" \t")


def oversized(headers: Headers) -> bool:
    """Whether they are more, or more bytes, than Envoy's own limits."""
    size = sum(len(to_bytes(name)) + len(to_bytes(value)) for name, value in headers)
    return size > _DEFAULT_BYTES or len(headers) > _DEFAULT_COUNT


# HTTP/2: the codec resets the stream --------------------------------------------------------------


def _http2(block: _Block, minor: int) -> Refusal | None:
    given = block.by_name
    connect = block.method == b"CONNECT"
    fine = (
        ":protocol" not in given  # Envoy takes no extended CONNECT unless it is told to
        and not (connect and (":path" in given or ":scheme" in given))
        and _TOKEN.match(given.get(":method", b"GET"))
        and _is_path(block.method, given.get(":path", b"/"))
        and _is_authority(given.get(":authority", b"a"), minor)
        and _is_scheme(given.get(":scheme", b"http"), minor)
        and _has_lengths(block.all("content-length"), minor)
        and not any(name in OF_CONNECTION for name, _ in block.pairs)
        and not any(_CONTROL.search(value) for _, value in block.pairs)
        and all(_is_trailers(value, minor) for value in block.all("te"))
    )
    return None if fine else _RESET


def _is_path(method: bytes, path: bytes) -> bool:
    star = method == b"OPTIONS" and path == b"*"
    return (path.startswith(b"/") or star) and not _UNPRINTABLE.search(path)


def _is_authority(authority: bytes, minor: int) -> bool:
    if not authority:
        return minor < _STRICT_SINCE
    return not _NO_AUTHORITY.search(authority) and b"@" not in authority


def _is_scheme(scheme: bytes, minor: int) -> bool:
    if minor < _STRICT_SINCE:
        return not _NO_OLD_SCHEME.search(scheme)
    return _SCHEME.match(scheme) is not None


def _has_lengths(lengths: list[bytes], minor: int) -> bool:
    if minor < _STRICT_SINCE:
        lengths = list({each.strip(b" \t").removeprefix(b"+") for each in lengths})
    return len(lengths) <= 1 and all(
        _LENGTH.match(each) and int(each) < _MAX_LENGTH for each in lengths
    )


def _is_trailers(value: bytes, minor: int) -> bool:
    return (value if minor < _STRICT_SINCE else value.lower()) == b"trailers"


# HTTP/1.1: the codec answers and closes -----------------------------------------------------------


def _http1(block: _Block, minor: int) -> Refusal | None:
    if any(_CONTROL.search(value) for _, value in block.pairs):
        return _bad("http1.invalid_characters")
    if not _knows(block.method, minor) or not _is_target(block) or not _http1_lengths(block):
        return _bad("http1.codec_error")
    codings = block.all("transfer-encoding")
    if codings and (len(codings) > 1 or codings[0].strip().lower() != b"chunked"):
        return Refusal(501, "http1.invalid_transfer_encoding", "Not Implemented")
    if codings and block.all("content-length"):
        return _bad("http1.content_length_and_chunked_not_allowed")
    if block.method == b"CONNECT":
        invalid = not _WITH_PORT.search(block.authority)
    else:
        invalid = block.path.startswith(b"*") and block.method != b"OPTIONS"
    if invalid:
        return _bad("http1.invalid_url")
    if _NO_AUTHORITY.search(block.authority):
        return _bad("http.invalid_authority")
    return None


def _bad(details: str) -> Refusal:
    return Refusal(400, details, "Bad Request")


def _knows(method: bytes, minor: int) -> bool:
    name = method.decode("latin-1")
    return name in _METHODS or (name == "QUERY" and minor >= _QUERY_SINCE)


def _is_target(block: _Block) -> bool:
    if block.method == b"CONNECT":
        return True
    return block.path[:1] in (b"/", b"*") and not _NO_PATH.search(block.path)


def _http1_lengths(block: _Block) -> bool:
    lengths = [each.strip(b" \t") for each in block.all("content-length")]
    return len(lengths) <= 1 and all(
        _LENGTH.match(each) and int(each) < _MAX_LENGTH for each in lengths
    )


# Both: the connection manager replies -------------------------------------------------------------


def _manager(block: _Block, minor: int, *, http1: bool) -> Refusal | None:
    if block.method == b"QUERY" and minor >= _QUERY_SINCE and not block.by_name.get("content-type"):
        return Refusal(400, "query_missing_content_type")
    if block.method == b"CONNECT":
        return _UPGRADE
    if not block.path.startswith(b"/"):
        return Refusal(404, "absolute_path_rejected")
    if b"#" in block.path:
        return Refusal(400, "path_normalization_failed")
    return _UPGRADE if http1 and _upgrades(block) else None


def _upgrades(block: _Block) -> bool:
    """To something else than HTTP/2, which Envoy leaves out."""
    wanted = {each.strip().lower() for each in b",".join(block.all("connection")).split(b",")}
    if b"upgrade" not in wanted or "upgrade" not in block.by_name:
        return False
    return block.by_name["upgrade"].strip().lower() != b"h2c"
