"""Live traffic becomes fixtures, and these replay: the filter meets the same, and does the same."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.upstreams import SECONDS, head, over_http1, over_http2

import tamis
from tamis import fixtures, host
from tamis.envoy import Binary
from tamis.envoy.live import recorder
from tamis.envoy.live.bootstrap import Slot
from tamis.envoy.live.captured import captured
from tamis.envoy.live.gate import Gate
from tamis.envoy.live.lines import spoken
from tamis.envoy.live.recorder import Ended, Recorder
from tamis.envoy.live.taps import MARK, Taps
from tamis.envoy.log import Log
from tamis.envoy.plugins import GUEST
from tamis.fixtures.naming import file_stem
from tamis.model.artifact import Metadata
from tamis.model.exchange import Fixture
from tamis.model.plugin import plugin_of
from tamis.model.recorded import Capture, Skipped
from tamis.verbs.subject import Subject

Drive = Callable[[tuple[str, int]], object]


def subject(guest: bytes, config: str) -> Subject:
    metadata = Metadata("guest", "1.0.0", "0.2.1", root_id="root", config=config)
    return Subject("guest.wasm", guest, metadata)


class Live:
    """A gate that records, its echo behind it."""

    def __init__(
        self, gate: Gate, reader: Recorder, log: Log, base: Fixture, *, filtered: bool
    ) -> None:
        self.gate, self.reader, self._log, self._base = gate, reader, log, base
        self._filtered = filtered

    def ended(self, count: int = 1) -> list[Ended]:
        found: list[Ended] = []
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            found += self.reader.take()
            if len(found) >= count:
                return found
        raise AssertionError(f"{len(found)} of {count} exchanges have ended")

    def captures(self, count: int = 1) -> list[Capture | Skipped]:
        return [captured(each, self._base, filtered=self._filtered) for each in self.ended(count)]

    def told(self) -> list[str]:
        """What the filter logged of streams."""
        records = self._log.take()
        lines = spoken(records, (self._base.plugin,), records[0].thread)
        return [line.message for line in lines]


@contextmanager
def live(binary: Binary, guest: bytes | None, config: str = "") -> Iterator[Live]:
    base = Fixture("", Path("x.yaml"), ())
    slots = (Slot(GUEST),) if guest else ()
    with Gate(binary, None, slots, taps=Taps(behind=guest is not None)) as gate:
        if guest:
            one = subject(guest, config)
            base = Fixture(
                "", Path("x.yaml"), (), config=config.encode(), plugin=plugin_of(one.metadata)
            )
            assert gate.put(GUEST, guest, base.plugin, base.config) is None
        with closing(Recorder(gate)) as reader, closing(gate.follow()) as log:
            yield Live(gate, reader, log, base, filtered=guest is not None)


GRPC = [("content-type", "application/grpc"), ("te", "trailers")]
MESSAGE = b"\0\0\0\0\3abc"
BIG = [bytes([65 + n % 26]) * 16384 for n in range(320)]  # 5 MiB
TRAFFIC: dict[str, Drive] = {
    "http1-get": lambda at: over_http1(
        at, "GET", "/items?x=1", headers=[("X-A", "1"), ("X-A", "2"), ("Cookie", "a=1; b=2")]
    ),
    "http1-post": lambda at: over_http1(at, "POST", "/items", b"\xff\0binary"),
    "http1-chunked": lambda at: over_http1(at, "PUT", "/items", iter([b"alpha\n", b"beta\n"])),
    "http1-head": lambda at: over_http1(at, "HEAD", "/items"),
    "http2-get": lambda at: over_http2(at, head("/items", "GET", ("x-a", "1"), ("x-a", ""))),
    "http2-trailers": lambda at: over_http2(
        at, head("/up", "POST", ("te", "trailers")), [b"one", b"two"], [("x-sum", "6")]
    ),
    "http2-big": lambda at: over_http2(at, head("/big", "POST"), BIG),
    "grpc": lambda at: over_http2(at, head("/pkg.Service/Method", "POST", *GRPC), [MESSAGE] * 2),
}


@pytest.mark.parametrize(
    ("name", "filtered"),
    [(name, True) for name in TRAFFIC] + [(name, False) for name in TRAFFIC if "big" not in name],
)
def test_what_is_recorded_replays(
    name: str, filtered: bool, binary: Binary, guest: bytes, tmp_path: Path
):
    """In both hosts, with what was expected; and with a filter, which met the same before."""
    config = "A x-added=yes\n"
    with live(binary, guest if filtered else None, config) as recording:
        TRAFFIC[name](recording.gate.address)
        (capture,) = recording.captures()
        told = recording.told() if filtered else []
    assert isinstance(capture, Capture)
    assert not capture.cut
    one = subject(guest, config)
    file = tmp_path / f"{name}.yaml"
    fixtures.write(capture.fixture, file, default_config=config.encode(),
                   default_plugin=capture.fixture.plugin)  # fmt: skip
    # A fixture has a name.
    file.write_text(file.read_text().replace('name: ""', f'name: "{name}"'))
    tested = tamis.test(one, hosts=("wasmtime", "envoy"), folder=tmp_path)
    assert tested.ok, [run.problems for run in tested.runs] + list(tested.differences)
    assert not tested.not_comparable
    if filtered:
        (fixture,) = fixtures.find(tmp_path, default_config=config.encode())
        assert fixture.exchanges[0].expect.request
        outcome = host.run(guest, capture.fixture).outcome
        assert outcome
        # Envoy merges pieces that wait for each other, as the end of 5 MiB does.
        merged = name == "http2-big"
        wanted = [line.message for line in outcome.logs if line.step is not None]
        assert met(told, merged=merged) == met(wanted, merged=merged)


def met(lines: list[str], *, merged: bool) -> list[str]:
    """The callbacks of one stream up to its log; `merged`: bodies aside."""
    left_out = ["configure", "vm_start", "done", "delete"]
    left_out += ["request_body", "response_body"] if merged else []
    return [line for line in lines if line.partition(" ")[0] not in left_out]


def test_a_recorded_body_is_whole_and_in_its_pieces(binary: Binary):
    with live(binary, None) as recording:
        TRAFFIC["http2-big"](recording.gate.address)
        (capture,) = recording.captures()
    assert isinstance(capture, Capture)
    request = capture.fixture.exchanges[0].request
    assert b"".join(request.body) == b"".join(BIG)
    assert len(request.body) > 10


def test_a_filters_own_answer_is_expected(binary: Binary, guest: bytes):
    with live(binary, guest, "Rr") as recording:
        over_http1(recording.gate.address, "GET", "/")
        (capture,) = recording.captures()
    assert isinstance(capture, Capture)
    (exchange,) = capture.fixture.exchanges
    assert exchange.expect.request == "none"
    assert exchange.expect.local_reply
    assert exchange.expect.local_reply.status == 403
    assert exchange.expect.response.body.equals == b"no"
    assert file_stem(capture.fixture) == "get-403"


def test_a_filter_that_breaks_makes_no_fixture(binary: Binary, guest: bytes):
    with live(binary, guest, "Ru") as recording:
        over_http1(recording.gate.address, "GET", "/")
        (skipped,) = recording.captures()
    assert isinstance(skipped, Skipped)
    assert "trapped" in skipped.what


def test_streams_side_by_side_keep_apart_and_nobody_sees_their_names(binary: Binary):
    """A client cannot name its stream itself, and the upstream never learns of names."""
    with live(binary, None) as recording:
        for n in range(30):
            got = over_http1(recording.gate.address, "GET", f"/{n}", headers=[(MARK, "mine")])
            assert MARK.encode() not in got.body
        captures = recording.captures(30)
        assert recording.reader.under_way() == 0
        assert not list(recording.gate.process.folder.root.glob("tap-*"))
    paths = [dict(each.fixture.exchanges[0].request.headers)[":path"] for each in captures]
    assert paths == [f"/{n}" for n in range(30)]
    names = {name for each in captures for name, _ in each.fixture.exchanges[0].request.headers}
    assert not names & {MARK, "x-forwarded-proto"}  # nothing that Envoy added


def test_what_is_too_large_is_not_read(binary: Binary, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recorder, "_LARGEST", 20_000)
    with live(binary, None) as recording:
        over_http1(recording.gate.address, "POST", "/", b"x" * 20_000)
        (skipped,) = recording.captures()
        assert not list(recording.gate.process.folder.root.glob("tap-*"))
    assert isinstance(skipped, Skipped)
    assert skipped.what.startswith("it is larger than any fixture")


def test_a_tap_that_is_not_whole_ends_nothing(binary: Binary):
    """Where the disk is full, say."""
    with live(binary, None) as recording:
        over_http1(recording.gate.address, "GET", "/1")
        folder = recording.gate.process.folder.root
        while True:
            # Whole once the worker has let go of the stream.
            assert recording.gate.answers()
            (path,) = folder.glob("tap-before_*")
            if '"response_body_chunk"' in (text := path.read_text()):
                break
        path.write_text(text[: text.rindex('"as_bytes"')])  # the last piece of the body
        first = recording.captures()
        over_http1(recording.gate.address, "GET", "/2")
        second = recording.captures()
    assert isinstance(first[0], Skipped)
    assert first[0].what == "what the tap wrote of it is not whole"
    assert isinstance(second[0], Capture)


def test_what_envoy_refuses_is_said(binary: Binary):
    with live(binary, None) as recording:
        over_http1(recording.gate.address, "GET", "no-slash")
        (skipped,) = recording.captures()
    assert isinstance(skipped, Skipped)
    assert skipped.what == "Envoy refused it before any filter: http1.codec_error"


def test_grpc_in_front_of_a_server_that_speaks_http2_alone(binary: Binary, tmp_path: Path):
    """An answer that is trailers alone, too."""

    def drive(url: str, _: bool) -> None:
        host_, _, port = url.removeprefix("http://").rpartition(":")
        got = over_http2((host_, int(port)), head("/pkg.Service/Call", "POST", *GRPC), [MESSAGE])
        assert got.body == MESSAGE

    with Gate(binary) as server:
        upstream = "h2c://{}:{}".format(*server.address)
        recorded = tamis.record(upstream, tmp_path / "o", binary=binary, limit=1, started=drive)
    (fixture,) = fixtures.find(tmp_path / "o")
    assert recorded.unsearched == 1  # messages have no names
    (exchange,) = fixture.exchanges
    assert (fixture.protocol, exchange.request.body) == ("http/2", (MESSAGE,))
    assert exchange.answer.body == (MESSAGE,)
    assert ("grpc-status", "0") in exchange.answer.trailers
