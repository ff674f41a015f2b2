"""A container that runs: its output as it comes, its end, and what ended it."""

import re
import signal
import threading
from dataclasses import dataclass
from typing import Any

from tamis.errors import Rejected
from tamis.toolchains.containers.engine import tidy

__all__ = ["ASKED", "Ended", "NotStarted", "follow"]

#: Seconds for a question, such as a version.
ASKED = 60
#: Bytes kept of each stream.
_OUTPUT = 16 << 20
#: How the first process of a container says that there is no such program.
_INIT = re.compile(r"\[FATAL tini|.*catatonit.*exec")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended. `killed_for`: "time" or "memory"; "": by itself."""

    code: int
    out: str
    err: str
    killed_for: str = ""


class NotStarted(Exception):
    """The image has no such program."""


def follow(container: Any, output: Any, seconds: int) -> Ended:  # noqa: ANN401
    """Both streams of a started container to their end, and how it ended.

    Raises NotStarted when its init says that the image has no such program, Rejected when somebody
    removed the container.
    """
    from docker import errors

    late = threading.Event()

    def end() -> None:
        late.set()
        with tidy():
            container.kill()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        streams, lengths = [bytearray(), bytearray()], [0, 0]
        # Each frame: the stream's number, three zeros, the length of what follows.
        while len(head := output.raw.read(8)) == 8:
            part = output.raw.read(int.from_bytes(head[4:], "big"))
            number = int(head[0] == 2)
            streams[number] += part[: max(0, _OUTPUT - lengths[number])]
            lengths[number] += len(part)
        code = int(container.wait(timeout=seconds + ASKED)["StatusCode"])
        container.reload()
    except errors.NotFound as error:
        raise Rejected(
            f"somebody removed the container of this build ({container.short_id})",
            advice="Build again.",
        ) from error
    finally:
        timer.cancel()
    out, err = (_text(each, length) for each, length in zip(streams, lengths, strict=True))
    if late.is_set():
        return Ended(code, out, err, "time")
    if code in (126, 127) and _INIT.match(err):
        raise NotStarted(err.strip())
    if code and container.attrs["State"].get("OOMKilled"):
        return Ended(code, out, err, "memory")
    return Ended(_signed(code), out, err)


def _text(stream: bytearray, length: int) -> str:
    more = f"\n({length - len(stream)} bytes more)" if length > len(stream) else ""
    return bytes(stream).decode("utf-8", errors="replace") + more


def _signed(code: int) -> int:
    """128 + n is how a container says that signal n ended its command."""
    try:
        return -signal.Signals(code - 128).value
    except ValueError:
        return code
