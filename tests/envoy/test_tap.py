"""Recording real traffic with Envoy's tap filter."""

import base64
import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tamis.envoy import Binary
from tamis.envoy.live.tap import Recorder, exchange
from tamis.errors import BadInput
from tamis.model.exchange import Answer, Exchange, Request


class Upstream(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response_only(201)
        for value in ("a", "b"):
            self.send_header("X-Twice", value)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"\xff\0ok")


@pytest.fixture
def upstream() -> Iterator[tuple[str, int]]:
    with HTTPServer(("127.0.0.1", 0), Upstream) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield ("127.0.0.1", server.server_port)
        server.shutdown()
        thread.join()


def test_what_passes_is_recorded_in_order(binary: Binary, upstream: tuple[str, int]) -> None:
    with Recorder(binary, upstream) as recorder:
        client = HTTPConnection(*recorder.address)
        for path in ("/1", "/2"):
            headers = {"Host": "shop", "X-A": "1", "Cookie": "c=1", "Connection": "keep-alive"}
            client.request("POST", path, b"body", headers)
            client.getresponse().read()
        client.close()
        found = recorder.take(2)
        assert recorder.take(0) == []
    assert found == [
        Exchange(
            Request(
                (
                    (":authority", "shop"),
                    (":path", path),
                    (":method", "POST"),
                    (":scheme", "http"),
                    ("accept-encoding", "identity"),
                    ("content-length", "4"),
                    ("x-a", "1"),
                    ("cookie", "c=1"),
                ),
                (b"body",),
            ),
            Answer(
                (
                    (":status", "201"),
                    ("x-twice", "a"),
                    ("x-twice", "b"),
                    ("content-length", "4"),
                ),
                (b"\xff\0ok",),
            ),
        )
        for path in ("/1", "/2")
    ]


def pair(name: str, value: str) -> dict[str, str]:
    return {"key": name, "value": value, "raw_value": ""}


def test_the_buffered_form_is_read_too() -> None:
    body = {"truncated": False, "as_bytes": base64.b64encode(b"x").decode()}
    trace = {
        "request": {"headers": [pair(":method", "GET"), pair("x-forwarded-proto", "http")]},
        "response": {
            "headers": [pair(":status", "200")],
            "body": body,
            "trailers": [pair("t", "1")],
        },
    }
    found = exchange(json.dumps({"http_buffered_trace": trace}))
    assert found == Exchange(
        Request(((":method", "GET"),)), Answer(((":status", "200"),), (b"x",), (("t", "1"),))
    )


def test_no_response_is_a_reset_and_raw_values_are_bytes() -> None:
    raw = {"key": "x-a", "value": "", "raw_value": base64.b64encode(b"\xff").decode()}
    segment = {"request_headers": {"headers": [pair(":method", "GET"), raw]}}
    found = exchange(json.dumps({"http_streamed_trace_segment": segment}))
    assert found == Exchange(
        Request(((":method", "GET"), ("x-a", "\udcff"))), Answer((), reset=True)
    )


@pytest.mark.parametrize("text", ["", "{", "{}", '{"http_streamed_trace_segment": {}}', "[1]"])
def test_other_files_are_refused(text: str) -> None:
    with pytest.raises(BadInput, match="tap filter"):
        exchange(text)
