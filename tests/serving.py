"""A server on a port of its own on loopback, until the test ends."""

import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.processes import until

__all__ = ["address", "serving"]


def address() -> str:
    """`127.0.0.1:PORT`, where nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{bound.getsockname()[1]}"


def serving(
    command: Sequence[str], host: str, folder: Path, environment: Mapping[str, str]
) -> Iterator[str]:
    """Yields `host` when a registry answers there, in any way; ends it then. What it says is in
    `folder`.
    """
    log = folder / "log"
    with log.open("wb") as said:
        server = subprocess.Popen(command, env=environment, stdout=said, stderr=said)

    def answers() -> bool:
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"http://{host}/v2/", timeout=5).close()
        except urllib.error.HTTPError as answer:
            answer.close()
        except OSError:
            return False
        return True

    try:
        until(answers, within=30)
        yield host
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)
