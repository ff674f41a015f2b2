"""Exchanges of a live Envoy, one by one as they end."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tamis.envoy.live.gate import Gate
from tamis.envoy.live.taps import MARK
from tamis.envoy.log import Log
from tamis.errors import BadInput, Place, Rejected
from tamis.fixtures.importing.tap import Tapped, traces
from tamis.model.recorded import Skipped

__all__ = ["Ended", "Recorder"]

_NAMED = re.compile(rf'"{MARK}",\s*"value":\s*"(?P<name>[0-9a-f-]+)"')
#: The first segment of a stream that Envoy answered before there was a request.
_NAMELESS = re.compile(r'\s*\{\s*"http_streamed_trace_segment":\s*\{\s*"trace_id":\s*"\d+"\s*\}')
#: Characters in which a request's headers end, whatever Envoy takes.
_HEAD = 1 << 20
#: Bytes of a file that are read at once; bodies take a third more than they are.
_LARGEST = 512 << 20
_LINE = re.compile(r"(?P<name>\S+) (?P<protocol>\S+) (?P<flags>\S+) (?P<details>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Ended:
    """An exchange that is over, as it was in front of the filters and behind them.

    `before` None: no filter met it, Envoy answered itself. `behind` None: nothing came that far.
    `protocol`: the client's ("HTTP/1.1"). `flags`, `details`: Envoy's words how it ended (its
    access log: %RESPONSE_FLAGS%, %RESPONSE_CODE_DETAILS%); details may be the filter's words.
    `unread`: why both sides are None, if not for that.
    """

    before: Tapped | None
    behind: Tapped | None
    protocol: str
    flags: frozenset[str]
    details: str
    unread: str = ""


class Recorder:
    """Reads what the taps of `gate` write, and gives the room on disk back."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._log: Log = gate.follow()
        self._folder = gate.process.folder
        #: Files in front of the filters: by the name of their stream, and those not known yet.
        self._known: dict[str, Path] = {}
        self._lines: list[str] = []

    def close(self) -> None:
        """Read no more; of what is under way nothing stays on disk."""
        self._log.close()
        for path in self._files("before", "behind"):
            path.unlink(missing_ok=True)

    def take(self) -> list[Ended]:
        """What has ended since the last call, in that order.

        Raises Rejected when Envoy has ended by itself, once all that ended before is taken.
        """
        self._lines += [each.text for each in self._log.take() if each.logger == "access"]
        if not self._lines:
            self._gate.check()
            return []
        # A file is whole once the worker has let go of the stream: it answers after that. What
        # ended before Envoy did is whole, too; the next call tells of its end.
        with suppress(Rejected):
            if not self._gate.answers():
                return []
        lines, self._lines = self._lines, []
        self._look()
        return [self._ended(line) for line in lines]

    def under_way(self) -> int:
        """How many exchanges have begun and not ended."""
        return self._look() + len(self._known)

    def _look(self) -> int:
        """Learn which file is whose; of how many nothing is on disk yet."""
        silent = 0
        taken = set(self._known.values())
        for path in self._files("before"):
            if path in taken:
                continue
            with path.open(encoding="utf-8", errors="replace") as file:
                text = file.read(_HEAD)
            if found := _NAMED.search(text):
                self._known[found["name"]] = path
            elif _NAMELESS.match(text):
                self._remove(path)
            else:
                silent += 1
        return silent

    def _files(self, *sides: str) -> Iterator[Path]:
        for start in (Path(self._folder.tap(side)) for side in sides):
            yield from start.parent.glob(f"{start.name}_*")

    def _ended(self, line: str) -> Ended:
        found = _LINE.fullmatch(line)
        assert found
        path = self._known.pop(found["name"], None)
        before = behind = None
        unread = ""
        if path:
            try:
                before, behind = (_read(each) for each in (path, self._other(path)))
            except BadInput as error:
                unread = error.what
            self._remove(path)
        flags = frozenset(found["flags"].split(",")) - {"-"}
        return Ended(before, behind, found["protocol"], flags, found["details"], unread)

    def _other(self, path: Path) -> Path:
        """The file behind the filters of the same stream."""
        number = path.name.rpartition("_")[2]
        return Path(f"{self._folder.tap('behind')}_{number}")

    def _remove(self, path: Path) -> None:
        for each in (path, self._other(path)):
            each.unlink(missing_ok=True)


def _read(path: Path) -> Tapped | None:
    """The one stream of a file, without its name; None where there is no file. Raises BadInput."""
    if not path.exists():
        return None
    if path.stat().st_size > _LARGEST:
        raise BadInput("it is larger than any fixture (some 400 MB)", advice="Leave it out.")
    tapped = None
    for found in traces(path.read_text("utf-8"), Place(path)):
        if isinstance(found, Skipped):
            raise BadInput("what the tap wrote of it is not whole", advice="Make room on disk.")
        tapped = found
    if tapped and tapped.request:
        kept = tuple(pair for pair in tapped.request.headers if pair[0] != MARK)
        tapped.request.headers = kept
    return tapped
