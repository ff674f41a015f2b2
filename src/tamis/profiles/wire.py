"""What Envoy does to messages around a filter: `wire.toml` as frozen values, and its rules.

Every host reads the same data: our host core lets `Wire.arriving` shape what a guest meets, and
the comparison takes away what Envoy adds behind the filter. Measured over HTTP/2.
"""

import hashlib
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from tamis.model.exchange import OF_CONNECTION, Fixture, Headers

__all__ = ["Addition", "Direction", "Wire", "load", "routed", "vm_id"]

Direction = Literal["request", "response"]
# HTTP/1 codecs give the pseudo-headers in this order, whatever came on the wire.
_HTTP1_ORDER = (":authority", ":path", ":method", ":scheme")
_SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True)
class Addition:
    """One header Envoy adds. `value` None: it differs from run to run (a date)."""

    header: str
    direction: Direction
    value: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Wire:
    """The lists of wire.toml; the mappings are by direction.

    `max_frame`: bytes of a DATA frame, longer chunks travel in several; `buffer`: bytes a paused
    stream may hold. `counts_cookies`: those of an HTTP/2 request count for the limits of its
    headers; `groups`: the HTTP/2 codec writes headers of one name together.
    """

    before: tuple[Addition, ...]
    after: tuple[Addition, ...]
    dropped: Mapping[Direction, frozenset[str]]
    removed: Mapping[Direction, frozenset[str]]
    joined: Mapping[Direction, frozenset[str]]
    max_frame: int
    buffer: int
    counts_cookies: bool
    groups: bool

    @property
    def scheme(self) -> str:
        """What Envoy takes the client's connection to be: http or https."""
        added = {each.header: each.value for each in self.before}
        return added.get("x-forwarded-proto") or "http"

    def arriving(
        self, headers: Headers, direction: Direction, *, http1: bool = False, early: bool = False
    ) -> Headers:
        """A header block as the filter meets it when `headers` are sent over HTTP/2.

        Names, and schemes, in lower case, that of CONNECT as it was forwarded; `host` stands in for
        a missing `:authority`; cookies in one header, at the end; of `te` only trailers; dropped
        and joined headers as the lists say; then what Envoy adds. `http1`: sent over HTTP/1.1,
        where cookies stay as they are, values lose the white space around them, pseudo-headers have
        one order, `host` is one more authority, headers of the connection go no further, and
        `x-forwarded-proto` decides on the scheme. `early`: Envoy has added nothing yet, nor an
        HTTP/1.1 scheme.
        """
        lower = tuple((name.lower(), value) for name, value in headers)
        if direction == "request":
            lower = tuple(_teless(_with_authority(lower, http1=http1)))
        kept = [pair for pair in lower if not self._drops(pair, direction)]
        met = _from_http1(kept, self.scheme) if http1 else _cookies_last(kept)
        merged = _join(tuple(met), self.joined[direction])
        if early:
            return tuple(pair for pair in merged if not (http1 and pair[0] == ":scheme"))
        names = {name for name, _ in merged}
        added = (
            (each.header, each.value)
            for each in self.before
            if each.direction == direction and each.value is not None and each.header not in names
        )
        whole = (*merged, *added)
        return whole if http1 or direction == "response" else _with_scheme(whole)

    def leaving(self, headers: Headers, direction: Direction, *, http1: bool = False) -> Headers:
        """A header block behind Envoy, additions aside, when the filter let `headers` pass.

        `http1`: it is written as HTTP/1.1.
        """
        left = tuple(pair for pair in headers if pair[0] not in self.removed[direction])
        return left if http1 else self.written(left)

    def written(self, headers: Headers) -> Headers:
        """Headers, or trailers, as the HTTP/2 codec writes them."""
        if not self.groups:
            return headers
        values: dict[str, list[str]] = {}
        for name, value in headers:
            values.setdefault(name, []).append(value)
        if "cookie" in values:
            values["cookie"] = ["; ".join(values["cookie"])]
        return tuple((name, value) for name, each in values.items() for value in each)

    def limited(self, headers: Headers, *, http1: bool = False) -> Headers:
        """Those of a request's headers that count for their limits."""
        if http1 or self.counts_cookies:
            return headers
        return tuple(pair for pair in headers if pair[0].lower() != "cookie")

    def _drops(self, pair: tuple[str, str], direction: Direction) -> bool:
        name, value = pair
        if name == "expect" and value.lower() != "100-continue":
            return False
        return name in self.dropped[direction]


@cache
def load(minor: int | None = None, *, secure: bool = False) -> Wire:
    """wire.toml, which ships with the package, for Envoy 1.`minor`; None: for the newest.

    `secure`: the client's connection is TLS.
    """
    data = tomllib.loads(files("tamis.profiles").joinpath("wire.toml").read_text("utf-8"))
    special = [each for each in data["versions"] if _holds(each, minor)]
    dropped = _sets(data["dropped"])
    more = {name for each in special for name in each.get("dropped", ())}
    return Wire(
        before=tuple(_before(each, secure=secure) for each in data["before"]),
        after=tuple(_addition(each) for each in data["after"]),
        dropped={**dropped, "request": dropped["request"] | more},
        removed=_sets(data["removed"]),
        joined=_sets(data["joined"]),
        max_frame=data["limits"]["max_frame"],
        buffer=data["limits"]["buffer"],
        counts_cookies=any(each.get("counts_cookies") for each in special),
        groups=any(each.get("groups") for each in special),
    )


def _holds(fact: Mapping[str, Any], minor: int | None) -> bool:
    at = math.inf if minor is None else minor
    since, until = (str(fact.get(key, "")).partition(".")[2] for key in ("since", "until"))
    return (int(since) if since else 0) <= at <= (int(until) if until else math.inf)


def vm_id(fixture: Fixture) -> str:
    """The vm_id under which every host runs this fixture (property `plugin_vm_id`)."""
    identity = f"{fixture.path.name}\0{fixture.name}".encode("utf-8", "surrogateescape")
    return f"tamis.{hashlib.sha256(identity).hexdigest()[:12]}"


def _addition(data: Mapping[str, str]) -> Addition:
    direction: Direction = "request" if data["direction"] == "request" else "response"
    return Addition(data["header"], direction, data.get("value"), data["why"])


def _before(data: Mapping[str, str], *, secure: bool) -> Addition:
    value = data.get("over_tls") if secure else None
    found = _addition(data)
    return replace(found, value=value) if value else found


def _sets(data: Mapping[str, list[str]]) -> Mapping[Direction, frozenset[str]]:
    return {"request": frozenset(data["request"]), "response": frozenset(data["response"])}


def _with_authority(headers: Headers, *, http1: bool) -> Headers:
    if not http1 and any(name == ":authority" for name, _ in headers):
        return tuple(pair for pair in headers if pair[0] != "host")
    return tuple((":authority" if name == "host" else name, value) for name, value in headers)


def _teless(headers: Headers) -> Iterator[tuple[str, str]]:
    for name, value in headers:
        if name != "te":
            yield name, value
        elif not value or "trailers" in (part.strip(" \t") for part in value.split(",")):
            yield name, value and "trailers"


def routed(headers: Headers) -> Headers:
    """A request's headers behind the router, which mends a scheme that is none."""
    values = dict(headers)
    given = values.get(":scheme", "").lower()
    forwarded = values.get("x-forwarded-proto", "")  # it goes on as it is
    wanted = next((each for each in (given, forwarded) if each.lower() in _SCHEMES), "http")
    scheme = (":scheme", wanted)
    if ":scheme" in values:
        return tuple(scheme if pair[0] == ":scheme" else pair for pair in headers)
    return _behind_pseudo(headers, scheme)


def _behind_pseudo(headers: Headers, pair: tuple[str, str]) -> Headers:
    pseudo = sum(name.startswith(":") for name, _ in headers)
    return (*headers[:pseudo], pair, *headers[pseudo:])


def _with_scheme(headers: Headers) -> Headers:
    """Over HTTP/2, where CONNECT comes without one."""
    values = dict(headers)
    if values.get(":method") == "CONNECT" and ":scheme" not in values:
        return _behind_pseudo(headers, (":scheme", values["x-forwarded-proto"]))
    return tuple((n, v.lower() if n == ":scheme" else v) for n, v in headers)


def _from_http1(headers: list[tuple[str, str]], otherwise: str) -> list[tuple[str, str]]:
    listed = [value for name, value in headers if name == "connection"]
    named = {part.strip(" \t").lower() for value in listed for part in value.split(",")} - {"te"}
    gone = OF_CONNECTION | named | {":scheme", ":protocol"}
    kept = [(name, value.strip(" \t")) for name, value in headers if name not in gone]
    forwarded = next((value for name, value in kept if name == "x-forwarded-proto"), "")
    scheme = forwarded if forwarded in _SCHEMES else otherwise
    order = {name: rank for rank, name in enumerate(_HTTP1_ORDER)}
    return sorted([*kept, (":scheme", scheme)], key=lambda pair: order.get(pair[0], len(order)))


def _cookies_last(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    crumbs = [value for name, value in headers if name == "cookie"]
    others = [pair for pair in headers if pair[0] != "cookie"]
    return [*others, ("cookie", "; ".join(crumbs))] if crumbs else others


def _join(headers: Headers, names: frozenset[str]) -> Headers:
    found: list[tuple[str, str]] = []
    where: dict[str, int] = {}
    for name, value in headers:
        if name not in where or name not in names:
            where.setdefault(name, len(found))
            found.append((name, value))
        elif value:
            first = found[where[name]][1]
            found[where[name]] = (name, f"{first},{value}" if first else value)
    return tuple(found)
