"""What goes wrong between a client and a registry, one row each, and what comes of it by verb.

The facts behind the rows: what docker-registry 2.8 and others were seen to do, what proxies do, and
what somebody hostile would do. `OK`: the verb works all the same; else what its error says; None:
the verb never meets this.
"""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate
from time import time

from tests.fault_proxy import Exchange, FaultProxy, Reply, Rule

__all__ = ["FAULTS", "OK", "Row"]

OK = ""
_HTML = {"Content-Type": "text/html; charset=utf-8"}
_PAGE = b"<!DOCTYPE html><html><body>Sorry</body></html>"
_BYTES = {"Content-Type": "application/octet-stream"}
_WRONG = "sha256:" + "0" * 64
#: How often a fault comes that stays.
ALWAYS = 10_000
_DEAD = "does not answer: "
_GONE = f"{_DEAD}|loses its uploads"
_BUSY = "fails to serve "

Do = Callable[[Exchange], None]


@dataclass(frozen=True)
class Row:
    """`rules` gets the proxy that another host is. `hasty`: who is silent is given up soon."""

    name: str
    rules: Callable[[FaultProxy], list[Rule]]
    push: str | None = None
    pull: str | None = None
    copy: str | None = None
    hasty: bool = False

    def expected(self, verb: str) -> str | None:
        return {"push": self.push, "pull": self.pull, "copy": self.copy}[verb]


def _one(method: str, path: str, do: Do, times: int = 1, skip: int = 0):  # type: ignore[no-untyped-def]
    return lambda _: [Rule(method, path, do, times, skip)]


def drop(exchange: Exchange) -> None:
    """Before anything was read."""
    exchange.drop()


def drop_within(exchange: Exchange) -> None:
    """In the middle of the body."""
    exchange.forward_half()


def drop_after(exchange: Exchange) -> None:
    """The registry took it, the client does not hear of it."""
    exchange.forward()
    exchange.drop()


def says(status: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Do:
    """An answer that the registry knows nothing of."""
    return lambda exchange: exchange.send(Reply(status, headers or {}, body))


def changed(change: Callable[[Reply], Reply]) -> Do:
    """The registry's answer, with a change."""
    return lambda exchange: exchange.send(change(exchange.forward()))


def header(name: str, value: str | None) -> Do:
    return changed(lambda reply: reply.header(name, value))


def body(change: Callable[[bytes], bytes]) -> Do:
    return changed(lambda reply: replace(reply, body=change(reply.body)))


def cut(exchange: Exchange) -> None:
    """Half of the body, and then nothing."""
    reply = exchange.forward()
    exchange.send(replace(reply, body=reply.body[: len(reply.body) // 2]), length=len(reply.body))


def slow_head(exchange: Exchange) -> None:
    exchange.body()
    exchange.drip(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 4000, 0.02)


def slow_body(exchange: Exchange) -> None:
    reply = exchange.forward()
    told = {**reply.headers, "Content-Length": str(len(reply.body))}
    lines = [f"HTTP/1.1 {reply.status} OK", *(f"{n}: {v}" for n, v in told.items()), "", ""]
    exchange.raw("\r\n".join(lines).encode())
    exchange.drip(reply.body, 0.05)


def endless(exchange: Exchange) -> None:
    """Chunks without an end."""
    exchange.body()
    exchange.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    piece = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    for _ in range(1000):
        if not exchange.raw(piece):
            return
    raise AssertionError("the client reads on and on")


def elsewhere(other: FaultProxy) -> Do:
    """What the registry says, with its Location on another host."""

    def do(exchange: Exchange) -> None:
        reply = exchange.forward()
        place = reply.headers["Location"].split("/v2/", 1)[1]
        exchange.send(reply.header("Location", f"http://{other.host}/v2/{place}"))

    return do


def redirected(other: FaultProxy, status: int = 307) -> Do:
    def do(exchange: Exchange) -> None:
        exchange.body()
        target = f"http://{other.host}{exchange.seen.path}"
        exchange.send(Reply(status, {"Location": target}))

    return do


def realm(value: str) -> Do:
    challenge = f'Bearer realm="{value}",service="s",scope="repository:acme/one:pull"'
    return says(401, {"WWW-Authenticate": challenge})


def _resume(answer: Reply) -> Callable[[FaultProxy], list[Rule]]:
    """A part that breaks, and what the registry then says of the upload."""
    return lambda _: [
        Rule("PATCH", "/uploads/", drop_within),
        Rule("GET", "/uploads/", says(answer.status, answer.headers, answer.body), ALWAYS),
    ]


def _ranged(do: Do) -> Callable[[FaultProxy], list[Rule]]:
    """A body that breaks off, and the answer to the Range that asks for the rest."""

    def rest(exchange: Exchange) -> None:
        asked = any(name.lower() == "range" for name in exchange.seen.headers)
        (do if asked else _whole)(exchange)

    return lambda _: [Rule("GET", "/blobs/", cut), Rule("GET", "/blobs/", rest, ALWAYS)]


def _whole(exchange: Exchange) -> None:
    kept = {n: v for n, v in exchange.seen.headers.items() if n.lower() != "range"}
    exchange.seen = replace(exchange.seen, headers=kept)
    exchange.send(exchange.forward())


def _all_as_part(exchange: Exchange) -> None:
    kept = {n: v for n, v in exchange.seen.headers.items() if n.lower() != "range"}
    exchange.seen = replace(exchange.seen, headers=kept)
    reply = exchange.forward()
    size = len(reply.body)
    told = reply.header("Content-Range", f"bytes 0-{size - 1}/{size}")
    exchange.send(replace(told, status=206) if reply.status == 200 else reply)


def _soon() -> str:
    return formatdate(time() + 3, usegmt=True)


def _both(name: str, method: str, path: str, do: Do, stays: str, **verbs: str | None) -> list[Row]:
    """Once: it works all the same; always: one error."""
    always = {verb: (stays if seen is not None else None) for verb, seen in verbs.items()}
    return [
        Row(f"{name}, once", _one(method, path, do), **verbs),  # type: ignore[arg-type]
        Row(f"{name}, always", _one(method, path, do, ALWAYS), **always),  # type: ignore[arg-type]
    ]


_WRITES = {"push": OK, "copy": OK}
_READS = {"pull": OK, "copy": OK}

FAULTS: list[Row] = [
    # The connection breaks.
    *_both("PATCH is dropped before", "PATCH", "/uploads/", drop, _GONE, **_WRITES),
    *_both("PATCH is dropped within", "PATCH", "/uploads/", drop_within, _GONE, **_WRITES),
    *_both("PATCH is taken, not answered", "PATCH", "/uploads/", drop_after, _GONE, **_WRITES),
    *_both("POST is dropped", "POST", "/uploads/", drop, _DEAD, **_WRITES),
    *_both("PUT of a blob is dropped", "PUT", "/uploads/", drop_within, _DEAD, **_WRITES),
    Row("PUT of a blob is taken, not answered", _one("PUT", "/uploads/", drop_after, 3), **_WRITES),
    *_both("PUT of a manifest is dropped", "PUT", "/manifests/", drop, _DEAD, **_WRITES),
    Row(
        "PUT of a manifest is taken, not answered",
        _one("PUT", "/manifests/", drop_after),
        **_WRITES,
    ),
    *_both("HEAD of a blob is dropped", "HEAD", "/blobs/", drop, _DEAD, **_WRITES),
    *_both("GET of a manifest is dropped", "GET", "/manifests/", drop, _DEAD, **_READS),
    *_both("GET of a blob is dropped", "GET", "/blobs/", drop, _DEAD, **_READS),
    *_both("GET of a manifest is cut", "GET", "/manifests/", cut, _DEAD, **_READS),
    Row("GET of a blob is cut, once", _one("GET", "/blobs/", cut), **_READS),
    Row("GET of a blob is cut, often", _one("GET", "/blobs/", cut, 3), **_READS),
    # The server fails, or wants fewer requests.
    *_both("HEAD of a blob is a 500", "HEAD", "/blobs/", says(500), _BUSY, **_WRITES),
    *_both("HEAD of a manifest is a 503", "HEAD", "/manifests/", says(503), _BUSY, **_WRITES),
    *_both("POST is a 502", "POST", "/uploads/", says(502, _HTML, _PAGE), _BUSY, **_WRITES),
    *_both("PATCH is a 500", "PATCH", "/uploads/", says(500), _BUSY, **_WRITES),
    *_both("PUT of a blob is a 503", "PUT", "/uploads/", says(503), _BUSY, **_WRITES),
    *_both("PUT of a manifest is a 504", "PUT", "/manifests/", says(504), _BUSY, **_WRITES),
    *_both(
        "GET of a manifest is a 502", "GET", "/manifests/", says(502, _HTML, _PAGE), _BUSY, **_READS
    ),
    *_both("GET of a blob is a 500", "GET", "/blobs/", says(500), _BUSY, **_READS),
    Row("429, in seconds", _one("GET", "/manifests/", says(429, {"Retry-After": "3"})), **_READS),
    Row(
        "429, until a date",
        lambda _: [Rule("GET", "/manifests/", says(429, {"Retry-After": _soon()}))],
        **_READS,
    ),
    Row(
        "429, for an hour",
        _one("GET", "/manifests/", says(429, {"Retry-After": "3600"}), ALWAYS),
        pull="asks for fewer requests",
        copy="asks for fewer requests",
    ),
    Row(
        "429, for an absurd time",
        _one("POST", "/uploads/", says(429, {"Retry-After": "9" * 40}), ALWAYS),
        push="asks for fewer requests",
        copy="asks for fewer requests",
    ),
    Row(
        "429, for nobody knows how long",
        _one("PUT", "/uploads/", says(429, {"Retry-After": "soon"})),
        **_WRITES,
    ),
    # Wrong bytes.
    Row(
        "another manifest",
        _one("GET", "/manifests/", body(lambda b: b.replace(b"one", b"two")), ALWAYS),
        pull="the content has digest",
        copy="the content has digest",
    ),
    Row(
        "another digest in the header",
        _one("GET", "/manifests/", header("Docker-Content-Digest", _WRONG), ALWAYS),
        pull="the content has digest",
        copy="the content has digest",
    ),
    Row(
        "another digest after the PUT",
        _one("PUT", "/manifests/", header("Docker-Content-Digest", _WRONG), ALWAYS),
        push="keeps the manifest as",
        copy="keeps the manifest as",
    ),
    Row(
        "a bit of a blob is turned",
        _one("GET", "/blobs/", body(lambda b: b[:-1] + bytes([b[-1] ^ 1])), ALWAYS),
        pull="the content has digest",
        copy="the content has digest",
    ),
    Row(
        "a blob is longer",
        _one("GET", "/blobs/", body(lambda b: b + b"!"), ALWAYS),
        pull="sends more than the",
        copy="sends more than the",
    ),
    Row(
        "a blob is shorter",
        _one("GET", "/blobs/", body(lambda b: b[:-1]), ALWAYS),
        pull=f"{_DEAD}|the content has digest",
        copy=f"{_DEAD}|the content has digest",
    ),
    Row(
        "a blob without an end",
        _one("GET", "/blobs/", endless, ALWAYS),
        pull="sends more than the|the content has digest",
        copy="sends more than the|the content has digest",
    ),
    Row(
        "a manifest without an end",
        _one("GET", "/manifests/", endless, ALWAYS),
        pull="sends more than the 4194304",
        copy="sends more than the 4194304",
    ),
    Row(
        "Content-Length says more",
        _one("GET", "/blobs/", lambda x: x.send(x.forward(), length=1 << 40), ALWAYS),
        pull="sends more than the",
        copy="sends more than the",
    ),
    Row(
        "Content-Length says less",
        _one("GET", "/blobs/", lambda x: x.send(x.forward(), length=1)),
        **_READS,
    ),
    Row(
        "Content-Encoding lies",
        _one("GET", "/blobs/", header("Content-Encoding", "gzip"), 9),
        **_READS,
    ),
    Row(
        "Content-Encoding is true",
        _one(
            "GET",
            "/blobs/",
            changed(
                lambda r: replace(r, body=gzip.compress(r.body)).header("Content-Encoding", "gzip")
            ),
            ALWAYS,
        ),
        pull="the content has digest|sends more than",
        copy="the content has digest|sends more than",
    ),
    # Missing and odd headers.
    Row(
        "no digest on GET",
        _one("GET", "/manifests/", header("Docker-Content-Digest", None), 9),
        **_READS,
    ),
    Row(
        "no digest on HEAD",
        _one("HEAD", "/manifests/", header("Docker-Content-Digest", None), 9),
        **_WRITES,
    ),
    Row(
        "no digest on PUT",
        _one("PUT", "/manifests/", header("Docker-Content-Digest", None), 9),
        **_WRITES,
    ),
    *_both(
        "POST has no Location",
        "POST",
        "/uploads/",
        header("Location", None),
        "loses its uploads",
        **_WRITES,
    ),
    Row(
        "PATCH has no Location", _one("PATCH", "/uploads/", header("Location", None), 9), **_WRITES
    ),
    Row("PATCH has no Range", _one("PATCH", "/uploads/", header("Range", None), 9), **_WRITES),
    Row("Range says less", _one("PATCH", "/uploads/", header("Range", "0-99")), **_WRITES),
    Row("Range says more", _one("PATCH", "/uploads/", header("Range", "0-999999999")), **_WRITES),
    Row("Range says nothing", _one("PATCH", "/uploads/", header("Range", "bananas")), **_WRITES),
    *_both(
        "Range says no progress",
        "PATCH",
        "/uploads/",
        header("Range", "0-0"),
        "loses its uploads",
        **_WRITES,
    ),
    Row(
        "relative Location",
        _one(
            "POST",
            "/uploads/",
            changed(
                lambda r: r.header("Location", "/v2/" + r.headers["Location"].split("/v2/")[1])
            ),
            9,
        ),
        **_WRITES,
    ),
    Row(
        "Location with a file",
        _one("POST", "/uploads/", header("Location", "file:///etc/passwd"), ALWAYS),
        push="which is not https",
        copy="which is not https",
    ),
    Row(
        "Location that is none",
        _one("POST", "/uploads/", header("Location", "http://[::1:99999/ x"), ALWAYS),
        push="which is not https",
        copy="which is not https",
    ),
    # Uploads that go on, or do not.
    *(
        Row(f"the upload's status is {name}", _resume(reply), **_WRITES)
        for name, reply in {
            "404": Reply(404),
            "500": Reply(500),
            "200": Reply(200, {"Range": "0-10"}),
            "no Range": Reply(204),
            "more than was sent": Reply(204, {"Range": "0-99999999"}),
            "negative": Reply(204, {"Range": "-5"}),
            "a word": Reply(204, {"Range": "bananas"}),
            "too much by a bit": Reply(204, {"Range": "0-700"}),
        }.items()
    ),
    *(
        Row(f"no parts: {status}", _one("PATCH", "/uploads/", says(status), ALWAYS), **_WRITES)
        for status in (405, 400, 413, 501)
    ),
    Row("PUT of a blob is a 404", _one("PUT", "/uploads/", says(404)), **_WRITES),
    Row(
        "PUT of a blob is always a 404",
        _one("PUT", "/uploads/", says(404), ALWAYS),
        push="loses its uploads",
        copy="loses its uploads",
    ),
    Row(
        "PUT of a blob says DIGEST_INVALID",
        _one("PUT", "/uploads/", says(400, {}, b'{"errors":[{"code":"DIGEST_INVALID"}]}'), ALWAYS),
        push="refuses blob .*DIGEST_INVALID",
        copy="refuses blob .*DIGEST_INVALID",
    ),
    # Somebody else answers.
    Row(
        "404 with a web page",
        _one("GET", "/manifests/", says(404, _HTML, _PAGE), ALWAYS),
        pull="like a web site",
        copy="like a web site",
    ),
    Row(
        "200 with a web page",
        _one("GET", "/manifests/", says(200, _HTML, _PAGE), ALWAYS),
        pull="answers with a web page instead of",
        copy="answers with a web page instead of",
    ),
    Row(
        "POST is a web page",
        _one("POST", "/uploads/", says(403, _HTML, _PAGE), ALWAYS),
        push="does not let",
        copy="does not let",
    ),
    # Ranges.
    Row("200 instead of 206", _ranged(_whole), **_READS),
    Row("206 of another place", _ranged(header("Content-Range", "bytes 0-9/10")), **_READS),
    Row("206 of all of it", _ranged(_all_as_part), **_READS),
    Row("206 without its place", _ranged(header("Content-Range", None)), **_READS),
    Row("416", _ranged(says(416)), **_READS),
    # Other hosts.
    Row(
        "Location on another host",
        lambda o: [Rule("POST", "/uploads/", elsewhere(o), 9)],
        **_WRITES,
    ),
    Row("a blob on another host", lambda o: [Rule("GET", "/blobs/", redirected(o), 9)], **_READS),
    Row(
        "a manifest on another host",
        lambda o: [Rule("GET", "/manifests/", redirected(o, 302), 9)],
        **_READS,
    ),
    *(
        Row(
            f"{method} is redirected",
            lambda o, m=method, p=path: [Rule(m, p, redirected(o, 308), ALWAYS)],  # type: ignore[misc]
            push=f"redirects a {method}",
            copy=f"redirects a {method}",
        )
        for method, path in {"POST": "/uploads/", "PATCH": "/uploads/", "PUT": "/"}.items()
    ),
    Row(
        "a redirect to a file",
        _one("GET", "/blobs/", says(307, {"Location": "file:///etc/passwd"}), ALWAYS),
        pull="which is not https",
        copy="which is not https",
    ),
    Row(
        "redirects in circles",
        _one("GET", "/blobs/", lambda x: x.send(Reply(302, {"Location": x.seen.path})), ALWAYS),
        pull="redirects us in circles",
        copy="redirects us in circles",
    ),
    *(
        Row(
            f"the realm {value}",
            _one("GET", "/manifests/", realm(value), ALWAYS),
            pull=why,
            copy=why,
        )
        for value, why in {
            "http://registry.example/token": "which is not https",
            "http://10.0.0.1/token": "which is not https",
            "http://127.0.0.1.example/token": "which is not https",
            "file:///etc/passwd": "which is not https",
            "ftp://127.0.0.1/token": "which is not https",
            "/token": "which is not https",
            "": "which is not https",
        }.items()
    ),
    # Somebody who takes his time.
    *(
        Row(
            f"{method} {path} is slow in its {name}, {often}",
            _one(method, path, do, times),
            hasty=True,
            **verbs,
        )
        for method, path, all_verbs in (
            ("GET", "/manifests/", {"pull": OK, "copy": OK}),
            ("GET", "/blobs/", {"pull": OK, "copy": OK}),
        )
        for name, do in {"head": slow_head, "body": slow_body}.items()
        for often, times, verbs in (
            ("once", 1, all_verbs),
            ("always", ALWAYS, dict.fromkeys(all_verbs, _DEAD)),
        )
    ),
    Row(
        "PUT of a blob is answered slowly",
        _one("PUT", "/uploads/", slow_head),
        hasty=True,
        **_WRITES,
    ),
]
