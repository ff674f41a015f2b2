"""Filters of connections: each callback, holding, changing and closing."""

import pytest

from tamis.host import run
from tamis.model.exchange import (
    CalloutMatch,
    CalloutReply,
    CalloutRule,
    Connection,
    ConnectionEvent,
    Fixture,
)

from .conftest import HERE, compiled

SOURCE = HERE / "filters" / "connections.cc"
UNKNOWN = CalloutRule(CalloutMatch("svc"), CalloutReply(no_cluster=True))
KNOWN = CalloutRule(CalloutMatch("svc"), CalloutReply(after=1_000_000))


@pytest.fixture
def ran():
    """ran(rule, (peer, what, data), ...): what became of the connection, and the log's lines."""

    def ran(rule, *events):
        connection = Connection(tuple(ConnectionEvent(*event) for event in events))
        sent = Fixture("sdk", SOURCE, (connection,), callouts=(rule,))
        outcome = run(compiled(SOURCE), sent).outcome
        assert outcome.trap is None
        assert not outcome.unimplemented
        (became,) = outcome.connections
        return became, [line.message for line in outcome.logs]

    return ran


def test_every_callback_in_its_order(ran):
    became, lines = ran(
        UNKNOWN,
        ("downstream", "data", b"one"),
        ("upstream", "data", b"two"),
        ("upstream", "end"),
        ("downstream", "close"),
    )
    assert (became.upstream, became.downstream) == (b"<one", b"two>")
    assert became.closed == "downstream"
    # Of connections the proxy calls on_done before on_log.
    assert lines == [
        "new", "downstream one false", "upstream two false", "upstream  true", "upstream closed 0",
        "downstream  true", "downstream closed 2", "done", "log",
    ]  # fmt: skip


def test_what_is_held_goes_on_with_the_answer(ran):
    became, lines = ran(
        KNOWN,
        ("downstream", "data", b"one"),
        ("downstream", "data", b"two"),
        ("downstream", "close"),
    )
    # It goes on as it is: without another callback, which would write "<".
    assert lines[:4] == ["new", "downstream one false", "answer 200", "downstream two false"]
    assert became.upstream == b"one<two"


def test_a_filter_can_close(ran):
    became, lines = ran(UNKNOWN, ("downstream", "data", b"QUIT"), ("upstream", "data", b"late"))
    assert (became.upstream, became.downstream, became.closed) == (b"", b"", "filter")
    assert lines == ["new", "downstream QUIT false", "downstream closed 1", "done", "log"]
