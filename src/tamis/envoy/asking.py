"""What a program says at `--version`, and why it says nothing: files that are no Envoy are many.

Whatever was named may be anything, so it gets no input, a time, and room for a few lines.
"""

import contextlib
import errno
import os
import platform
import re
import signal
import stat
import subprocess
import threading
from pathlib import Path

from tamis import elf
from tamis.errors import BadInput, Missing, TamisError

__all__ = ["ask"]

_SECONDS = 30
#: Bytes of what it says that are read; Envoy says 100.
_MOST = 1 << 16
#: Bytes of a file that tell what it is.
_HEAD = 1 << 16
_GLIBC = re.compile(r"`GLIBC_(\d+)\.(\d+)[^']*' not found")
_LIBRARY = re.compile(r"[Ee]rror (?:while )?loading shared librar(?:ies|y):? (?P<name>[^:\s]+)")
_OTHER = "Name another Envoy: a version (1.38), a binary or an image."
_ELSEWHERE = "It was built for another system: name another Envoy, or run tamis there."


def ask(path: Path, shown: str, advice: str) -> str:
    """What `path` says, on either stream. `shown`: what errors call it; `advice`: where to get one.

    Raises Missing when there is no such file, BadInput when it is not a program that runs here.
    """
    try:
        status = path.stat()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            raise Missing(f"there is no Envoy at {shown}", advice=advice) from error
        raise BadInput(f"cannot look at {shown}: {error.strerror}", advice=advice) from error
    if stat.S_ISDIR(status.st_mode):
        raise BadInput(f"{shown} is a folder, not an Envoy", advice=f"Name {shown}/envoy.")
    if not stat.S_ISREG(status.st_mode):
        raise BadInput(f"{shown} is no regular file", advice=_OTHER)
    if not status.st_size:
        raise BadInput(f"{shown} is an empty file, not an Envoy", advice=_OTHER)
    try:
        said, ended = _run(path)
    except OSError as error:
        raise _not_started(path, shown, error) from error
    if ended is None:
        late = f"does not answer --version within {_SECONDS} s"
        what = late if len(said) < _MOST else "talks without end at --version"
        raise BadInput(f"{shown} {what}", advice=_OTHER)
    if ended and (why := _unfit(said)):
        raise BadInput(f"{shown} {why}", advice=_ELSEWHERE)
    if ended < 0:
        name = signal.Signals(-ended).name
        raise BadInput(f"{shown} ends by {name} at --version", advice=_ELSEWHERE)
    return said


def _run(path: Path) -> tuple[str, int | None]:
    """Its words and how it ended; None: it did not. What it started ends with it."""
    command = [str(path.absolute()), "--version"]
    late = threading.Event()
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as asked:

        def end() -> None:
            late.set()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(asked.pid, signal.SIGKILL)

        timer = threading.Timer(_SECONDS, end)
        try:
            timer.start()
            assert asked.stdout
            said = asked.stdout.read(_MOST)
            if len(said) == _MOST:  # it would say more for ever
                end()
            ended = asked.wait()
        finally:
            timer.cancel()
            if asked.returncode is None:  # we are to end ourselves
                end()
    return said.decode(errors="replace"), None if late.is_set() else ended


def _not_started(path: Path, shown: str, error: OSError) -> TamisError:
    """Why the system refuses to start it."""
    head = b""
    with contextlib.suppress(OSError), path.open("rb") as file:
        head = file.read(_HEAD)
    program = elf.program(head)
    script = head[2:].partition(b"\n")[0].decode(errors="replace").strip()
    if error.errno == errno.EACCES:
        if not path.stat().st_mode & 0o111:
            return BadInput(f"{shown} is not executable", advice=f"Run: chmod +x {shown}")
        return BadInput(
            f"{shown} may not be run: {error.strerror}",
            advice="Put it where programs may be started: that file system forbids it.",
        )
    if error.errno == errno.ENOENT and program and program.loader:
        what = f"needs {program.loader}, which this machine does not have"
        return BadInput(f"{shown} {what}", advice=_ELSEWHERE)
    if error.errno == errno.ENOENT and head.startswith(b"#!"):
        return BadInput(f"{shown} is a script for {script}, which is not here", advice=_OTHER)
    if error.errno == errno.ENOEXEC and program and program.machine != platform.machine():
        what = f"is built for {program.machine}, and this machine is {platform.machine()}"
        return BadInput(f"{shown} {what}", advice=_OTHER)
    return BadInput(f"{shown} is no program for this machine: {error.strerror}", advice=_OTHER)


def _unfit(said: str) -> str:
    """What the dynamic loader misses, or ""."""
    wanted = [(int(major), int(minor)) for major, minor in _GLIBC.findall(said)]
    if wanted:
        major, minor = max(wanted)
        name, version = platform.libc_ver()
        here = f"{name} {version}" if name else "none"
        return f"needs glibc {major}.{minor}, and this machine has {here}"
    library = _LIBRARY.search(said)
    return f"needs the library {library['name']}, which is not here" if library else ""
