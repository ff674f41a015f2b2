"""What a real Envoy makes of a fixture: both ends of the wire, logs, replies, traps, refusals."""

import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import wasmtime
from tests.envoy.conftest import HEAD, PLAIN, messages, outcome

from tamis.envoy import Binary, Judge, run
from tamis.envoy.judging import metrics
from tamis.envoy.log import Record
from tamis.envoy.process import Process
from tamis.model.choices import Layer
from tamis.model.exchange import Answer, Connection, Exchange, Fixture, Request
from tamis.model.outcome import LOG_LEVELS, LocalReply, LogLine, NotComparable, Pause, Run
from tamis.model.plugin import Plugin

Play = Callable[..., Run]

REQUEST = Request(
    (*HEAD, ("x-b", "1"), ("x-a", "2"), ("x-b", "3"), ("x-e", "")),
    (b"one", b"", b"three"),
    (("t-b", "1"), ("t-a", "2"), ("t-b", "3")),
)
ANSWER = Answer(
    ((":status", "201"), ("y-b", "1"), ("y-a", "grün\udcff"), ("y-b", "3")),
    (b"hello", b"", b"world!"),
    (("u-a", "1"), ("u-a", "2")),
)


def test_both_ends_keep_order_duplicates_bodies_and_trailers(play: Play) -> None:
    (seen,) = outcome(play(Exchange(REQUEST, ANSWER))).exchanges
    assert seen.request
    assert seen.request.headers == (*REQUEST.headers, ("x-forwarded-proto", "http"))
    assert (seen.request.body, seen.request.trailers) == (b"onethree", REQUEST.trailers)
    assert seen.response
    assert seen.response.headers[:-1] == ANSWER.headers
    assert seen.response.headers[-1][0] == "date"
    assert (seen.response.body, seen.response.trailers) == (b"helloworld!", ANSWER.trailers)
    assert seen.request.complete
    assert seen.response.complete
    assert (seen.local_reply, seen.reset, seen.pauses) == (None, None, ())


def test_each_data_frame_is_one_call(play: Play) -> None:
    found = play(Exchange(REQUEST, ANSWER), Exchange(REQUEST, ANSWER))
    calls = [message.split("\n")[0] for message in messages(found)]
    assert calls == 2 * [
        "request_headers end=0",
        "request_body 3 end=0",
        "request_body 0 end=0",
        "request_body 5 end=0",
        "request_trailers end=1",
        "response_headers end=0",
        "response_body 5 end=0",
        "response_body 0 end=0",
        "response_body 6 end=0",
        "response_trailers end=1",
        "log",
        "done",
        "delete",
    ]


def test_the_last_frame_ends_the_stream(play: Play) -> None:
    found = play(Exchange(Request(HEAD, (b"a", b"")), Answer(body=(b"b" * 40_000,))))
    assert messages(found, start="request_body") == ["request_body 1 end=0", "request_body 0 end=1"]
    assert messages(found, start="response_body") == [
        "response_body 16384 end=0",
        "response_body 16384 end=0",
        "response_body 7232 end=1",
    ]


def test_a_large_body_arrives_whole(play: Play) -> None:
    big = bytes(range(256)) * 4096
    (seen,) = outcome(play(Exchange(Request(HEAD, (big,)), Answer(body=(big,))))).exchanges
    assert seen.request
    assert seen.response
    assert seen.request.body == seen.response.body == big


def test_a_header_of_64_kib_passes(play: Play) -> None:
    long = "v" * 65_536
    request, answer = Request((*HEAD, ("x-l", long))), Answer(((":status", "200"), ("y-l", long)))
    (seen,) = outcome(play(Exchange(request, answer))).exchanges
    assert seen.request
    assert seen.response
    assert ("x-l", long) in seen.request.headers
    assert ("y-l", long) in seen.response.headers


def test_start_lines_are_those_of_one_vm(play: Play) -> None:
    lines = outcome(play(config="hello")).logs
    start = [line for line in lines if line.step is None]
    assert start == [
        LogLine("info", "vm_start"),
        LogLine("debug", "configure hello"),
        *(LogLine("error", "done"), LogLine("critical", "delete")),  # at the end
    ]


def test_exchanges_are_told_apart(play: Play) -> None:
    lines = outcome(play(PLAIN, PLAIN, PLAIN)).logs
    assert [line.step for line in lines if line.message == "delete"] == [0, 1, 2, None]
    assert [line.message for line in lines if line.step == 1][-1] == "delete"


def test_lines_in_a_message_stay_together(play: Play) -> None:
    lines = outcome(play(config="M")).logs
    found = [line for line in lines if line.message.startswith("first")]
    message = "first\n@0123 1 trace wasm [host<-vm] x\n\nlast\n"
    assert found == [LogLine(level, message, 0) for level in LOG_LEVELS]


def test_local_reply(play: Play) -> None:
    (seen,) = outcome(play(Exchange(REQUEST, ANSWER), config="Rr")).exchanges
    assert seen.request is None
    assert seen.local_reply == LocalReply(403, "not_allowed")
    assert seen.response
    assert seen.response.headers[0] == (":status", "403")
    assert seen.response.body == b"no"


def test_local_reply_to_a_body_follows_headers_that_left(play: Play) -> None:
    for _ in range(5):
        (seen,) = outcome(play(Exchange(REQUEST, ANSWER), config="Br")).exchanges
        assert seen.request
        assert not seen.request.complete
        assert seen.local_reply == LocalReply(403, "not_allowed")


def test_what_passed_before_a_local_reply_has_left(binary: Binary, guest: bytes) -> None:
    """Also for the very first stream of an Envoy, which has no connection to the upstream yet."""
    request = Request(HEAD, (b"one", b"two", b"three"))
    fixture = Fixture("f", Path("x.yaml"), 2 * (Exchange(request),), config=b"Er")
    with Judge(binary) as judge:
        for seen in outcome(judge.run(fixture, guest)).exchanges:
            assert seen.request
            assert (seen.request.body, seen.request.complete) == (b"onetwo", False)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="stops Envoy in mid-fixture")
def test_an_envoy_that_gets_no_cpu_still_sees_one_frame_at_a_time(
    binary: Binary, guest: bytes
) -> None:
    fixture = Fixture("f", Path("x.yaml"), (Exchange(Request(HEAD, 20 * (b"piece",))),))
    fixture = replace(fixture, config=b"Er")
    with Judge(binary) as judge:
        judge.run(fixture, guest)
        (pid,) = judge.processes
        over = threading.Event()
        halting = threading.Thread(target=halt_again_and_again, args=(pid, over))
        halting.start()
        try:
            found = judge.run(fixture, guest)
        finally:
            over.set()
            halting.join()
    calls = messages(found, start="request_body")
    assert calls == [*(19 * ["request_body 5 end=0"]), "request_body 5 end=1"]
    (seen,) = outcome(found).exchanges
    assert seen.request
    assert seen.request.body == 19 * b"piece"


def halt_again_and_again(pid: int, over: threading.Event) -> None:
    while not over.wait(0.001):
        os.kill(pid, signal.SIGSTOP)
        over.wait(0.02)
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize(("how", "kind"), [("u", "unreachable"), ("o", "oob"), ("s", "stack")])
def test_trap(play: Play, how: str, kind: str) -> None:
    found = outcome(play(PLAIN, PLAIN, config=f"R{how}"))
    assert found.trap
    assert (found.trap.callback, found.trap.kind) == ("proxy_on_request_headers", kind)
    for seen in found.exchanges:
        assert seen.request is None
        assert seen.local_reply == LocalReply(503, "wasm_fail_stream")


def test_trap_behind_response_headers_cuts_the_stream(play: Play) -> None:
    found = outcome(play(Exchange(REQUEST, ANSWER), config="bu"))
    assert found.trap
    assert found.trap.callback == "proxy_on_response_body"
    (seen,) = found.exchanges
    assert seen.reset == "filter"
    assert seen.response
    assert not seen.response.complete


def test_a_pause_holds_the_stream(play: Play) -> None:
    found = outcome(play(Exchange(REQUEST, ANSWER), PLAIN, config="P"))
    for seen in found.exchanges:
        assert (seen.request, seen.response, seen.reset) == (None, None, None)
        assert seen.pauses == (Pause("request_headers", 1),)
    assert [line.step for line in found.logs if line.message == "delete"] == [0, 1, None]


def test_upstream_reset(play: Play) -> None:
    (seen,) = outcome(play(Exchange(REQUEST, Answer((), reset=True)))).exchanges
    assert seen.reset == "upstream"
    assert seen.local_reply
    assert seen.local_reply.status == 503
    assert "remote_reset" in seen.local_reply.details


def test_configure_refuses(play: Play) -> None:
    found = outcome(play(config="No"))
    assert (found.start, found.exchanges, found.trap) == ("on_configure", (), None)
    assert found.logs == (LogLine("info", "vm_start"), LogLine("debug", "configure No"))
    assert outcome(play()).start == "ok"


def test_configure_traps(play: Play) -> None:
    found = outcome(play(config="cu"))
    assert found.start == "on_configure"
    assert found.trap
    assert (found.trap.callback, found.trap.kind) == ("proxy_on_configure", "unreachable")


BARE = """(module (memory (export "memory") 1) (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 0)) {})"""


NO_MEMORY = """(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 0))
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (call $log (i32.const 2) (i32.const 0) (i32.const 4))))"""


def bare(judge: Judge, more: str) -> Run:
    module = bytes(wasmtime.wat2wasm(BARE.format(more)))
    return judge.run(Fixture(more, Path("x.yaml"), (PLAIN,)), module)


def test_vm_start_refuses(judge: Judge) -> None:
    refusing = '(func (export "proxy_on_vm_start") (param i32 i32) (result i32) (i32.const 0))'
    assert outcome(bare(judge, refusing)).start == "on_vm_start"


def test_envoy_says_why_it_refuses_a_module(judge: Judge) -> None:
    imports = '(module (import "env" "nope" (func)) (memory (export "memory") 1))'
    found = judge.run(Fixture("f", Path("x.yaml"), (PLAIN,)), bytes(wasmtime.wat2wasm(imports)))
    assert found.outcome is None
    (problem,) = found.problems
    assert "Missing or unknown Proxy-Wasm ABI version" in problem
    (problem,) = bare(judge, '(func (export "proxy_on_log") (result i32) (i32.const 0))').problems
    assert "Bad function signature for: proxy_on_log" in problem


def test_http1_order_and_merged_chunks(play: Play) -> None:
    request = Request((*HEAD, ("cookie", "a"), ("x-a", "1"), ("cookie", "b")), (b"one", b"two"))
    found = play(Exchange(request, ANSWER), protocol="http/1.1")
    (seen,) = outcome(found).exchanges
    assert seen.request
    assert [name for name, _ in seen.request.headers[:4]] == [
        ":authority",
        ":path",
        ":method",
        ":scheme",
    ]
    assert messages(found, start="request_body") == ["request_body 6 end=0", "request_body 0 end=1"]
    assert seen.response
    assert (seen.response.headers[:-1], seen.response.body) == (ANSWER.headers, b"helloworld!")
    assert seen.response.trailers == ()


def test_http1_survives_pause_trap_and_reply(play: Play) -> None:
    for config, code in (("P", None), ("Ru", 503), ("Rr", 403), ("", None)):
        (seen,) = outcome(play(config=config, protocol="http/1.1")).exchanges
        assert seen.reset is None
        assert (seen.local_reply.status if seen.local_reply else None) == code


def test_default_limits(play: Play) -> None:
    large = Exchange(Request((*HEAD, ("x-l", "v" * 62_000))))
    old = play(large, default_limits=True, protocol="http/1.1")
    assert outcome(old).exchanges[0].local_reply == LocalReply(431, "http1.headers_too_large")
    # HTTP/2 has no 431: the stream is cut.
    new = outcome(play(large, PLAIN, default_limits=True))
    assert new.exchanges[0].response is None
    assert new.exchanges[0].reset == "downstream"
    assert new.exchanges[1].response


def test_a_request_the_codec_refuses_is_reset(play: Play) -> None:
    found = play(Exchange(Request((*HEAD, ("x-a", "1\r\nx-b: 2")))), PLAIN)
    refused, next_one = outcome(found).exchanges
    assert (refused.request, refused.response, refused.reset) == (None, None, "downstream")
    assert next_one.response
    assert not found.skipped


def test_properties_matter_to_guests_that_read_them(play: Play) -> None:
    # The guest reads source.address; the log tells how long a path is that is read.
    longer, as_long = ("request", "useragent"), ("request", "method")
    untold = {longer: b"x", as_long: b"PUT"}
    assert play(properties=untold).skipped == ()
    why = "Envoy cannot be told the property request.method: "
    why += "Envoy computes it from the request, whose :method says another"
    assert play(config="G", properties=untold).skipped == (NotComparable("", why),)
    address = {("source", "address"): b"10.0.0.1:1"}
    assert play(config="G", properties=address).skipped == ()
    inbound = {("xds", "listener_direction"): (1).to_bytes(8, "little")}
    assert play(config="G", properties=inbound).skipped == ()


@pytest.mark.parametrize("layer", ["http", "network"])
def test_addresses_come_with_the_client(binary: Binary, prober: bytes, layer: Layer) -> None:
    """Fixtures that differ in nothing else share an Envoy."""
    program = b'create: log off\nrequest_headers: get_property "source\\x00address"\n'
    program += b'new_connection: get_property "source\\x00address"\n'
    step = PLAIN if layer == "http" else Connection()
    with Judge(binary) as judge:
        for ip in ("10.0.0.1", "10.0.0.2", "10.0.0.1"):
            given = {("source", "address"): f"{ip}:4711".encode()}
            fixture = Fixture("f", Path("x.yaml"), (step,), program, given)
            lines = [line.message for line in outcome(judge.run(fixture, prober, layer=layer)).logs]
            assert f'get_property -> 0 "{ip}:4711"' in lines
            assert len(judge.processes) == 1


def test_every_run_has_a_fresh_vm(play: Play) -> None:
    for _ in range(3):
        assert messages(play(PLAIN, PLAIN, config="I"), start="1") == ["1"]


def test_a_hundred_fixtures_share_one_envoy(binary: Binary, guest: bytes) -> None:
    fixtures = [
        Fixture(f"f{n}", Path("x.yaml"), (PLAIN,), config=f"A x-n={n}".encode()) for n in range(100)
    ]
    with Judge(binary) as judge:
        runs = [judge.run(fixture, guest) for fixture in fixtures]
        assert len(judge.processes) == 1
    for n, found in enumerate(runs):
        (seen,) = outcome(found).exchanges
        assert seen.request
        assert seen.request.headers[-1] == ("x-n", str(n))


def test_a_guest_that_crashes_envoy_costs_its_own_fixture_only(
    binary: Binary, guest: bytes
) -> None:
    crashing = bytes(wasmtime.wat2wasm(NO_MEMORY))
    fixture = Fixture("f", Path("x.yaml"), (PLAIN,))
    with Judge(binary) as judge:
        found = judge.run(fixture, crashing)
        (problem,) = found.problems
        assert "Envoy ended with SIGSEGV in proxy_on_configure" in problem
        kept = Path(problem.rpartition(" ")[2])
        assert (kept / "bootstrap.json").exists()
        assert (kept / "envoy.log").exists()
        assert outcome(judge.run(fixture, guest)).exchanges
    shutil.rmtree(kept)


@pytest.mark.parametrize(("config", "where"), [("Rl", "exchanges[0]"), ("cl", "start")])
def test_a_guest_that_never_returns(binary: Binary, guest: bytes, config: str, where: str) -> None:
    fixture = Fixture("f", Path("x.yaml"), (PLAIN,), config=config.encode())
    with Judge(binary, patience=0.5) as judge:
        found = judge.run(fixture, guest)
        assert found.outcome
        assert found.outcome.trap
        assert found.outcome.trap.kind == "deadline"
        assert [part.path for part in found.skipped] == [where]
        assert outcome(judge.run(replace(fixture, config=b""), guest)).exchanges


def test_run_keeps_the_order_and_names_the_host(binary: Binary, guest: bytes) -> None:
    fixtures = [Fixture(name, Path("x.yaml"), (PLAIN,)) for name in ("b", "a")]
    found = run(binary, guest, fixtures)
    assert [each.fixture for each in found] == ["b", "a"]
    assert {each.host for each in found} == {f"envoy {binary.version}"}


@pytest.mark.parametrize("honest", [True, False])
def test_metrics_that_are_not_the_plugins_are_asked_of_another_envoy(
    judge: Judge, guest: bytes, monkeypatch: pytest.MonkeyPatch, honest: bool
) -> None:
    """As when a plugin before is there still, which a busy machine may bring about."""
    known: list[int] = []
    identify = metrics.identify

    def wrong(records: Sequence[Record], worker: int, process: Process) -> metrics.Names:
        if process.pid not in known:
            known.append(process.pid)
        if honest and process.pid != known[0]:
            return identify(records, worker, process)
        return metrics.Names({}, metrics.UNFIT)

    monkeypatch.setattr(metrics, "identify", wrong)
    found = judge.run(Fixture("f", Path("x.yaml"), (PLAIN,), plugin=Plugin("guest", "root")), guest)
    assert outcome(found).exchanges[0].response
    if honest:
        assert (len(known), found.skipped) == (2, ())
    else:
        assert (len(known), found.skipped) == (3, (NotComparable("", metrics.UNFIT),))
    assert known[0] not in judge.processes


def test_an_envoy_that_holds_on_to_metrics_is_left(
    judge: Judge, guest: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def left(process: Process) -> bool:
        asked.append(len(asked) < releases)
        return asked[-1]

    fixture = Fixture("f", Path("x.yaml"), (PLAIN,), plugin=Plugin("guest", "root"))
    monkeypatch.setattr(metrics, "left", left)
    releases = 3
    judge.run(fixture, guest)
    before = judge.processes
    assert asked == [True, True, True, False]
    releases = 10**9
    judge.run(fixture, guest)
    assert len(judge.processes) == len(before) - 1
