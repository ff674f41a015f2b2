"""Each version is asked alone: what it answers is known, what it does not answer is not sent."""

import itertools
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from tests.http_server import Serving

from tamis.errors import BadInput, Rejected
from tamis.model.plugin import Plugin
from tamis.model.rehearsed import Told, Version
from tamis.rehearsals.alone import alone
from tamis.rehearsals.breaks import Breaks
from tamis.rehearsals.candidate import Candidate
from tamis.rehearsals.moves import Move

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the load client is Linux's alone")

GET = "GET %s HTTP/1.1\r\nhost: a\r\n\r\n"


class Handler(BaseHTTPRequestHandler):
    """Answers name the version in place; but for some paths."""

    protocol_version = "HTTP/1.1"
    stage: "Stage"
    numbers = itertools.count()

    def do_GET(self) -> None:
        if self.path == "/gone":
            self.close_connection = True
            return
        body = b"%d" % next(self.numbers) if self.path == "/vary" else b"same"
        self.send_response(200)
        self.send_header("x-version", "same" if self.path == "/same" else self.stage.version)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Stage(Serving):
    """A `Place` without an Envoy. `refused`: sides that are not taken; `ends`: that end it all."""

    def __init__(self) -> None:
        super().__init__(type("Ours", (Handler,), {"stage": self}))
        self.version = ""
        self.refused: dict[str, str] = {}
        self.ends = ""

    def put(self, version: Candidate) -> Move:
        if version.side == self.ends:
            raise Rejected("Envoy ended with SIGSEGV", advice="Look.")
        words = self.refused.get(version.side)
        if words is None:
            self.version = version.side
        return Move(version.side, 0, 1, words)

    def check(self) -> None:
        pass

    def resident(self) -> int:
        return 0

    def vms(self) -> int:
        return 5 if self.version == "new" else 4


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage() as served:
        yield served


def candidate(side: str) -> Candidate:
    shown = Version(f"{side}.wasm", side, "1", "", "")
    return Candidate(side, shown, b"", Plugin(), b"")  # type: ignore[arg-type]


def ask(stage: Stage, *paths: str):
    requests = [(GET % path).encode() for path in paths]
    return alone(stage, (candidate("old"), candidate("new")), requests, 100, Breaks())


def test_both_are_asked_and_old_is_in_place_again(stage: Stage):
    found = ask(stage, "/a", "/same", "/vary")
    assert len(found.requests) == 3
    assert found.teller.told == Told(3, 2, loosely=1)
    assert found.vms == {"old": 4, "new": 5}
    assert (found.refused, found.notes, stage.version) == (None, (), "old")


def test_what_old_does_not_answer_is_left_out(stage: Stage):
    found = ask(stage, "/gone", "/a")
    assert found.requests == ((GET % "/a").encode(),)
    assert found.teller.told == Told(1, 1)
    assert found.notes == ("1 of 2 requests are left out: OLD does not answer them",)
    with pytest.raises(BadInput, match=r"old\.wasm answers none of the requests"):
        ask(stage, "/gone")


def test_a_version_that_is_not_taken(stage: Stage):
    stage.refused = {"new": "no such import"}
    found = ask(stage, "/a")
    assert (found.refused, found.vms) == ("no such import", {"old": 4})
    assert found.teller.told == Told(1, 0)
    stage.refused = {"old": "no such import"}
    with pytest.raises(BadInput, match="not taken by Envoy: no such import"):
        ask(stage, "/a")


@pytest.mark.parametrize("side", ["old", "new"])
def test_a_version_that_ends_envoy(side: str, stage: Stage):
    stage.ends = side
    with pytest.raises(Rejected, match=rf"{side}\.wasm, alone: Envoy ended with SIGSEGV"):
        ask(stage, "/a")
