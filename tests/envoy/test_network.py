"""Network filters in a real Envoy: connections, event by event."""

from collections.abc import Callable

import pytest
from tests.envoy.conftest import PLAIN, outcome, told

from tamis.model.exchange import (
    CalloutMatch,
    CalloutReply,
    CalloutRule,
    Connection,
    ConnectionEvent,
    Peer,
)
from tamis.model.outcome import ConnectionOutcome, Pause, Run

Act = Callable[..., Run]


def down(data: bytes) -> ConnectionEvent:
    return ConnectionEvent("downstream", "data", data)


def up(data: bytes) -> ConnectionEvent:
    return ConnectionEvent("upstream", "data", data)


def ends(peer: Peer) -> ConnectionEvent:
    return ConnectionEvent(peer, "end")


def closes(peer: Peer) -> ConnectionEvent:
    return ConnectionEvent(peer, "close")


def meet(act: Act, program: str, *events: ConnectionEvent, **rest: object) -> Run:
    return act(program, Connection(events), layer="network", **rest)


def result(run: Run) -> ConnectionOutcome:
    (connection,) = outcome(run).connections
    return connection


END = ["d 2 1 0", "o 2 0 0", "l 2 0 0", "x 2 0 0"]


def lines(run: Run) -> list[str]:
    return told(run, "NDUduolx")


def test_chunks_never_meet(act: Act) -> None:
    found = meet(act, "D b 2\nU b 3", down(b"a"), down(b"b"), up(b"c"), down(b"d"))
    assert lines(found) == [
        "N 2 0 0",
        *("D 2 1 0", "D b 2 0 a", "D 2 1 0", "D b 2 0 b", "U 2 1 0", "U b 3 0 c"),
        *("D 2 1 0", "D b 2 0 d", "D 2 0 1", "D b 2 0 ", "U 2 0 1", "U b 3 0 ", "u 2 0 0"),
        *END,
    ]
    assert result(found) == ConnectionOutcome(b"abd", b"c")


def test_a_half_close_leaves_the_other_half(act: Act) -> None:
    found = meet(act, "N z 0", down(b"a"), ends("downstream"), up(b"b"), up(b"c"))
    assert result(found) == ConnectionOutcome(b"a", b"bc")
    found = meet(act, "N z 0", ends("upstream"), down(b"a"))
    assert result(found) == ConnectionOutcome(b"a", b"")


@pytest.mark.parametrize("peer", ["downstream", "upstream"])
def test_who_closed(act: Act, peer: Peer) -> None:
    found = meet(act, "N z 0", down(b"a"), up(b"b"), closes(peer))
    assert result(found) == ConnectionOutcome(b"a", b"b", peer)
    assert lines(found)[-3:] == END[1:]


@pytest.mark.parametrize("program", ["D X 2", "D X 3"])
def test_a_filter_that_closes(act: Act, program: str) -> None:
    found = meet(act, program, down(b"a"), up(b"b"))
    assert result(found) == ConnectionOutcome(closed="filter")
    assert lines(found)[-4:] == END


def test_a_filter_that_breaks(act: Act) -> None:
    found = meet(act, "D !", down(b"a"), up(b"b"))
    assert result(found) == ConnectionOutcome(closed="filter")
    trap = outcome(found).trap
    assert trap
    assert trap.callback == "proxy_on_downstream_data"


def test_data_are_held_and_changed(act: Act) -> None:
    found = meet(act, "D z 1", down(b"a"), down(b"b"))
    assert result(found).upstream == b""
    assert result(found).pauses == 3 * (Pause("downstream_data", 1),)
    found = meet(act, "D w 2 0 1 xx", down(b"ab"), up(b"c"))
    assert result(found) == ConnectionOutcome(b"xxbxx", b"c")


def test_a_connection_that_waits_for_a_callout(act: Act) -> None:
    rules = (CalloutRule(CalloutMatch("authz"), CalloutReply()),)
    program = "N h authz /c hi 500\nN z 1\nA f 0\nA c 2"
    found = meet(act, program, down(b"ab"), up(b"c"), callouts=rules)
    assert result(found) == ConnectionOutcome(b"ab", b"c", None, (Pause("new_connection", 1),))
    assert len(outcome(found).callouts) == 1


def test_a_connection_that_is_never_let_on(act: Act) -> None:
    for program in ("N z 1", "D z 1\nU z 1"):
        found = meet(act, program, down(b"a"), up(b"b"))
        assert (result(found).upstream, result(found).downstream) == (b"", b"")
        assert not any(line[0] in "dolx" for line in lines(found))
    assert result(meet(act, "N z 0", down(b"a"))).upstream == b"a"


def test_connections_one_after_the_other(act: Act) -> None:
    two = (Connection((down(b"a"),)), Connection((down(b"b"),)))
    found = act("D b 2", *two, layer="network")
    assert [each.upstream for each in outcome(found).connections] == [b"a", b"b"]
    assert [line.step for line in outcome(found).logs if line.message.startswith("x")] == [
        0,
        1,
        None,
    ]


def test_steps_of_the_other_layer(act: Act) -> None:
    found = act("N z 0", Connection((down(b"a"),)))
    assert (found.outcome, found.skipped[0].path) == (None, "")
    found = act("N z 0", PLAIN, layer="network")
    assert (found.outcome, found.skipped[0].path) == (None, "")
