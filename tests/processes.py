"""The processes of this machine, and waiting for what they do."""

import os
import time
from collections.abc import Callable
from pathlib import Path

__all__ = ["alive", "command", "tasks", "until"]


def tasks() -> list[str]:
    """The ids of all processes."""
    return [path.name for path in Path("/proc").iterdir() if path.name.isdigit()]


def command(task: str) -> bytes:
    """The command line of a process; nothing where it has ended."""
    try:
        return Path(f"/proc/{task}/cmdline").read_bytes()
    except OSError:
        return b""


def until(condition: Callable[[], bool], *, within: float = 20.0) -> None:
    """Look again and again; fails when it does not come true within so many seconds."""
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
