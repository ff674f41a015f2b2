"""Servers and clients whose traffic is recorded: HTTP/1.1 of Python's, HTTP/2 of the h2 library."""

import datetime
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import h2.settings
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.http_server import Serving

Address = tuple[str, int]
SECONDS = 20


class Shop(BaseHTTPRequestHandler):
    """An ordinary server: answers as the path says."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "shop", ""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return "Thu, 01 Jan 2026 00:00:00 GMT"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/reset":
            self._hang_up()
        elif path == "/half":
            self._answer(200, b"half", [], length=100)
            self._hang_up()
        elif path == "/stream":
            self._stream([b"first,", b"second,", b"third"])
        elif path == "/endless":
            self._stream([b"first,"], end=False)
            while self.connection.recv(1):
                pass  # until the client leaves
            self.close_connection = True
        elif path == "/missing":
            self._answer(404, b"not here\n", [("content-type", "text/plain")])
        elif path == "/binary":
            self._answer(200, bytes(range(256)), [("content-type", "application/octet-stream")])
        elif path == "/login":
            body = b'{"access_token": "tok-0123456789abcdef", "n": 1}'
            cookie = ("Set-Cookie", "sid=cookie-0123456789; Path=/")
            self._answer(200, body, [("content-type", "application/json"), cookie])
        elif path == "/empty":
            self._answer(204, b"", [])
        else:
            self._answer(200, b'{"items": []}\n', [("content-type", "application/json")])

    def do_HEAD(self) -> None:
        self._answer(200, b"", [("content-type", "application/json")], length=14)

    def do_POST(self) -> None:
        size = len(self._body())
        cookies = [("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2; HttpOnly")]
        self._answer(201, b"received %d bytes\n" % size, cookies)

    do_PUT = do_POST  # noqa: N815

    def _answer(self, status, body, headers, length=None) -> None:
        self.send_response(status)
        self.send_header("X-Powered-By", "shop/1.0")
        for name, value in headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, pieces, *, end: bool = True) -> None:
        self.send_response(200)
        self.send_header("Trailer", "x-checksum")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.flush()
        if end:
            self.wfile.write(b"0\r\nx-checksum: 17\r\n\r\n")

    def _hang_up(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

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


@contextmanager
def shop(tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Its URL; it listens on IPv4 alone."""
    with Serving(Shop, tls) as served:
        yield f"{'https' if tls else 'http'}://{served.host}"


def certificate(folder: Path, name: str) -> Path:
    """Key and certificate of a server called `name`, which signs itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{name}.pem"
    path.write_bytes(private + built.public_bytes(pem))
    return path


@dataclass
class Got:
    """What a client was answered."""

    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    trailers: list[tuple[str, str]] = field(default_factory=list)


def over_http1(address: Address, method: str, path: str, body=None, headers=None) -> Got:
    """One exchange on a connection of its own; `headers`: pairs, duplicates too."""
    with closing(HTTPConnection(*address, timeout=SECONDS)) as connection:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        pairs = [("Host", "shop.example"), *(headers or ())]
        chunked = body is not None and not isinstance(body, bytes)
        if isinstance(body, bytes):
            pairs.append(("Content-Length", str(len(body))))
        elif chunked:
            pairs.append(("Transfer-Encoding", "chunked"))
        for name, value in pairs:
            connection.putheader(name, value)
        # In one piece: two that come apart are two body callbacks, or one, as it happens.
        pieces = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in body) if chunked else b""
        connection.endheaders(pieces + b"0\r\n\r\n" if chunked else body)
        with connection.getresponse() as response:
            return Got([(n.lower(), v) for n, v in response.getheaders()], response.read())


def over_http2(address: Address, headers, chunks=(), trailers=()) -> Got:
    """One exchange with prior knowledge, one DATA frame a chunk (flow control permitting)."""
    config = h2.config.H2Configuration(client_side=True, header_encoding="utf-8")
    connection = h2.connection.H2Connection(config)
    got = Got()
    with socket.create_connection(address, timeout=SECONDS) as sock:
        connection.initiate_connection()
        connection.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 2**30})
        connection.increment_flow_control_window(2**30)
        connection.send_headers(1, headers, end_stream=not chunks and not trailers)
        waiting = list(chunks)
        ended = not chunks and not trailers
        while True:
            while waiting and connection.local_flow_control_window(1) >= len(waiting[0]):
                piece = waiting.pop(0)
                connection.send_data(1, piece, end_stream=not waiting and not trailers)
                sock.sendall(connection.data_to_send())  # a frame, a segment
            if not waiting and trailers and not ended:
                connection.send_headers(1, trailers, end_stream=True)
                ended = True
            sock.sendall(connection.data_to_send())
            for event in connection.receive_data(sock.recv(65536)):
                if isinstance(event, h2.events.ResponseReceived):
                    got.headers = list(event.headers)
                elif isinstance(event, h2.events.DataReceived):
                    got.body += event.data
                elif isinstance(event, h2.events.TrailersReceived):
                    got.trailers = list(event.headers)
                elif isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset)):
                    return got


def head(path: str, method: str = "GET", *more: tuple[str, str]) -> list[tuple[str, str]]:
    """A request's headers as an HTTP/2 client has them."""
    pseudo = [(":method", method), (":scheme", "http"), (":authority", "shop.example")]
    return [*pseudo, (":path", path), *more]
