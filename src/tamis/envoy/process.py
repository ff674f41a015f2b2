"""One Envoy process: started under a supervisor, ready when its admin socket says so, always ended.

The supervisor (see supervisor.py) ends Envoy when this process ends, also by `kill -9`.
"""

import contextlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Self

from tamis.envoy import claims, supervisor
from tamis.envoy.binary import Binary
from tamis.envoy.folder import Folder
from tamis.envoy.lineage import Lineage
from tamis.errors import Fault

__all__ = ["Crashed", "Process", "run_folder", "scratch", "supervised"]

_READY_SECONDS = 30.0
_POLL_SECONDS = 0.005
#: How a record of the log begins that tells of no fault.
_IDLE = re.compile(r"\d+ (trace|debug) ", re.ASCII)


class Crashed(Exception):
    """Envoy ended by itself; the text says how."""


def run_folder() -> Folder:
    """A new private folder with a short path: Unix sockets live in it.

    Those that owners left behind who were killed are removed.
    """
    claims.sweep(Path(tempfile.gettempdir()))
    root = Path(tempfile.mkdtemp(prefix=claims.PREFIX))
    return Folder(root, claims.claim(root))


@contextlib.contextmanager
def scratch() -> Iterator[Folder]:
    """A run folder for an Envoy that ends by itself."""
    folder = run_folder()
    try:
        yield folder
    finally:
        _remove(folder)


def supervised(folder: Folder, command: Sequence[str], *, within: float) -> int | None:
    """The exit status of `command`, negative for a signal; None where it took more than `within`
    seconds, and was ended. What it says goes to the folder's log.
    """
    with _supervise(folder, command) as child:
        try:
            status = child.wait(within)
        except subprocess.TimeoutExpired:
            return None
    return 128 - status if status > 128 else status


def _supervise(
    folder: Folder, command: Sequence[str], lineage: Lineage | None = None
) -> subprocess.Popen[bytes]:
    """It ends when its standard input is closed."""
    owned = [str(folder.root), str(lineage.folder.root) if lineage else ""]
    wrapped = [sys.executable, "-I", "-S", supervisor.__file__, *owned, *command]
    with folder.log.open("wb") as log:
        return subprocess.Popen(
            wrapped,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            # A terminal's Ctrl-C is for us alone.
            start_new_session=True,
        )


def _remove(folder: Folder) -> None:
    shutil.rmtree(folder.root, ignore_errors=True)
    if folder.held:
        folder.held.close()


class Process:
    """Envoy in `folder`, with the bootstrap that `bootstrap(nonce)` gives; a context manager.

    `logs`: what `--component-log-level` says; `workers`: how many threads serve traffic. `lineage`:
    it takes over from the Envoy before it there. The folder (bootstrap, log) is removed at the end,
    unless `keep()` was called.
    """

    def __init__(
        self,
        binary: Binary,
        folder: Folder,
        bootstrap: Callable[[str], str],
        *,
        logs: str,
        workers: int = 1,
        lineage: Lineage | None = None,
    ) -> None:
        self.binary = binary
        self.folder = folder
        #: Begins every record of the log; unknown to the guest, so no message can imitate it.
        self.nonce = f"@{secrets.token_hex(8)}"
        folder.config.write_text(bootstrap(self.nonce))
        self._kept = False
        self._child = self._start(logs, workers, lineage)
        assert self._child.stdin
        assert self._child.stdout
        self._lifeline = self._child.stdin
        #: Envoy's own process id (the supervisor is its parent).
        self.pid = int(self._child.stdout.readline() or 0)

    def _start(self, logs: str, workers: int, lineage: Lineage | None) -> subprocess.Popen[bytes]:
        command = [
            str(self.binary.path),
            *("-c", str(self.folder.config)),
            *("--concurrency", str(workers)),
            *(lineage.options() if lineage else ("--disable-hot-restart",)),
            *("--log-level", "warning"),
            *("--component-log-level", logs),
            *("--log-format", f"{self.nonce} %t %l %n %v"),
            # The access log is written on this timer.
            *("--file-flush-interval-msec", "2"),
        ]
        return _supervise(self.folder, command, lineage)

    def __enter__(self) -> Self:
        try:
            self._await_ready()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def check(self) -> None:
        """Raise Crashed if Envoy is gone."""
        status = self._child.poll()
        if status is None:
            return
        how = signal.Signals(status - 128).name if status > 128 else f"exit status {status}"
        raise Crashed(f"Envoy ended with {how}")

    def keep(self) -> Path:
        """Keep the folder for the user to look into; returns it."""
        self._kept = True
        claims.disown(self.folder.root)
        with contextlib.suppress(OSError):
            self._lifeline.write(b"keep")
            self._lifeline.flush()
        return self.folder.root

    def admin(self, path: str) -> str:
        """The body of a GET on the admin interface. Raises OSError while it is not there."""
        connection = HTTPConnection("admin", timeout=_READY_SECONDS)
        connection.sock = socket.socket(socket.AF_UNIX)
        try:
            connection.sock.connect(str(self.folder.admin))
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read().decode(errors="replace")
        except HTTPException as error:
            raise ConnectionError(f"admin interface: {error}") from error
        finally:
            connection.close()
        if response.status != HTTPStatus.OK:
            raise ConnectionError(f"admin interface: {response.status} {body}")
        return body

    def resident(self) -> int:
        """Bytes of memory that Envoy holds. Raises OSError when it is gone, and but for Linux."""
        status = Path(f"/proc/{self.pid}/smaps_rollup").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("Rss:"))
        return int(line.split()[1]) * 1024

    def ended(self) -> bool:
        """Whether Envoy has ended by itself, and well: another one took over from it.

        Raises Crashed if it broke.
        """
        status = self._child.poll()
        if status:
            self.check()
        return status == 0

    def close(self) -> None:
        """End Envoy and wait for it; idempotent."""
        with contextlib.suppress(OSError):
            self._lifeline.close()
        self._child.wait()
        if self._child.stdout:
            self._child.stdout.close()
        if not self._kept:
            _remove(self.folder)
        elif self.folder.held:
            self.folder.held.close()

    def _await_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while True:
            try:
                self.check()
                self.admin("/ready")
            except Crashed as error:
                raise self.failed(str(error)) from None
            except OSError:
                if time.monotonic() > deadline:
                    raise self.failed("Envoy is not ready after 30 s") from None
                time.sleep(_POLL_SECONDS)
            else:
                return

    def failed(self, what: str) -> Fault:
        """The error for an Envoy that broke, with what it said last; its folder is kept."""
        kept = self.keep()
        record = self.folder.log.read_text(errors="replace").rpartition(self.nonce)[2].strip()
        last = "" if _IDLE.match(record) else record.rpartition("\n")[2].strip()
        return Fault(
            f"{what}: {last}" if last else what,
            advice=f"Its bootstrap and log are kept in {kept}.",
        )
