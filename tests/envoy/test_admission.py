"""What Envoy's codecs and its connection manager answer before any filter meets a request: our host
answers the same, and the filter's stream sees as little of it.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.envoy.conftest import build

from tamis import compare, host
from tamis.envoy import Judge
from tamis.model.exchange import Answer, Exchange, Fixture, Headers, Protocol, Request

ANSWER = Answer(((":status", "200"),), (b"AB",))
GRPC = ("content-type", "application/grpc")
UPGRADE = (("connection", "Keep-Alive, Upgrade"), ("upgrade", "x"))
#: Reads what there is in proxy_on_log: what was refused is logged, too.
PROGRAM = b"ls000ls200lv000lv020lv230lp100lg003lS100"


def request(*more: tuple[str, str], body: bytes = b"", **pseudo: str) -> Request:
    """`POST /` with some of it replaced; "-" takes a pseudo header away."""
    given = {"method": "POST", "scheme": "http", "authority": "localhost", "path": "/"} | pseudo
    headers: Headers = tuple((f":{name}", value) for name, value in given.items() if value != "-")
    return Request((*headers, *more), (body,) if body else ())


CONNECT = {"method": "CONNECT", "scheme": "-", "path": "-"}
REQUESTS = {
    "a fragment": request(path="/a?b#c"),
    "a fragment, HEAD": request(path="/#", method="HEAD"),
    "a fragment, gRPC": request(GRPC, path="/#"),
    "no path": request(path="a"),
    "no path, gRPC": request(GRPC, path="a"),
    "no path, HEAD": request(path="a", method="HEAD"),
    "a star": request(path="*", method="OPTIONS"),
    "two stars": request(path="**", method="OPTIONS"),
    "a star, GET": request(path="*", method="GET"),
    "a control character in a path": request(path="/\x01"),
    "a letter beyond ASCII in a path": request(path="/\u00e9"),
    "an unknown method": request(method="FOO"),
    "a known method": request(method="PROPFIND"),
    "a method in lower case": request(method="get"),
    "a method that is no token": request(method="G@T"),
    "QUERY": request(method="QUERY"),
    "QUERY with a type": request(("content-type", "a/b"), method="QUERY", body=b"x"),
    "QUERY with an empty type": request(("content-type", ""), method="QUERY"),
    "QUERY with a fragment": request(method="QUERY", path="/#"),
    "CONNECT": request(**CONNECT, authority="a:80"),
    "CONNECT without a port": request(**CONNECT, authority="a"),
    "CONNECT, gRPC": request(GRPC, **CONNECT, authority="a:80"),
    "an empty authority": request(authority=""),
    "a user in the authority": request(authority="u@h"),
    "white space in the authority": request(authority="a b"),
    "a comma in the authority": request(authority="a,b"),
    "a host beside the authority": request(("host", "b")),
    "an empty scheme": request(scheme=""),
    "another scheme": request(scheme="ftp"),
    "a scheme that is none": request(scheme="h!"),
    "a scheme in upper case": request(scheme="HTTPS"),
    "te": request(("te", "gzip")),
    "te: trailers": request(("te", "trailers")),
    "te: TRAILERS": request(("te", "TRAILERS")),
    "te: trailers, gzip": request(("te", "trailers, gzip")),
    "te, empty": request(("te", "")),
    "expect": request(("expect", "100-continue")),
    "another expect": request(("expect", "x")),
    "connection": request(("connection", "close")),
    "connection, with a name": request(("connection", "x-a"), ("x-a", "1")),
    "keep-alive": request(("keep-alive", "1")),
    "an upgrade": request(*UPGRADE),
    "an upgrade, gRPC": request(*UPGRADE, GRPC),
    "an upgrade to HTTP/2": request(("connection", "upgrade"), ("upgrade", "h2c")),
    "an upgrade of no connection": request(("upgrade", "x")),
    "chunked": request(("transfer-encoding", "chunked"), body=b"ab"),
    "chunked, without a body": request(("transfer-encoding", "chunked")),
    "a transfer encoding": request(("transfer-encoding", "gzip"), body=b"ab"),
    "chunked, with a length": request(
        ("content-length", "2"), ("transfer-encoding", "chunked"), body=b"ab"
    ),
    "a length": request(("content-length", "2"), body=b"ab"),
    "a length that is none": request(("content-length", "x"), body=b"ab"),
    "a long length": request(("content-length", "9" * 30), body=b"ab"),
    "two lengths": request(("content-length", "2"), ("content-length", "3"), body=b"ab"),
    "a control character in a value": request(("x-a", "\x01")),
    "a control character beside much else": request(("x-a", "\x7f"), authority="a b", path="a"),
    "a tab in a value": request(("x-a", "a\tb")),
    "white space around a value": request(("x-a", " a ")),
}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return build("program", tmp_path_factory.mktemp("program"))


@pytest.fixture(scope="module")
def agree(judge: Judge, program: bytes) -> Callable[..., None]:
    def check(exchange: Exchange, protocol: Protocol, config: bytes = PROGRAM) -> None:
        steps = (exchange, Exchange(request(), ANSWER))
        fixture = Fixture("x", Path("x.yaml"), steps, config=config, protocol=protocol)
        ours = host.run(program, fixture, envoy=judge.binary.version)
        theirs = judge.run(fixture, program)
        assert (ours.problems, theirs.problems, theirs.skipped) == ((), (), ())
        assert compare.differences(fixture, ours, theirs) == ()

    return check


@pytest.mark.parametrize("protocol", ["http/2", "http/1.1"])
@pytest.mark.parametrize("what", REQUESTS)
def test_a_request(agree: Callable[..., None], what: str, protocol: Protocol) -> None:
    agree(Exchange(REQUESTS[what], ANSWER), protocol)


@pytest.mark.parametrize("what", ["a fragment", "a fragment, gRPC"])
@pytest.mark.parametrize("abort", ["request", "response"])
def test_a_client_that_would_have_gone(agree: Callable[..., None], what: str, abort: str) -> None:
    answer = Answer() if abort == "request" else ANSWER
    agree(Exchange(REQUESTS[what], answer, abort=abort), "http/2")


def test_what_is_logged_of_a_request(agree: Callable[..., None]) -> None:
    """Envoy has not added its own headers yet."""
    for protocol in ("http/2", "http/1.1"):
        agree(Exchange(REQUESTS["a fragment"], ANSWER), protocol, b"lp000lp200")


def test_a_line_break_in_a_value(agree: Callable[..., None]) -> None:
    agree(Exchange(request(("x-a", "1\r\nx-b: 2")), ANSWER), "http/2")


LIMIT = 60 * 1024
LARGE = {
    "a request": Exchange(request(("x-a", "x" * 70_000)), ANSWER),
    "an answer": Exchange(request(), Answer((*ANSWER.headers, ("x", "x" * 70_000)), (b"AB",))),
    "many headers": Exchange(request(), Answer((*ANSWER.headers, *[("x", "x")] * 100))),
    "as many as can be": Exchange(request(), Answer((*ANSWER.headers, *[("x", "x")] * 99))),
    "as much as can be": Exchange(
        request(), Answer((*ANSWER.headers, ("x", "x" * (LIMIT - len(":status200x")))))
    ),
    "a byte more": Exchange(
        request(), Answer((*ANSWER.headers, ("x", "x" * (LIMIT - len(":status200x") + 1))))
    ),
}


@pytest.mark.parametrize("protocol", ["http/2", "http/1.1"])
@pytest.mark.parametrize("what", LARGE)
def test_the_default_limits(judge: Judge, program: bytes, what: str, protocol: Protocol) -> None:
    plain = Fixture("x", Path("x.yaml"), (LARGE[what],), config=PROGRAM, default_limits=True)
    fixture = replace(plain, protocol=protocol)
    ours = host.run(program, fixture, envoy=judge.binary.version)
    assert compare.differences(fixture, ours, judge.run(fixture, program)) == ()
