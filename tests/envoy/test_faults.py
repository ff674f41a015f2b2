"""What goes wrong around a judging Envoy: every fault is told, and nothing is left."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.envoy.conftest import HEAD, PLAIN, outcome, programmed

from tamis.envoy import Binary, Judge, validate
from tamis.envoy import run as run_all
from tamis.envoy.folder import run_folder
from tamis.envoy.process import Process, Refused
from tamis.model.exchange import Connection, ConnectionEvent, Exchange, Fixture, Request, Tick

# -- a bootstrap that Envoy refuses

_NEAR = re.compile(r" near \d+:\d+ \(offset \d+\):")
#: A bootstrap, Envoy's words, and whether it has the same when it only validates: then it binds
#: nothing, and reads YAML.
REFUSED = [
    ("{nonsense: 1}", "no such field: 'nonsense') has unknown fields", True),
    ("[", "Unable to parse JSON as proto: INVALID_ARGUMENT: ", False),
    (
        '{"static_resources": {"clusters": [{"name": "a", "connect_timeout": "x"}]}}',
        "clusters[0].connect_timeout: message google.protobuf.Duration",
        True,
    ),
    (
        '{"static_resources": {"clusters": [{"name": ""}]}}',
        "ClusterValidationError.Name: value length must be at least 1 characters)",
        True,
    ),
    ('{"admin": {"address": {"pipe": {"path": "/nowhere/x"}}}}', "cannot bind '/nowhere/x'", False),
]


@pytest.mark.parametrize(("text", "words", "alike"), REFUSED)
@pytest.mark.usefixtures("place")
def test_a_refused_bootstrap_has_envoys_own_words(
    binary: Binary, text: str, words: str, alike: bool
) -> None:
    folder = run_folder()
    with (
        pytest.raises(Refused) as caught,
        Process(binary, folder, lambda _: text, logs="main:info"),
    ):
        pass
    assert words in caught.value.what
    assert "\n" not in caught.value.what
    assert "caused by" not in caught.value.what
    assert "static_resources" not in caught.value.what.replace("static_resources.clusters[0]", "")
    if alike:
        reason = validate(binary, text)
        assert reason
        assert _NEAR.sub("", caught.value.what).endswith(_NEAR.sub("", reason))


def test_properties_that_envoy_refuses_are_not_comparable(
    binary: Binary, place: Path, prober: bytes
) -> None:
    nameless = Fixture(
        "f", Path("x.yaml"), (PLAIN,), properties={("xds", "virtual_host_name"): b""}
    )
    with Judge(binary) as judge:
        found = judge.run(nameless, prober)
        assert judge.run(programmed(""), prober).outcome
    assert list(place.iterdir()) == []
    assert (found.outcome, found.problems) == (None, ())
    (skipped,) = found.skipped
    assert skipped.why.startswith("Envoy refuses what the properties ask for: Envoy ended with ")
    assert skipped.why.endswith(
        "VirtualHostValidationError.Name: value length must be at least 1 characters)"
    )


# -- a crash in the middle

CRASH = "request_headers#2: continue_stream 1"


def test_a_crash_costs_its_own_fixture_only(binary: Binary, place: Path, prober: bytes) -> None:
    fixtures = [
        programmed("", name="before"),
        programmed(CRASH, PLAIN, PLAIN, PLAIN, name="crash"),
        programmed("", PLAIN, PLAIN, name="after"),
    ]
    one, crashed, other = run_all(binary, prober, fixtures)
    assert len(outcome(one).exchanges) == 1
    assert len(outcome(other).exchanges) == 2
    assert crashed.outcome is None
    (problem,) = crashed.problems
    assert problem.startswith("exchanges[1]: Envoy ended with SIG")
    assert "; its bootstrap and log are kept in " in problem
    (kept,) = place.iterdir()
    assert problem.endswith(str(kept))
    assert (kept / "envoy.log").stat().st_size


OVERLAPPING = (PLAIN, Exchange(Request(HEAD), overlap=True))


@pytest.mark.parametrize(
    ("steps", "where"),
    [
        ((PLAIN, Tick(1), PLAIN, PLAIN), "exchanges[1]: "),
        (OVERLAPPING, "exchanges[1]: "),
        ((PLAIN, *OVERLAPPING), "exchanges[1]: "),
    ],
)
@pytest.mark.usefixtures("place")
def test_the_exchange_that_crashed_is_named(
    binary: Binary, prober: bytes, steps: Sequence[Exchange], where: str
) -> None:
    with Judge(binary, patience=3) as judge:
        (problem,) = judge.run(programmed(CRASH, *steps), prober).problems
        assert judge.processes == ()
    assert problem.startswith(where)


@pytest.mark.usefixtures("place")
def test_a_crash_at_the_start_and_at_the_end_is_named(binary: Binary, prober: bytes) -> None:
    with Judge(binary, patience=3) as judge:
        for program, where in (
            ('configure: grpc_call "" "a.B" "Do" "" "message" 1000', "start: "),
            ('done: grpc_call "" "a.B" "Do" "" "message" 1000', "end: "),
        ):
            (problem,) = judge.run(programmed(program), prober).problems
            assert problem.startswith(where)


@pytest.mark.usefixtures("place")
def test_an_envoy_that_is_killed_between_fixtures_is_replaced(
    binary: Binary, prober: bytes
) -> None:
    connection = Connection((ConnectionEvent("downstream", "data", b"a"),))
    with Judge(binary, patience=3) as judge:
        for step, layer in ((PLAIN, "http"), (connection, "network")):
            judge.run(programmed("", step), prober, layer=layer)
            (pid,) = judge.processes
            os.kill(pid, 9)
            (problem,) = judge.run(programmed("", step), prober, layer=layer).problems
            assert "Envoy ended with SIGKILL" in problem
            assert judge.run(programmed("", step), prober, layer=layer).outcome
            judge._drop(next(iter(judge._servers)))


def test_a_guest_that_hangs_costs_its_own_envoy_only(binary: Binary, prober: bytes) -> None:
    fixtures = [programmed("request_headers#2: spin", PLAIN, PLAIN), programmed("")]
    hanging, after = run_all(binary, prober, fixtures, patience=1)
    assert hanging.outcome
    assert hanging.outcome.trap
    assert hanging.outcome.trap.kind == "deadline"
    assert [(each.path, each.why) for each in hanging.skipped] == [
        (
            "exchanges[1]",
            "proxy_on_request_headers did not return within 1 s; Envoy has no deadline",
        )
    ]
    assert outcome(after).exchanges


# -- what is no Envoy


@pytest.mark.usefixtures("place")
def test_an_envoy_that_vanished(tmp_path: Path, binary: Binary, prober: bytes) -> None:
    gone = Binary(tmp_path / "gone", binary.version)
    with pytest.raises(Refused, match="No such file or directory"), Judge(gone) as judge:
        judge.run(programmed(""), prober)
