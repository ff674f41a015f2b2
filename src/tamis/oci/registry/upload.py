"""A blob into a registry: mounted, in one request, or in parts that are taken up where they broke.

What registries do (docker-registry 2.8 and others): an upload is forgotten when its connection
breaks, or not, and then its status tells how much of it is there; `Location` has a state, may be
relative and may be on another host; a repeated PUT is answered 404 though the first one was taken;
some take no parts.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from tamis.errors import BadInput
from tamis.model.artifact import Descriptor
from tamis.oci.blobs import Reader, Source
from tamis.oci.registry.answers import Answer
from tamis.oci.registry.client import Client
from tamis.oci.registry.connections import Part
from tamis.oci.registry.tokens import PULL, PUSH, Denied
from tamis.oci.registry.wire import Dropped, refusal

__all__ = ["Parts", "upload"]

_BYTES = {"Content-Type": "application/octet-stream"}
_MOST = 1 << 30
#: Answers to a PATCH by which registries say that they take no parts.
_NO_PARTS = frozenset({400, 405, 411, 413, 501})


@dataclass(frozen=True, slots=True)
class Parts:
    """In bytes: a blob up to `whole` goes in one request, a larger one in parts of `size`."""

    whole: int = 64 << 20
    size: int = 32 << 20


class _Lost(Exception):
    """The upload is gone or of no use: another one may do. `whole`: in one request."""

    def __init__(self, answer: Answer | None = None, *, whole: bool = False) -> None:
        super().__init__()
        self.said = refusal(answer) if answer else None
        self.whole = whole


def upload(
    client: Client, known: Descriptor, source: Source, *, mount: str = "", parts: Parts
) -> None:
    """Bring the blob there; `mount`: a repository of the same registry that has it.

    Raises BadInput when it is refused, Unreachable, Dropped, and what `source` raises.
    """
    patience = client.wire.patience
    guarded = _Guarded(source)
    attempt = 0
    while True:
        delay = patience.delay(attempt)
        attempt += 1
        try:
            return _attempt(client, known, guarded, mount, parts)
        except _Dry as dry:
            raise dry.error from None
        except Dropped:
            if attempt >= patience.tries:
                raise
        except _Lost as lost:
            if attempt >= patience.tries:
                raise _failed(client, known, lost) from lost
            if lost.whole:
                parts = Parts(whole=_MOST)
        patience.pause(delay)
        if has(client, known):
            return None


def has(client: Client, known: Descriptor) -> bool:
    """HEAD: whether the blob is there, in its whole size."""
    answer = client.blob("HEAD", known.digest)
    if answer.status == 404:
        answer.close()
        return False
    if answer.status != 200:
        raise client.refused(answer, "pull from", f"blob {known.digest}")
    answer.close()
    return answer.headers.get("Content-Length", str(known.size)) == str(known.size)


def _attempt(client: Client, known: Descriptor, source: Source, mount: str, parts: Parts) -> None:
    place = _opened(client, known, mount)
    if not place:
        return
    if known.size > parts.whole:
        with ExitStack() as stack:
            _in_parts(client, known, _Cursor(source, stack), place, parts.size)
        return
    body = Part(known.size, source.open) if known.size else b""
    _close(client, known, place, body)


def _opened(client: Client, known: Descriptor, mount: str) -> str:
    """Where to upload to; "" when the blob was mounted."""
    what = f"blob {known.digest}"
    if mount:
        query = urlencode({"mount": known.digest, "from": mount}, safe=":/")
        try:
            answer = client.open_upload(f"?{query}", also=mount)
        except Denied:  # we may not read there with the same token
            return _opened(client, known, "")
        if answer.status == 201:
            answer.close()
            return "" if has(client, known) else _opened(client, known, "")
        if answer.status != 202:
            answer.close()
            return _opened(client, known, "")
    else:
        answer = client.open_upload()
    if answer.status not in {201, 202}:
        raise client.refused(answer, "push to", what)
    with answer:
        place = client.location(answer)
    if not place:
        raise _Lost(answer)
    return place


def _close(client: Client, known: Descriptor, place: str, body: Part | bytes) -> None:
    """PUT: the rest of the bytes, and the digest of all. An upload lives once: one try."""
    sign = "&" if urlsplit(place).query else "?"
    url = f"{place}{sign}digest={quote(known.digest, safe=':')}"
    answer = client.request("PUT", url, PUSH, _BYTES, body, again=False)
    if answer.status in {201, 204}:
        answer.close()
        return
    if answer.status in {404, 408, 416, 429} or answer.status >= 500:
        raise _Lost(answer)
    raise client.refused(answer, "push to", f"blob {known.digest}")


def _in_parts(client: Client, known: Descriptor, cursor: "_Cursor", place: str, size: int) -> None:
    at, resumed = 0, False
    failures = 0
    patience = client.wire.patience
    while at < known.size:
        end = min(at + size, known.size)
        body = Part(end - at, lambda at=at: cursor.open(at))  # type: ignore[misc]
        sent = {**_BYTES, "Content-Range": f"{at}-{end - 1}"}
        broken: Dropped | Answer
        try:
            answer = client.request("PATCH", place, PUSH, sent, body, again=False)
        except Dropped as error:
            broken = error
        else:
            if answer.status in {201, 202, 204}:
                with answer:
                    place = client.location(answer)
                    at = _taken(answer, end, at)
                if not place:  # the state is lost that the next part needs
                    raise _Lost(whole=True)
                failures = 0
                continue
            if answer.status in _NO_PARTS and not at:
                raise _Lost(answer, whole=True)
            if answer.status in {404, 416}:
                raise _Lost(answer)
            if answer.status < 500 and answer.status not in {408, 429}:
                raise client.refused(answer, "push to", f"blob {known.digest}")
            broken = answer
        delay = patience.delay(failures)
        failures += 1
        if failures >= patience.tries:
            raise broken if isinstance(broken, Dropped) else _Lost(broken)
        if isinstance(broken, Answer):
            broken.close()
        patience.pause(delay)
        place, at = _resumed(client, place, at, end)
        resumed = True
    try:
        _close(client, known, place, b"")
    except BadInput:
        if resumed:  # what it kept of the broken part was not what we sent
            raise _Lost from None
        raise


def _taken(answer: Answer, end: int, at: int) -> int:
    """How far the registry has come. It may take less than was sent, never more, never nothing."""
    told = answer.headers.get("Range", "").removeprefix("bytes=")
    first, dash, last = told.partition("-")
    if not told:
        return end
    if not (dash and first == "0" and last.isascii() and last.isdigit() and len(last) < 20):
        raise _Lost
    kept = int(last) + 1
    if not at < kept <= end:
        raise _Lost
    return kept


def _resumed(client: Client, place: str, at: int, end: int) -> tuple[str, int]:
    """Where to go on after a break, as the registry says. Raises _Lost where it forgot."""
    answer = client.request("GET", place, PULL)
    if answer.status != 204:
        raise _Lost(answer)
    with answer:
        there = client.location(answer) or place
    told = answer.headers.get("Range", "").removeprefix("bytes=")
    _, dash, last = told.partition("-")
    if not (dash and last.isascii() and last.isdigit() and len(last) < 20):
        raise _Lost
    kept = int(last) + 1 if last != "0" else 0  # `0-0`: nothing; a single byte is sent again
    if not at <= kept <= end:
        raise _Lost
    return there, kept


def _failed(client: Client, known: Descriptor, lost: _Lost) -> Exception:
    if lost.said is None or lost.said.status in {201, 202, 204, 404}:
        return BadInput(
            f"{client.host} loses its uploads: blob {known.digest} never arrives",
            advice="Try again; if it stays so, ask who runs the registry.",
        )
    return client.refused(lost.said, "push to", f"blob {known.digest}")


class _Dry(Exception):
    """The source is out of reach: not the registry's fault, and not worth another upload."""

    def __init__(self, error: Dropped) -> None:
        super().__init__()
        self.error = error


@dataclass(frozen=True, slots=True)
class _Guarded:
    """`source`, whose connection is not taken for the registry's when it breaks."""

    source: Source

    @property
    def size(self) -> int:
        return self.source.size

    @contextmanager
    def open(self, start: int = 0) -> Iterator[Reader]:
        with ExitStack() as stack:
            try:
                reader = stack.enter_context(self.source.open(start))
            except Dropped as error:
                raise _Dry(error) from error
            yield _GuardedReader(reader)


@dataclass(frozen=True, slots=True)
class _GuardedReader:
    reader: Reader

    def read(self, size: int, /) -> bytes:
        try:
            return self.reader.read(size)
        except Dropped as error:
            raise _Dry(error) from error


class _Cursor:
    """One reading of a source over many parts; opened anew only to go back."""

    def __init__(self, source: Source, stack: ExitStack) -> None:
        self._source = source
        self._stack = stack
        self._reader: Reader | None = None
        self._at = 0

    @contextmanager
    def open(self, at: int) -> Iterator[Reader]:
        if self._reader is None or self._at != at:
            self._stack.close()
            self._reader = self._stack.enter_context(self._source.open(at))
            self._at = at
        yield self

    def read(self, size: int, /) -> bytes:
        assert self._reader is not None
        piece = self._reader.read(size)
        self._at += len(piece)
        return piece
