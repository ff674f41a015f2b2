"""Runs Envoy for exactly as long as its owner lives; a program of its own, standard library only.

    python supervisor.py FOLDER LINEAGE COMMAND...

Standard input is a pipe that only the owner holds open: when it closes, however the owner ended,
Envoy is killed and, if the owner did not say "keep" first, FOLDER is removed, and LINEAGE (a
folder, or nothing) is forgotten. On Linux the kernel also kills Envoy when this supervisor dies,
and this supervisor when its parent is gone. Prints Envoy's pid; exits with its status (128 +
signal).
"""

import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable

__all__ = ["forget", "main"]

_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.25


def forget(lineage: str) -> None:
    """Remove the folder of Envoys that took over from each other, and the shared memory that its
    `base` stands for: Envoy itself leaves it behind.
    """
    with contextlib.suppress(OSError, ValueError):
        with open(f"{lineage}/base", encoding="ascii") as file:  # noqa: PTH123  (starts are to be quick)
            base = int(file.read())
        os.unlink(f"/dev/shm/envoy_shared_memory_{10 * base}")  # noqa: PTH108, S108
    if lineage:
        shutil.rmtree(lineage, ignore_errors=True)


def main(folder: str, lineage: str, command: list[str]) -> int:
    """Start `command`, wait for its end or the owner's."""
    owner = os.getppid()
    die = _die_with_parent()
    envoy = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, preexec_fn=die
    )
    # Whoever wants this to end ends the owner: only so is the folder removed.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(OSError):  # an owner that is gone already is noticed below
        os.write(1, f"{envoy.pid}\n".encode())
    keep = False
    while envoy.poll() is None:
        readable, _, _ = select.select([0], [], [], _POLL_SECONDS)
        said = os.read(0, 64) if readable else b"."
        keep = keep or b"keep" in said
        if not said or os.getppid() != owner:
            envoy.kill()
            envoy.wait()
            if not keep:
                shutil.rmtree(folder, ignore_errors=True)
            forget(lineage)
            return 0
    status = envoy.returncode
    return 128 - status if status < 0 else status


def _die_with_parent() -> Callable[[], None] | None:
    """For the child between fork and exec; None where the system has no such thing."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def die() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # died in between
            os.kill(os.getpid(), signal.SIGKILL)

    return die


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
