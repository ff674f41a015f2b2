"""Record the `recorded-*` fixtures of filters/header-policy: real clients through a real Envoy.

    python scripts/record_fixtures.py [FOLDER]

Each client (curl with HTTP/1.1 and HTTP/2, Python's urllib and http.client, the h2 library) talks
through Envoy's tap filter to a small HTTP server of Python's; what passed becomes a fixture. The
expectations are those of the filter's default policy. Run it again after a change of a client.
"""

import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import h2.config
import h2.connection
import h2.events

from tamis import envoy, fixtures
from tamis.envoy.live.tap import Recorder
from tamis.model.exchange import Exchange, Fixture, Protocol
from tamis.model.expectation import ExchangeExpectation, HeaderExpectation, MessageExpectation

__all__ = ["main"]

FOLDER = Path(__file__).parents[1] / "filters/header-policy/fixtures"
Address = tuple[str, int]
#: The name clients ask for, whatever port Envoy got.
HOST = "shop.example"
SECONDS = 15
#: The default policy of header-policy (its config.json) does at least this to every exchange.
EXPECTED = ExchangeExpectation(
    request=MessageExpectation(
        HeaderExpectation(values={"x-policy": ("header-policy/1",)}, absent=("x-debug",))
    ),
    response=MessageExpectation(
        HeaderExpectation(values={"x-content-type-options": ("nosniff",)}, absent=("x-powered-by",))
    ),
)


@dataclass(frozen=True, slots=True)
class Recording:
    """One fixture to be: `drive` makes `count` exchanges with the address it is given."""

    file: str
    name: str
    client: str
    drive: Callable[[Address], None]
    protocol: Protocol = "http/1.1"
    count: int = 1


class Shop(BaseHTTPRequestHandler):
    """The upstream: an ordinary HTTP/1.1 server, chunked answers and trailers included."""

    protocol_version = "HTTP/1.1"
    server_version = "shop"
    sys_version = ""

    def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002
        """Always the same date: a new recording then differs only where the clients do."""
        return "Thu, 01 Jan 2026 00:00:00 GMT"

    def log_message(self, *_: object) -> None:
        """Nothing: the fixtures tell."""

    def do_GET(self) -> None:
        """Items as JSON; /stream in chunks with a trailer; /cached says how long it is good."""
        if self.path.startswith("/stream"):
            self._stream([b"first,", b"second,", b"third"])
        elif self.path.startswith("/cached"):
            self._answer(200, b"cached", [("cache-control", "max-age=60"), ("etag", '"v1"')])
        elif self.path.startswith("/missing"):
            self._answer(404, b"not here\n", [("content-type", "text/plain")])
        else:
            self._answer(200, b'{"items": []}\n', [("content-type", "application/json")])

    def do_HEAD(self) -> None:
        """The length alone."""
        self._answer(200, b"", [("content-type", "application/json")], length=14)

    def do_POST(self) -> None:
        """Say how much was received."""
        size = len(self._body())
        cookies = [("set-cookie", "a=1; Path=/"), ("set-cookie", "b=2; HttpOnly")]
        self._answer(201, b"received %d bytes\n" % size, cookies)

    do_PUT = do_POST  # noqa: N815

    def _answer(
        self, status: int, body: bytes, headers: list[tuple[str, str]], length: int | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("X-Powered-By", "shop/1.0")
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, pieces: list[bytes]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Trailer", "x-checksum")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.flush()
        self.wfile.write(b"0\r\nx-checksum: 17\r\n\r\n")

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return body


def curl(*args: str, stdin: bytes = b"", paths: tuple[str, ...] = ("/",)) -> Callable[..., None]:
    """A run of curl for each of `paths`, over one connection."""

    def drive(address: Address) -> None:
        host, port = address
        to = ["--connect-to", f"{HOST}:80:{host}:{port}"]
        urls = [f"http://{HOST}{path}" for path in paths]
        command = ["curl", "--silent", "--show-error", "--max-time", str(SECONDS), *to, *args]
        outputs = [word for _ in urls for word in ("--output", "/dev/null")]
        subprocess.run([*command, *outputs, *urls], input=stdin, check=True)

    return drive


def python_urllib(address: Address) -> None:
    """urllib.request, form data and a header of its own."""
    host, port = address
    request = urllib.request.Request(
        f"http://{host}:{port}/api/items",
        data=b"name=pear&count=2",
        headers={"Host": HOST, "X-User": "ada"},
    )
    with urllib.request.urlopen(request, timeout=SECONDS) as response:
        response.read()


def python_http_client(address: Address) -> None:
    """http.client, a chunked body from an iterator, then a second request on the connection."""
    connection = HTTPConnection(*address, timeout=SECONDS)
    body = iter([b"alpha\n", b"beta\n", "grün\n".encode()])
    connection.request("PUT", "/api/notes/7", body, {"Host": HOST, "X-Scope": "own"})
    connection.getresponse().read()
    connection.request("GET", "/stream", headers={"Host": HOST, "TE": "trailers"})
    connection.getresponse().read()
    connection.close()


def h2_with_trailers(address: Address) -> None:
    """The h2 library: three DATA frames, trailers behind them."""
    config = h2.config.H2Configuration(client_side=True, header_encoding="utf-8")
    connection = h2.connection.H2Connection(config)
    with socket.create_connection(address, timeout=SECONDS) as sock:
        connection.initiate_connection()
        head = [
            (":method", "POST"),
            (":scheme", "http"),
            (":authority", HOST),
            (":path", "/api/upload"),
            ("te", "trailers"),
            ("x-tag", "one"),
            ("x-tag", "two"),
            ("x-empty", ""),
            ("trailer", "x-sum"),
        ]
        connection.send_headers(1, head)
        for piece in (b"first ", b"second ", b"third"):
            connection.send_data(1, piece)
            sock.sendall(connection.data_to_send())
        connection.send_headers(1, [("x-sum", "18")], end_stream=True)
        while True:
            sock.sendall(connection.data_to_send())
            events = connection.receive_data(sock.recv(65536))
            if any(isinstance(event, h2.events.StreamEnded) for event in events):
                return


RECORDINGS = (
    Recording(
        "recorded-curl-get",
        "recorded: curl asks for a page, with repeated headers and a cookie",
        "curl, HTTP/1.1",
        curl(
            *("-H", "x-tag: one", "-H", "x-tag: two", "-H", "x-debug: on"),
            *("-b", "theme=dark; lang=de"),
            paths=("/items?page=2&sort=name",),
        ),
    ),
    Recording(
        "recorded-curl-chunked-upload",
        "recorded: curl uploads standard input, whose length it does not know",
        "curl, HTTP/1.1, chunked",
        curl("-T", "-", "-H", "expect:", stdin=b"line of text\n" * 40, paths=("/api/files/a.txt",)),
    ),
    Recording(
        "recorded-curl-json-http2",
        "recorded: curl posts JSON over HTTP/2",
        "curl, HTTP/2 with prior knowledge",
        curl(
            "--http2-prior-knowledge",
            *("-H", "content-type: application/json", "-H", "x-user: ada"),
            *("--data-binary", '{"name": "Birne", "count": 2}'),
            paths=("/api/items",),
        ),
        protocol="http/2",
    ),
    Recording(
        "recorded-curl-head",
        "recorded: curl asks for the headers alone",
        "curl, HTTP/1.1",
        curl("--head", paths=("/items",)),
    ),
    Recording(
        "recorded-curl-keep-alive",
        "recorded: curl asks three times over one connection",
        "curl, HTTP/1.1",
        curl(paths=("/cached", "/missing", "/stream")),
        count=3,
    ),
    Recording(
        "recorded-h2-trailers",
        "recorded: an HTTP/2 client sends three DATA frames and trailers",
        "the h2 library of Python, HTTP/2",
        h2_with_trailers,
        protocol="http/2",
    ),
    Recording(
        "recorded-python-urllib",
        "recorded: Python's urllib posts a form",
        "urllib.request of Python, HTTP/1.1",
        python_urllib,
    ),
    Recording(
        "recorded-python-http-client",
        "recorded: Python's http.client sends chunks, then reads a stream",
        "http.client of Python, HTTP/1.1",
        python_http_client,
        count=2,
    ),
)


@contextmanager
def shop() -> Iterator[Address]:
    """The upstream, on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield ("127.0.0.1", server.server_port)
    finally:
        server.shutdown()
        server.server_close()


def record(recording: Recording, recorder: Recorder, folder: Path) -> Path:
    """Drive the client, write the fixture; its path."""
    recording.drive(recorder.address)
    steps = tuple(expecting(each) for each in recorder.take(recording.count))
    path = folder / f"{recording.file}.yaml"
    fixture = Fixture(recording.name, path, steps, protocol=recording.protocol)
    comment = f"Recorded from {recording.client}, by scripts/record_fixtures.py."
    fixtures.write(fixture, path, comment=comment)
    return path


def expecting(exchange: Exchange) -> Exchange:
    """The exchange and what the default policy makes of it."""
    return replace(exchange, expect=EXPECTED)


def main(folder: Path = FOLDER) -> int:
    """Record everything; the exit code."""
    if not shutil.which("curl"):
        print("curl is not installed: install it and run this again", file=sys.stderr)
        return 3
    folder.mkdir(parents=True, exist_ok=True)
    with shop() as upstream, Recorder(envoy.find(), upstream) as recorder:
        for recording in RECORDINGS:
            print(record(recording, recorder, folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))
