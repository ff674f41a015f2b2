"""The load client against servers that behave, and that do not."""

import contextlib
import os
import signal
import socket
import struct
import sys
import threading
import time
from array import array
from collections.abc import Callable, Iterator
from typing import Self

import pytest

from tamis import _core

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the load client is Linux's alone")

GET = b"GET /%d HTTP/1.1\r\nhost: a\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    b"3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nt: u\r\n\r\n"
)
LAST = b"HTTP/1.1 503 no\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Server:
    """Answers each request as `answer(request)` says, with a thread a connection; None: it closes
    the connection, b"": it stays silent. A context manager.
    """

    def __init__(self, answer: Callable[[bytes], bytes | None]) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        self.connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()
        for connection in self.connections:
            connection.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection = self._listener.accept()[0]
                self.connections.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        held = b""
        with contextlib.suppress(OSError):
            while more := connection.recv(65536):
                held += more
                while b"\r\n\r\n" in held:
                    request, _, held = held.partition(b"\r\n\r\n")
                    self.requests.append(request)
                    answer = self._answer(request)
                    connection.sendall(answer or b"")
                    if answer is None or answer is LAST:
                        connection.shutdown(socket.SHUT_RDWR)
                        return


@contextlib.contextmanager
def loaded(
    answer: Callable[[bytes], bytes | None],
    requests: list[bytes],
    connections: int = 4,
    timeout: float = 20,
) -> Iterator[tuple[Server, _core.Load]]:
    with Server(answer) as server, _core.Load(server.port, requests, connections, timeout) as load:
        yield server, load


RECORD = struct.Struct(
    "=qqqQQIHBB"
)  # due, begun, ended, head, whole, request, status, failure, flags


def records(steady: _core.Steady) -> list[tuple[int, ...]]:
    return list(RECORD.iter_unpack(steady.records))


def latencies(steady: _core.Steady) -> array:
    return array("q", steady.latencies_ns)


def test_one_request_is_tried_out():
    answers = {b"/0": OK, b"/1": CHUNKED, b"/2": LAST, b"/3": b"garbage\r\n\r\n", b"/4": None}
    requests = [GET % i for i in range(5)]
    with loaded(lambda request: answers[request.split()[1]], requests) as (server, load):
        asked = [load.ask(i) for i in (0, 1, 0, 2, 3, 4, 0)]
        assert len(server.connections) == 4  # anew after each that ended one
        with pytest.raises(IndexError):
            load.ask(5)
    assert [(each.status, each.closed, each.body) for each in asked] == [
        (200, False, 2),
        (200, False, 7),
        (200, False, 2),
        (503, True, 0),
        (0, True, 0),
        (0, True, 0),
        (200, False, 2),
    ]


def test_requests_are_sent_as_they_are_and_in_turn():
    requests = [GET % i for i in range(3)]
    with loaded(lambda _: OK, requests, connections=2) as (server, load):
        for count in (1, 4, 2):
            tally = load.slice(count)
            assert (tally.answered, tally.failed, tally.statuses) == (count, 0, {200: count})
        assert len(server.connections) == 2
        sent = sorted(request + b"\r\n\r\n" for request in server.requests)
    assert sent == sorted([requests[0]] * 3 + [requests[1]] * 2 + [requests[2]] * 2)


def test_no_request_of_a_round_waits_for_another():
    """Nobody is answered before all have asked."""
    barrier = threading.Barrier(4, timeout=20)

    def answer(_: bytes) -> bytes:
        barrier.wait()
        return OK

    with loaded(answer, [GET % 0]) as (_, load):
        assert load.slice(12).answered == 12


@pytest.mark.parametrize(("fault", "timeout"), [(None, 20), (b"garbage\r\n\r\n", 20), (b"", 0.2)])
def test_what_breaks_is_counted_and_connected_anew(fault: bytes | None, timeout: float):
    answers = {b"/0": OK, b"/1": fault}
    with loaded(lambda request: answers[request.split()[1]], [GET % 0, GET % 1], 2, timeout) as (
        server,
        load,
    ):
        tally = load.slice(4)  # three rounds of both, then one of the first
        assert (tally.answered, tally.failed, tally.statuses) == (4, 3, {200: 4})
        assert len(server.connections) == 4


def test_what_was_closed_between_two_calls_fails_nobody():
    with loaded(lambda _: OK, [GET % 0]) as (server, load):
        for calls in (lambda: load.slice(4).failed, lambda: load.steady(1000, 4).failed):
            assert load.slice(4).answered == 4
            for connection in server.connections:
                with contextlib.suppress(OSError):  # one of those closed before
                    connection.shutdown(socket.SHUT_RDWR)
            assert calls() == 0


def test_a_slice_ends_where_nothing_is_answered():
    with loaded(lambda _: None, [GET % 0]) as (_, load):
        assert (load.slice(100).failed, load.slice(0).failed) == (4, 0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with _core.Load(port, [GET % 0], 4, 20) as load:  # nobody listens any more
        assert load.slice(100).failed == 4
        assert (load.steady(1000, 10).failed, load.ask(0).status) == (10, 0)


def test_latency_counts_from_when_a_request_was_due():
    """A server that stalls once makes all those late that were due meanwhile."""
    stall, every, at = 300_000_000, 10_000_000, 5
    seen = iter(range(1000))

    def answer(_: bytes) -> bytes:
        if next(seen) == at:
            time.sleep(stall / 1e9)
        return OK

    with loaded(answer, [GET % 0], connections=1) as (_, load):
        steady = load.steady(1e9 / every, 60)
    found = latencies(steady)
    assert (len(found), steady.failed, steady.statuses) == (60, 0, {200: 60})
    # However slow this machine is, none of them can have been answered earlier.
    assert all(found[at + i] >= stall - i * every for i in range(stall // every))


def test_connections_grow_on_demand():
    """Nobody is answered before three have asked, each on a connection of its own."""
    barrier = threading.Barrier(3, timeout=20)

    def answer(_: bytes) -> bytes:
        barrier.wait()
        return OK

    with loaded(answer, [GET % 0]) as (server, load):
        assert len(latencies(load.steady(1000, 9))) == 9
        assert len(server.connections) == 4


def test_silence_fails_what_is_due():
    """Far more than its connections could wait for, one timeout after the other."""
    with loaded(lambda _: b"", [GET % 0], timeout=0.2) as (_, load):
        steady = load.steady(10_000, 3000)
    assert (steady.failed, steady.latencies_ns, steady.statuses) == (3000, b"", {})
    assert {each[7] for each in records(steady)} == {5, 6}  # silent, unsent


def test_each_request_leaves_a_record():
    """Its times by the clock of Python, which request it was, and what tells its answer."""
    answers = {b"/0": OK, b"/1": CHUNKED, b"/2": LAST}
    requests = [GET % i for i in range(3)]
    begin = time.monotonic_ns()
    with loaded(lambda request: answers[request.split()[1]], requests) as (_, load):
        steady = load.steady(300, 9)
        alone = [load.ask(i) for i in range(3)]
    found = records(steady)
    for due, begun, ended, head, whole, request, status, failure, flags in found:
        assert begin <= due <= begun < ended <= time.monotonic_ns()
        assert (head, whole) == (alone[request].head, alone[request].whole)
        assert (status, failure, flags & 1) == (alone[request].status, 0, request == 2)
    assert sorted(each[5] for each in found) == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert len({each.whole for each in alone}) == 3
    assert sorted(each[2] - each[0] for each in found) == sorted(latencies(steady))


def test_another_thread_ends_it_early():
    asked = threading.Event()

    def answer(_: bytes) -> bytes:
        asked.set()
        return OK

    with loaded(answer, [GET % 0]) as (_, load):
        found: list[_core.Steady] = []
        thread = threading.Thread(target=lambda: found.append(load.steady(1000, 1_000_000)))
        thread.start()
        assert asked.wait(20)
        load.stop()
        thread.join(20)
        assert not thread.is_alive()
        assert load.ask(0).status == 200
    assert 1 <= len(records(found[0])) < 100_000
    assert found[0].failed == 0


@pytest.mark.timeout(60, method="thread")  # a call that holds on never comes to a signal
@pytest.mark.parametrize(
    "call", [lambda load: load.ask(0), lambda load: load.slice(9), lambda load: load.steady(10, 99)]
)
def test_ctrl_c_ends_it(call: Callable[[_core.Load], object]):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    answers = [b""]

    def answer(_: bytes) -> bytes:
        if answers.pop():
            return OK
        os.kill(os.getpid(), signal.SIGINT)
        answers.extend([OK] * 99)
        return b""

    try:
        with loaded(answer, [GET % 0], connections=1, timeout=10_000) as (_, load):
            with pytest.raises(KeyboardInterrupt):
                call(load)
            assert load.ask(0).status == 200  # on another connection
    finally:
        signal.signal(signal.SIGINT, before)


def test_it_does_one_thing_at_a_time():
    def answer(_: bytes) -> bytes:
        for call in (lambda: load.slice(1), load.close):
            with pytest.raises(RuntimeError, match="one thing at a time"):
                call()
        return OK

    with loaded(answer, [GET % 0]) as (_, load):
        assert load.ask(0).status == 200


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"requests": []}, "needs requests"),
        ({"requests": [b""]}, "needs requests"),
        ({"connections": 0}, "1 to 1024 connections"),
        ({"timeout": 0.0}, "timeout"),
    ],
)
def test_what_is_no_load_says_why(changed: dict[str, object], words: str):
    options = {"port": 1, "requests": [GET], "connections": 1, "timeout": 1.0} | changed
    with pytest.raises(ValueError, match=words):
        _core.Load(**options)
    with pytest.raises(ValueError, match="rate"):
        _core.Load(1, [GET], 1, 1.0).steady(0.0, 1)
    with pytest.raises(ValueError, match="at most"):
        _core.Load(1, [GET], 1, 1.0).steady(1e6, (1 << 22) + 1)
