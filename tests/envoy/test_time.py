"""Virtual time in a real Envoy: ticks, exchanges that overlap, streams that end early."""

import time
from collections.abc import Callable

import pytest
from tests.envoy.conftest import HEAD, PLAIN, outcome, told

from tamis.envoy.judging import callouts
from tamis.model.exchange import (
    Answer,
    CalloutMatch,
    CalloutReply,
    CalloutRule,
    Exchange,
    Request,
    Tick,
)
from tamis.model.outcome import LocalReply, Pause, Run
from tamis.model.plugin import Beside, Plugin

Act = Callable[..., Run]
MS = 1_000_000
OK = ((":status", "200"),)


def steps(run: Run, letter: str) -> list[int | None]:
    assert run.skipped == ()
    return [line.step for line in outcome(run).logs if line.message.startswith(f"{letter} 1 ")]


def answering(**reply: object) -> tuple[CalloutRule, ...]:
    return (CalloutRule(CalloutMatch("authz"), CalloutReply(**reply)),)


def test_a_tick_is_as_many_as_fit(act: Act) -> None:
    found = act("c t 200", PLAIN, Tick(500 * MS), PLAIN, Tick(100 * MS))
    assert steps(found, "k") == [1, 1, 3]
    assert outcome(found).virtual_time == 600 * MS


def test_a_timer_is_set_again_and_stopped(act: Act) -> None:
    assert steps(act("c t 300\nk t 0", Tick(900 * MS)), "k") == [0]
    assert steps(act("c t 100\nk t 250", Tick(400 * MS)), "k") == [0, 0]
    assert steps(act("R t 100", PLAIN, Tick(250 * MS)), "k") == [1, 1]


def test_a_tick_that_breaks(act: Act) -> None:
    found = act("c t 100\nk !", Tick(250 * MS), PLAIN)
    assert steps(found, "k") == [0]
    assert outcome(found).trap
    assert outcome(found).exchanges[0].local_reply == LocalReply(503, "wasm_fail_stream")


def test_a_timer_that_was_set_anew_ticks_in_its_own_time(act: Act) -> None:
    found = act("R t 100\nh t 400", PLAIN, Tick(300 * MS), Tick(200 * MS))
    assert steps(found, "k") == [2]


def test_what_a_tick_calls_is_answered(act: Act) -> None:
    found = act("c t 200\nk h authz /t x 90\nk t 0", Tick(300 * MS), callouts=answering())
    assert [line[:3] for line in told(found, "kA")] == ["k 1", "k h", "k t", "A 1"]


def test_timers_and_answers_take_their_turns(act: Act) -> None:
    program = "R h authz /c x 900\nR t 200\nR z 1\nA f 0\nA c 0\nA t 0"
    found = act(program, callouts=answering(after=300 * MS))
    assert [line[0] for line in told(found)] == [*"RRRRkAAAAh"]


def test_a_tick_overlaps_a_stream_that_waits_for_it(act: Act) -> None:
    found = act("R t 100\nR z 1\nk f 0\nk c 0\nk t 0", PLAIN, Tick(150 * MS, overlap=True))
    assert outcome(found).exchanges[0].response
    assert steps(found, "k") == [1]
    found = act("R t 100\nR z 1\nk f 0\nk c 0\nk t 0", PLAIN, Tick(150 * MS))
    assert outcome(found).exchanges[0].response is None


def test_a_module_without_the_callback_has_no_ticks(act: Act) -> None:
    allowed = ("proxy_log", "proxy_get_buffer_bytes", "proxy_on_context_create")
    more = ("proxy_set_tick_period_milliseconds", "proxy_on_configure")
    plugin = Plugin("world", "root", capabilities=(*allowed, *more))
    found = act("c t 10", Tick(2_000 * MS), plugin=plugin)
    assert steps(found, "c") == [None]
    assert steps(found, "k") == []


def test_ticks_of_a_plugin_beside_are_its_own(act: Act) -> None:
    beside = (Beside(Plugin("ticker", "root"), b"c t 200\nk d k v"),)
    found = act("R e k", Tick(250 * MS), PLAIN, beside=beside)
    ticks = [(line.plugin, line.message) for line in outcome(found).logs if line.step == 0]
    assert ticks == [("ticker", "k 1 0 0"), ("ticker", "k d k v 0")]


def test_a_timer_that_runs_away_is_not_comparable(act: Act) -> None:
    found = act("c t 1", PLAIN, PLAIN)
    assert [part.path for part in found.skipped] == [""]
    assert "real time" in found.skipped[0].why
    assert not any(line.message.startswith("k") for line in outcome(found).logs)


def numbered(number: int, after: int, *, overlap: bool = True) -> Exchange:
    head = (*HEAD[:3], (":path", f"/{number}"))
    answer = Answer(((":status", f"20{number}"),), after=after)
    return Exchange(Request(head, (b"body",)), answer, overlap=overlap)


@pytest.mark.parametrize("protocol", ["http/2", "http/1.1"])
def test_overlapping_exchanges(act: Act, protocol: str) -> None:
    three = (numbered(1, 30 * MS, overlap=False), numbered(2, 0), numbered(3, 20 * MS))
    found = act("R z 0", *three, numbered(4, 0, overlap=False), protocol=protocol)
    ids = [line.split()[1] for line in told(found, "Rh") if " z " not in line]
    assert ids == ["2", "3", "4", "3", "4", "2", "5", "5"]
    for number, seen in enumerate(outcome(found).exchanges, 1):
        assert seen.request
        assert seen.response
        assert (":path", f"/{number}") in seen.request.headers
        assert (":status", f"20{number}") in seen.response.headers
    assert [line.step for line in outcome(found).logs if line.message[:2] == "h "] == [2, 2, 2, 3]


def test_overlapping_exchanges_end_as_they_do(act: Act) -> None:
    cut = Exchange(Request(HEAD), Answer((), reset=True), overlap=True)
    found = outcome(act("R z 0", numbered(1, 30 * MS, overlap=False), cut))
    assert [bool(seen.local_reply) for seen in found.exchanges] == [False, True]
    assert [seen.reset for seen in found.exchanges] == [None, "upstream"]


def test_what_is_held_is_forwarded_as_whose_it_is(act: Act) -> None:
    program = "R h authz /c x 0\nR z 1\nA f 0\nA c 0\nl d k v"
    two = (numbered(1, 0, overlap=False), numbered(2, 0))
    found = outcome(act(program, *two, callouts=answering()))
    # The answer goes to the stream that began last; the client gives up on the other.
    assert [seen.pauses for seen in found.exchanges] == 2 * [(Pause("request_headers", 1),)]
    first, second = found.exchanges
    assert (first.request, first.response) == (None, None)
    assert second.request
    assert (":path", "/2") in second.request.headers


@pytest.mark.parametrize("protocol", ["http/2", "http/1.1"])
def test_a_client_that_aborts(act: Act, protocol: str) -> None:
    early = Exchange(Request(HEAD, (b"one", b"two")), abort="request")
    late = Exchange(Request(HEAD), Answer(OK, (b"one", b"two")), abort="response")
    found = act("R z 0", early, late, PLAIN, protocol=protocol)
    first, second, third = outcome(found).exchanges
    assert first.request
    assert (first.request.body, first.request.complete) == (b"onetwo", False)
    assert (first.response, first.reset) == (None, "downstream")
    assert second.response
    assert (second.response.body, second.response.complete) == (b"", False)
    assert second.reset == "downstream"
    assert third.response
    assert [line[0] for line in told(found, "bh")] == [*"hh"]
    ends = [line.step for line in outcome(found).logs if line.message.startswith("x ")]
    assert ends == [0, 1, 2, None]


@pytest.mark.parametrize("protocol", ["http/2", "http/1.1"])
def test_an_upstream_that_resets_in_a_response(act: Act, protocol: str) -> None:
    cut = Exchange(Request(HEAD), Answer(OK, (b"one", b"two"), reset=True))
    (seen,) = outcome(act("R z 0", cut, protocol=protocol)).exchanges
    assert seen.response
    assert (seen.response.body, seen.response.complete) == (b"onetwo", False)
    assert (seen.reset, seen.local_reply) == ("upstream", None)
    (seen,) = outcome(act("h z 1", cut, protocol=protocol)).exchanges
    details = "upstream_reset_after_response_started{remote_reset}"
    assert (seen.reset, seen.local_reply) == ("upstream", LocalReply(503, details))


@pytest.mark.parametrize(("late", "why"), [(1, []), (9, ["the timeout of a callout passed"])])
def test_an_answer_and_a_timeout_that_meet_on_the_way(
    act: Act, monkeypatch: pytest.MonkeyPatch, late: int, why: list[str]
) -> None:
    """Envoy gives up while the answer is being sent, which a busy machine brings about."""
    tried = []
    answer = callouts.answer

    def slow(*how: object) -> None:
        tried.append(how)
        if len(tried) <= late:
            time.sleep(0.1)
        answer(*how)

    monkeypatch.setattr(callouts, "answer", slow)
    found = act("R h authz /c x 50\nA a 6", callouts=answering())
    assert [part.why[:31] for part in found.skipped] == why
    assert len(tried) == min(late + 1, 3)
