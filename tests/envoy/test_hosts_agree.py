"""Programs of hostcalls in odd phases: our host answers each call, and ends, as a real Envoy does.

`program.c` says how a program is written. Found by running random programs in both hosts.
"""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from tamis import compare, host
from tamis.envoy import Judge
from tamis.model.exchange import Answer, Exchange, Fixture, Headers, Protocol, Request
from tamis.model.outcome import NotComparable, Run

HEAD = ((":method", "POST"), (":scheme", "http"), (":authority", "localhost"), (":path", "/"))
FULL = Exchange(
    Request((*HEAD, ("x-a", "1"), ("x-a", "2")), (b"ab", b"cd"), (("x-a", "3"),)),
    Answer(((":status", "200"), ("x-b", "u")), (b"AB", b"CD"), (("x-a", "4"),)),
)
SHORT = Exchange(
    Request((*HEAD, ("x-a", "1"))), Answer(((":status", "200"), ("x-b", "u")), (b"AB",))
)
RESET = Exchange(SHORT.request, Answer((), reset=True))

#: What it shows -> the program.
PROGRAMS = {
    "a removed path finds no route": "Rm020",
    "a second path joins the first": "Ra020",
    "a removed status": "hm230",
    "a second status is no status": "ha230",
    "another status": "hr230",
    "a removed status of a reply": "RL310hm230",
    "a reply to a reply's headers": "RL310hL410",
    "a reply to a reply's body": "RL310bL410",
    "a reply to a body, and to its reply's headers": "BL310hL410",
    "a reply to a body, and to its reply's body": "BL310bL410",
    "a reply to response headers": "hL310bv230",
    "a reply to a response body": "bL310",
    "a reply with a gRPC status": "RL315",
    "a reply to response trailers": "tL310",
    "a reply that stays paused": "RL310hz100",
    "a request that stays paused is readable to the end": "Rz100lv000dv000la000ds000",
    "request trailers that stay paused can be set to the end": "Tz100dP110dp100",
    "a body that stays paused": "Bz100ds000",
    "response headers that go on from inside": "hz100hc100",
    "response headers that go on from inside, kept apart": "hz300hc100",
    "a reading in every phase": "Rv000Bv000Tv000hv000bv000tv000lv000dv000xv000",
    "a size in every phase": "Rs000Bs100Ts100hs200bs300ts300ls000ds200",
    "writing in every phase": "Ra000Ba000Ta110ha200ba310ta310la200da200",
    "maps that do not exist": "Rv800Ra900Rs800Rp800hP801bm800",
    "pairs that become empty": "TP100tP300Tp100tp300",
    "buffers in every phase": "Rg003Bg003Tg003hg103bg103tg103lg103dS100",
    "bodies written at every place": "Bw000Bw030Bw330Bw100bw110bw103",
    "other contexts": "Re100Rv000he200hv200be000bg103",
    "proxy_done where nothing is pending": "Rd000ld000dd000",
}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    built = tmp_path_factory.mktemp("program") / "program.wasm"
    source = Path(__file__).with_name("program.c")
    options = ("-target", "wasm32-freestanding", "-nostdlib", "-ffreestanding", "-O1", "-s")
    command = [sys.executable, "-m", "ziglang", "cc", *options, "-Wl,--no-entry"]
    subprocess.run([*command, "-o", built, source], check=True)
    return built.read_bytes()


def play(
    judge: Judge,
    module: bytes,
    program: str,
    exchange: Exchange,
    protocol: Protocol = "http/2",
) -> tuple[Fixture, Run, Run]:
    steps = (exchange, exchange)
    fixture = Fixture(program, Path("x.yaml"), steps, config=program.encode(), protocol=protocol)
    ours = host.run(module, fixture, envoy=judge.binary.version)
    return fixture, ours, judge.run(fixture, module)


@pytest.mark.parametrize("protocol", ["http/2", "http/1.1"])
@pytest.mark.parametrize("exchange", [FULL, SHORT, RESET], ids=["full", "short", "reset"])
@pytest.mark.parametrize("what", PROGRAMS)
def test_a_program(
    judge: Judge, program: bytes, what: str, exchange: Exchange, protocol: Protocol
) -> None:
    fixture, ours, theirs = play(judge, program, PROGRAMS[what], exchange, protocol)
    assert (ours.problems, theirs.problems, theirs.skipped) == ((), (), ())
    assert compare.differences(fixture, ours, theirs) == ()


@pytest.mark.parametrize("program_text", ["", "hL310", "bL310", "hz100", "bz100"])
def test_an_upstream_that_resets_in_the_middle(
    judge: Judge, program: bytes, program_text: str
) -> None:
    """It counts only where it finds the stream alive: a local reply may have come first."""
    torn = Exchange(SHORT.request, Answer(FULL.answer.headers, FULL.answer.body, reset=True))
    fixture, ours, theirs = play(judge, program, program_text, torn)
    assert (ours.problems, theirs.problems, theirs.skipped) == ((), (), ())
    assert compare.differences(fixture, ours, theirs) == ()


#: What it shows -> the program, the exchange, when its client goes.
GONE: dict[str, tuple[str, Exchange, Literal["request", "response"]]] = {
    "an unfinished request": ("", FULL, "request"),
    "a reply to it": ("BL110", FULL, "request"),
    "a reply to it, held back": ("RL310bz100", FULL, "request"),
    "a reply to it, its headers held back": ("RL310hz100", FULL, "request"),
    "a reply, held back": ("RL310bz100", SHORT, "response"),
    "a reply, dropped in its body": ("BL110bL110", FULL, "response"),
    "no status": ("hm230", SHORT, "response"),
    "no status of a reply": ("RL310hm230", SHORT, "response"),
    "a reset, closed in the reply's headers": ("hx000", RESET, "response"),
    "a reset, closed in the reply's body": ("bx000", RESET, "response"),
    "a reset, whose reply is held back": ("bz100", RESET, "response"),
    "a body that is closed": ("bx000", FULL, "response"),
}


@pytest.mark.parametrize("protocol", ["http/2", "http/1.1"])
@pytest.mark.parametrize("what", GONE)
def test_a_client_that_goes(judge: Judge, program: bytes, what: str, protocol: Protocol) -> None:
    """Once the client has gone, or would have: the exchange ended before it could."""
    text, whole, abort = GONE[what]
    if abort == "request":
        whole = Exchange(replace(whole.request, trailers=()))
    exchange = replace(whole, abort=abort)
    fixture, ours, theirs = play(judge, program, text, exchange, protocol)
    assert (ours.problems, theirs.problems, theirs.skipped) == ((), (), ())
    assert compare.differences(fixture, ours, theirs) == ()


@pytest.mark.parametrize("text", ["hx000", "bx000", "Rm020hx000"])
def test_a_reply_of_envoys_own_that_is_closed(judge: Judge, program: bytes, text: str) -> None:
    """Over HTTP/2 none of it has left yet."""
    exchange = SHORT if "R" in text else RESET
    fixture, ours, theirs = play(judge, program, text, exchange)
    assert (ours.problems, theirs.problems, theirs.skipped) == ((), (), ())
    assert compare.differences(fixture, ours, theirs) == ()


CONTENT: tuple[Headers, ...] = ((), (("content-length", "0"),))


@pytest.mark.parametrize("headers", CONTENT, ids=["chunked", "length"])
@pytest.mark.parametrize("body", [(), (b"",), (b"", b"")], ids=["none", "empty", "twice"])
def test_an_empty_http1_request(
    judge: Judge, program: bytes, headers: Headers, body: tuple[bytes, ...]
) -> None:
    exchange = Exchange(Request((*HEAD, *headers), body), FULL.answer)
    fixture, ours, theirs = play(judge, program, "", exchange, "http/1.1")
    assert compare.differences(fixture, ours, theirs) == ()


@pytest.mark.parametrize("length", [2, 4, 9])
def test_an_http1_client_reads_what_was_declared(judge: Judge, program: bytes, length: int) -> None:
    answer = Answer(((":status", "200"), ("content-length", "4")), (b"ABCD",))
    step = {2: "bw003", 4: "", 9: "bw033"}[length]
    exchange = Exchange(SHORT.request, answer)
    fixture, ours, theirs = play(judge, program, step, exchange, "http/1.1")
    assert compare.differences(fixture, ours, theirs) == ()


def test_a_long_http1_body_is_one_piece(judge: Judge, program: bytes) -> None:
    exchange = Exchange(Request(HEAD, (b"x" * 40_000, b"y" * 20_000)))
    fixture, ours, theirs = play(judge, program, "", exchange, "http/1.1")
    assert compare.differences(fixture, ours, theirs) == ()


@pytest.mark.parametrize("status", ["204", "304"])
def test_an_http1_head_and_bodiless_answers(judge: Judge, program: bytes, status: str) -> None:
    head = Request(tuple((n, "HEAD" if n == ":method" else v) for n, v in HEAD))
    for request, answer in ((head, "200"), (head, status), (SHORT.request, status)):
        exchange = Exchange(request, Answer(((":status", answer),)))
        fixture, ours, theirs = play(judge, program, "", exchange, "http/1.1")
        assert compare.differences(fixture, ours, theirs) == ()


def test_an_answer_the_codec_refuses_is_not_comparable(judge: Judge, program: bytes) -> None:
    answer = Answer(((":status", "204"), ("content-length", "5")))
    _, _, theirs = play(judge, program, "", Exchange(SHORT.request, answer))
    why = "Envoy's HTTP/2 codec refuses this answer: "
    why += "upstream_reset_before_response_started{protocol_error}"
    assert theirs.skipped == (NotComparable("", why), NotComparable("", why))


def test_headers_that_go_on_twice_are_not_comparable(judge: Judge, program: bytes) -> None:
    _, _, theirs = play(judge, program, "hc100", SHORT)
    assert "twice" in theirs.skipped[0].why
