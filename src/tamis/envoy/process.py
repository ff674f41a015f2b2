"""One Envoy process: started under a supervisor, ready when its admin socket says so, always ended.

The supervisor (see supervisor.py) ends Envoy when this process ends, also by `kill -9`.
"""

import contextlib
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Self

from tamis.envoy import refusals, supervisor
from tamis.envoy.binary import Binary
from tamis.envoy.folder import Folder, writing
from tamis.envoy.lineage import Lineage
from tamis.envoy.log import whole
from tamis.errors import Fault, Missing

__all__ = ["Crashed", "Process", "Refused", "supervised"]

_READY_SECONDS = 30.0
_POLL_SECONDS = 0.005


class Crashed(Exception):
    """Envoy ended by itself; the text says how."""


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


class Refused(Fault):
    """Envoy does not start from its bootstrap."""


class Process:
    """Envoy in `folder`, with the bootstrap that `bootstrap(nonce)` gives; a context manager.

    `logs`: what `--component-log-level` says; `workers`: how many threads serve traffic. `lineage`:
    it takes over from the Envoy before it there. `within`: seconds in which it serves. The folder
    (bootstrap, log) is removed at the end, unless `keep()` was called.
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
        within: float = _READY_SECONDS,
    ) -> None:
        self.binary = binary
        self._within = within
        self.folder = folder
        #: Begins every record of the log; unknown to the guest, so no message can imitate it.
        self.nonce = f"@{secrets.token_hex(8)}"
        self._kept = False
        try:
            with writing(folder.root):
                folder.config.write_text(bootstrap(self.nonce))
                self._child = self._start(logs, workers, lineage)
        except BaseException:
            folder.remove()
            raise
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
        """Raise Crashed if Envoy is gone, Missing if that was for want of room."""
        status = self._child.poll()
        if status is None:
            return
        if status == 128 + signal.SIGXFSZ:
            raise Missing(
                "a file may not grow as long as Envoy's log must",
                advice="Raise the limit of the size of files: ulimit -f unlimited.",
            )
        how = signal.Signals(status - 128).name if status > 128 else f"exit status {status}"
        raise Crashed(f"Envoy ended with {how}")

    def keep(self) -> Path:
        """Keep the folder for the user to look into; returns it."""
        self._kept = True
        self.folder.disown()
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
            self.folder.remove()
        else:
            self.folder.release()

    def _await_ready(self) -> None:
        deadline = time.monotonic() + self._within
        while True:
            try:
                self.check()
                self.admin("/ready")
            except Crashed as error:
                raise self.failed(str(error), Refused) from None
            except OSError:
                if time.monotonic() > deadline:
                    raise self.failed(f"Envoy is not ready after {self._within:g} s") from None
                time.sleep(_POLL_SECONDS)
            else:
                return

    def failed(self, what: str, kind: type[Fault] = Fault) -> Fault:
        """The error for an Envoy that broke, with the cause in its own words; its folder is kept.

        Raises Missing when it broke for want of room.
        """
        self.folder.need_room()
        kept = self.keep()
        return kind(f"{what}: {self._cause()}", advice=f"Its bootstrap and log are kept in {kept}.")

    def _cause(self) -> str:
        cause = refusals.cause(whole(self.folder.log, self.nonce))
        # What comes without the nonce is not Envoy's log: the system's word on a program, say.
        last = self.folder.log.read_text(errors="replace").strip().rpartition("\n")[2]
        return cause or last or "it says nothing"
