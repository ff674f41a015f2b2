"""The proxy that people send requests to: what passes it, and how its plugins are swapped."""

import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tamis.envoy import Binary
from tamis.envoy.live.bootstrap import Slot
from tamis.envoy.live.echo import Echo, answer
from tamis.envoy.live.gate import Gate
from tamis.envoy.live.lines import spoken
from tamis.envoy.live.traffic import traffic
from tamis.envoy.live.upstream import Upstream, parse
from tamis.envoy.wire.http2 import Peer
from tamis.envoy.wire.seen import Seen
from tamis.errors import BadInput, Rejected
from tamis.model.plugin import Plugin

GUEST = Plugin("guest", "root")


@pytest.fixture(scope="module")
def gate(binary: Binary) -> Iterator[Gate]:
    with Gate(binary) as shared:
        yield shared


def ask(gate: Gate, path: str = "/", method: str = "GET", **options) -> tuple[int, bytes]:
    with closing(HTTPConnection(*gate.address, timeout=10)) as client:
        client.request(method, path, **options)
        response = client.getresponse()
        return response.status, response.read()


def received(gate: Gate, **options) -> dict:
    status, body = ask(gate, **options)
    assert status == 200
    return json.loads(body)


def over_http2(gate: Gate, headers, body: bytes = b"", trailers=()) -> Seen:
    sock = socket.create_connection(gate.address, timeout=10)
    sock.setblocking(False)
    peer, seen = Peer(sock, client=True), Seen()
    peer.send_headers(1, headers, end=not body and not trailers)
    if body:
        peer.send_data(1, body, end=not trailers)
    if trailers:
        peer.send_headers(1, trailers, end=True)
    while not seen.over:
        peer.flush()
        for event in peer.receive():
            seen.take(event)
    peer.close()
    return seen


def test_the_echo_shows_what_it_received_in_order(gate: Gate):
    told = received(gate, path="/a?b", method="POST", body=b"\xffx", headers={"X-A": "1"})
    assert [":path", "/a?b"] in told["headers"]
    assert told["headers"][-1] == ["x-forwarded-proto", "http"]
    assert told["headers"].index(["x-a", "1"]) > 3
    assert told["body"] == {"base64": "/3g="}
    assert "trailers" not in told


def test_large_bodies_come_back_whole(gate: Gate):
    body = b"x" * 3_000_000
    assert received(gate, method="POST", body=body)["body"] == body.decode()


def test_an_answer_to_head_has_no_body(gate: Gate):
    assert ask(gate, method="HEAD") == (200, b"")


def test_http2_trailers_and_grpc_pass(gate: Gate):
    head = ((":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", "/s/m"))
    plain = over_http2(gate, head, b"body", (("x-sum", "4"),))
    assert json.loads(plain.body)["trailers"] == [["x-sum", "4"]]
    message = b"\0\0\0\0\2hi"
    grpc = over_http2(gate, (*head, ("content-type", "application/grpc")), message)
    assert (bytes(grpc.body), grpc.trailers) == (message, (("grpc-status", "0"),))


def test_headers_that_are_not_utf8_make_valid_json():
    seen = Seen(headers=((":path", "/"), ("x", "\udcff")), end=True)
    assert json.loads(answer(seen))["headers"][1] == ["x", "\udcff"]


def test_a_plugin_is_swapped_and_a_refused_one_leaves_the_one_before(gate: Gate, guest: bytes):
    assert gate.put("guest", guest, GUEST, b"A x-version=1") is None
    assert ["x-version", "1"] in received(gate)["headers"]
    assert gate.put("guest", guest, GUEST, b"A x-version=2") is None
    assert ["x-version", "2"] in received(gate)["headers"]
    assert gate.put("guest", guest, GUEST, b"N") == "on_configure failed"
    assert "unreachable" in (gate.put("guest", guest, GUEST, b"cu") or "")
    assert gate.put("guest", b"\0asm\1\0\0\0", GUEST, b"") == (
        "Missing or unknown Proxy-Wasm ABI version"
    )
    assert ["x-version", "2"] in received(gate)["headers"]


def test_a_connection_survives_a_swap(gate: Gate, guest: bytes):
    assert gate.put("guest", guest, GUEST, b"A x-version=1") is None
    ports = set()
    with closing(HTTPConnection(*gate.address, timeout=10)) as client:
        for version in ("1", "2", "3"):
            assert gate.put("guest", guest, GUEST, b"A x-version=%s" % version.encode()) is None
            client.request("GET", "/")
            told = json.loads(client.getresponse().read())
            assert ["x-version", version] in told["headers"]
            ports.add(client.sock.getsockname()[1])
    assert len(ports) == 1


def test_lines_have_their_plugin_and_traps_have_none(gate: Gate, guest: bytes):
    with closing(gate.follow()) as log:
        assert gate.put("guest", guest, GUEST, b"Ru") is None
        assert ask(gate)[0] == 503
        records = log.take()
    lines = list(spoken(records, [GUEST], records[0].thread))
    last = [line for line in lines if line.plugin == "guest"][-1]
    assert last.level == "info"
    assert last.message.startswith("request_headers end=1\n:authority=")
    assert any(line.plugin == "" and "unreachable" in line.message for line in lines)


def test_what_was_read_of_the_log_takes_no_room_on_disk(gate: Gate, guest: bytes):
    assert gate.put("guest", guest, GUEST, b"A x-version=1") is None
    file = gate.process.folder.log
    with closing(gate.follow()) as log:
        while file.stat().st_size < 18 << 20:
            for _ in range(20):
                ask(gate, headers={"x-long": "v" * 50_000})
            taken = log.take()
            assert any("x-long" in record.text for record in taken)
        assert file.stat().st_blocks * 512 < 12 << 20
        assert gate.put("guest", guest, GUEST, b"A x-version=2") is None
    assert ["x-version", "2"] in received(gate)["headers"]


def test_figures_are_of_requests_answers_and_vms(gate: Gate, guest: bytes):
    assert gate.put("guest", guest, GUEST, b"A x=1") is None
    before = gate.traffic()
    ask(gate)
    after = gate.traffic()
    assert after.requests == before.requests + 1
    assert after.answers["2xx"] == before.answers["2xx"] + 1
    assert after.vms >= 2
    assert after.memory > 1 << 20


def test_metrics_of_filters_go_by_their_names():
    told = traffic("wasmcustom.hits: 3\nwasmcustom.sizes: P0(nan,1)\nhttp.in.x: 1\nno colon\n")
    assert told.metrics == {"hits": 3, "sizes": "P0(nan,1)"}
    assert (told.requests, told.answers, told.vms) == (0, {}, 0)


def test_several_plugins_are_a_chain_in_their_order(binary: Binary, guest: bytes):
    with Gate(binary, slots=(Slot("a"), Slot("b"))) as gate:
        for slot, value in (("b", b"second"), ("a", b"first")):
            # This guest keeps its configuration in the VM: each needs one of its own.
            plugin = Plugin("guest", "root", vm_id=slot)
            assert gate.put(slot, guest, plugin, b"A x=" + value) is None
        names = [pair for pair in received(gate)["headers"] if pair[0] == "x"]
    assert names == [["x", "first"], ["x", "second"]]


def test_network_filters_meet_an_echo_of_bytes(binary: Binary, world: bytes):
    with Gate(binary, slots=(Slot("l4", "network"),)) as gate:
        assert gate.put("l4", world, Plugin("world", "root"), b"") is None
        body = bytes(range(256)) * 4096
        with socket.create_connection(gate.address, timeout=10) as client:
            sender = threading.Thread(target=client.sendall, args=(body,))
            sender.start()
            got = b""
            while len(got) < len(body):
                got += client.recv(65536)
            sender.join()
            assert got == body


def test_a_hanging_worker_is_noticed_and_ended(binary: Binary, guest: bytes):
    with Gate(binary) as gate:
        assert gate.answers()
        assert gate.put("guest", guest, GUEST, b"Rl") is None
        with socket.create_connection(gate.address) as client:
            client.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            while gate.answers():
                pass
        pid = gate.process.pid
    assert not Path(f"/proc/{pid}").exists()


def test_an_envoy_that_ends_by_itself_is_told(binary: Binary):
    with Gate(binary) as gate:
        subprocess.run(["kill", "-9", str(gate.process.pid)], check=True)
        with pytest.raises(Rejected, match="Envoy ended with SIGKILL"):
            for _ in iter(gate.answers, None):
                pass


def test_a_port_that_is_taken_is_refused_before_envoy_starts(binary: Binary, gate: Gate):
    with pytest.raises(BadInput, match=rf"127\.0\.0\.1:{gate.address[1]} is taken"):
        Gate(binary, port=gate.address[1])
    with pytest.raises(BadInput, match=rf":{gate.admin[1]} is taken"):
        Gate(binary, admin=gate.admin[1])
    with pytest.raises(BadInput, match="cannot be used"):
        Gate(binary, host="192.0.2.1")
    with pytest.raises(BadInput, match="is no port"):
        Gate(binary, port=70_000)


def test_an_upstream_that_is_down_is_a_503(binary: Binary):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with Gate(binary, Upstream(port=nobody.getsockname()[1])) as gate:
            assert ask(gate)[0] == 503


def test_a_name_is_reached_by_whichever_family_listens(binary: Binary):
    with socket.create_server(("127.0.0.1", 0)) as server:  # Envoy alone would ask ::1
        upstream = Upstream("localhost", server.getsockname()[1])
        assert upstream.listens()
        server.accept()[0].close()
        with Gate(binary, upstream) as gate, closing(HTTPConnection(*gate.address)) as client:
            client.request("GET", "/")
            behind, _ = server.accept()
            with behind:
                behind.recv(65536)
                behind.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
                assert client.getresponse().status == 204
    assert not upstream.listens()


def test_an_echo_ends_with_its_thread(tmp_path: Path):
    before = threading.active_count()
    with Echo(tmp_path / "s"), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(tmp_path / "s"))
        assert threading.active_count() == before + 1
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("text", "upstream"),
    [
        ("http://localhost:3000", Upstream("localhost", 3000)),
        ("localhost:3000/", Upstream("localhost", 3000)),
        ("http://a", Upstream("a", 80)),
        ("https://a", Upstream("a", 443, tls=True)),
        ("h2c://[::1]:50051", Upstream("::1", 50051, http2=True)),
        ("tcp://a:25", Upstream("a", 25)),
    ],
)
def test_upstreams_are_read(text: str, upstream: Upstream):
    assert parse(text) == upstream


@pytest.mark.parametrize(
    "text", ["", "ftp://a", "http://", "http://a:x", "http://u:p@a", "http://a/b", "a?b", "tcp://a"]
)
def test_what_is_no_upstream_is_refused_with_advice(text: str):
    with pytest.raises(BadInput, match="--upstream"):
        parse(text)


def test_nobody_gets_past_a_first_plugin_before_it_is_there(binary: Binary, guest: bytes):
    first = {"guest": (guest, GUEST, b"A x-version=1")}
    port = free_port()
    got: list[list[list[str]]] = []

    def impatient() -> None:
        """From before there is anybody to ask."""
        while not got:
            with suppress(OSError), closing(HTTPConnection("127.0.0.1", port)) as client:
                client.request("GET", "/")
                got.append(json.loads(client.getresponse().read())["headers"])

    asking = threading.Thread(target=impatient)
    asking.start()
    with Gate(binary, port=port, first=first) as gate:
        asking.join()
        assert gate.refused == {}
        assert ["x-version", "1"] in got[0]


def test_first_plugins_are_judged_each_for_itself(binary: Binary, guest: bytes):
    plugins = {name: Plugin("guest", "root", vm_id=name) for name in "abc"}
    first = {
        "a": (guest, plugins["a"], b"N"),
        "b": (guest, plugins["b"], b"A x=1"),
        "c": (b"\0asm\1\0\0\0", plugins["c"], b""),
    }
    with Gate(binary, slots=[Slot(name) for name in "abc"], first=first) as gate:
        assert gate.refused == {
            "a": "on_configure failed",
            "c": "Missing or unknown Proxy-Wasm ABI version",
        }
        assert ask(gate)[0] == 500  # nobody gets past it
        for name in "ac":
            assert gate.put(name, guest, plugins[name], b"A x=2") is None
        names = [pair for pair in received(gate)["headers"] if pair[0] == "x"]
    assert names == [["x", "2"], ["x", "1"], ["x", "2"]]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
