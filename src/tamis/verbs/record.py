"""`tamis record`: a real Envoy in front of an upstream, whose traffic becomes fixtures."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tamis import envoy
from tamis.envoy.live.bootstrap import Slot
from tamis.envoy.live.captured import captured
from tamis.envoy.live.gate import Filling, Gate
from tamis.envoy.live.recorder import Recorder
from tamis.envoy.live.taps import Taps
from tamis.envoy.live.upstream import parse, shown
from tamis.envoy.plugins import GUEST
from tamis.errors import BadInput
from tamis.fixtures.importing import NOWHERE
from tamis.fixtures.keeper import Keeper
from tamis.fixtures.matching import Choice, choice
from tamis.fixtures.redaction import LARGEST, Redactor
from tamis.fixtures.sinks import Format, sink
from tamis.model.exchange import Fixture
from tamis.model.plugin import plugin_of
from tamis.model.recorded import Recorded, Skipped
from tamis.verbs.clusters import clusters as clusters_of
from tamis.verbs.convert import MAX_BODY
from tamis.verbs.envoys import envoy_of
from tamis.verbs.starting import hangs, not_taken
from tamis.verbs.subject import Subject

__all__ = ["record"]

_POLL = 0.02
#: Seconds that are given to what has just ended, when the recording ends.
_LAST = 0.5


def record(
    upstream: str,
    out: Path,
    *,
    subject: Subject | None = None,
    config: bytes | None = None,
    clusters: Mapping[str, str] | None = None,
    binary: envoy.Binary | None = None,
    address: tuple[str, int] = ("127.0.0.1", 0),
    format: Format | None = None,
    match: Sequence[str] = (),
    sample: float = 1.0,
    limit: int | None = None,
    duration: float | None = None,
    max_body: int = MAX_BODY,
    redact: Sequence[str] = (),
    keep_secrets: bool = False,
    started: Callable[[str, bool], None] = lambda *_: None,
    say: Callable[[str], None] = lambda _: None,
) -> Recorded:
    """Serve `upstream` (`http://HOST:PORT`, https, h2c) and write what passes to `out`, each
    exchange as it ends: a folder of YAML, or a file that ends in .jsonl or .jsonl.zst.

    It ends after `limit` fixtures, `duration` seconds, or with Ctrl-C, which then is no
    KeyboardInterrupt. `started` is called with the URL that clients shall use, and whether somebody
    listens at the upstream. With a `subject`, requests pass that filter, and fixtures expect what
    it was seen to do. `clusters`: name -> URL of a server that the filter calls. `match`:
    `path=/api/*`, `method=POST`, `header:NAME=VALUE`; `sample`: that share of them; `max_body` in
    bytes. `redact`: names of headers and parameters whose values are secrets, beside those that are
    known.

    Raises BadInput for what cannot be recorded or written to, Missing without an Envoy or when
    there is no room, Rejected for a filter that Envoy does not take, or one that ends it.
    """
    chosen = choice(match, sample)
    behind = parse(upstream)
    called = clusters_of(clusters or {})
    if subject and subject.metadata.layer != "http":
        raise BadInput(
            f"{subject.metadata.name} is a network filter, and only HTTP is recorded",
            advice="Write its fixtures by hand: docs/fixtures.md.",
        )
    base = _base(subject, config)
    default = subject.metadata.config.encode() if subject else b""
    with sink(out, format, default_config=default, default_plugin=base.plugin) as into:
        redactor = None if keep_secrets else Redactor(redact)
        origin = f"{behind} by tamis record"
        keeper = Keeper(into, redactor, max_body=max_body, origin=origin)
        # More than is kept: secrets are searched in what is whole.
        taps = Taps(behind=subject is not None, bytes=max(max_body, LARGEST) + 1)
        slots = (Slot(GUEST),) if subject else ()
        first = {GUEST: _filling(subject, base)} if subject else {}
        name, port = address
        with Gate(
            binary or envoy_of(),
            behind,
            slots,
            host=name,
            port=port,
            taps=taps,
            clusters=called,
            first=first,
        ) as gate:
            if subject and gate.refused:
                raise not_taken(subject.metadata.name, subject.text, gate.refused[GUEST])
            recorder = Recorder(gate)
            session = _Session(recorder, keeper, chosen, base, filtered=subject is not None)
            try:
                url = f"http://{shown(*gate.address)}"
                session.run(lambda: started(url, behind.listens()), limit, duration, say)
            finally:
                recorder.close()
    return keeper.recorded(unfinished=session.unfinished)


def _base(subject: Subject | None, config: bytes | None) -> Fixture:
    """What all fixtures have in common."""
    if subject is None:
        return Fixture("", NOWHERE, (), config=config or b"")
    given = subject.metadata.config.encode() if config is None else config
    return Fixture("", NOWHERE, (), config=given, plugin=plugin_of(subject.metadata))


def _filling(subject: Subject, base: Fixture) -> Filling:
    """What goes into the slot. Raises Rejected for what would never finish starting there."""
    it = subject.module, base.plugin, base.config
    if why := hangs(*it):
        raise not_taken(subject.metadata.name, subject.text, why)
    return it


class _Session:
    """Takes what has ended and writes it down, until it is enough."""

    def __init__(
        self, recorder: Recorder, keeper: Keeper, chosen: Choice, base: Fixture, *, filtered: bool
    ) -> None:
        self._recorder, self._keeper = recorder, keeper
        self._chosen, self._base, self._filtered = chosen, base, filtered
        self.unfinished = 0

    def run(
        self,
        started: Callable[[], None],
        limit: int | None,
        duration: float | None,
        say: Callable[[str], None],
    ) -> None:
        """Until `limit` fixtures are written, `duration` seconds are over, or Ctrl-C.

        However it ends, what has ended before is written.
        """
        with _signals() as came:
            started()
            end = None if duration is None else time.monotonic() + duration
            while not came and not self._enough(limit) and (end is None or time.monotonic() < end):
                if self._take(limit):
                    say(f"{self._keeper.kept} recorded (Ctrl-C ends)")
                else:
                    time.sleep(_POLL)
            self._last(limit)
        if signal.SIGTERM in came:
            raise SystemExit(128 + signal.SIGTERM)

    def _last(self, limit: int | None) -> None:
        """What has just ended; the rest is under way still."""
        end = time.monotonic() + _LAST
        while not self._enough(limit):
            self._take(limit)
            self.unfinished = self._recorder.under_way()
            if not self.unfinished or time.monotonic() > end:
                return
            time.sleep(_POLL)

    def _take(self, limit: int | None) -> int:
        found = self._recorder.take()
        for ended in found:
            if self._enough(limit):
                break
            capture = captured(ended, self._base, filtered=self._filtered)
            if isinstance(capture, Skipped):
                self._keeper.skip(capture.what, capture.advice)
            elif self._chosen(capture.fixture):
                self._keeper.keep(capture)
        self._keeper.flush()
        return len(found)

    def _enough(self, limit: int | None) -> bool:
        return limit is not None and self._keeper.kept >= limit


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Ctrl-C and SIGTERM wait until an exchange is written: they only leave their numbers here."""
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield came  # no signal comes to it
        return
    every = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(each, lambda number, _: came.append(number)) for each in every]
    try:
        yield came
    finally:
        for each, handler in zip(every, before, strict=True):
            signal.signal(each, handler)
