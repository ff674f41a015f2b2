"""Where tamis keeps what it can make again: a folder a kind, below `$XDG_CACHE_HOME/tamis`.

`builds`, `modules`, `proven` and `sizes` are addressed by content, one file an entry; `envoys` hold
a binary a file; the others belong to compilers and package managers, which keep their own order in
them. Everything here may be deleted, but for what a process holds.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tamis.files import write_whole

__all__ = [
    "KINDS",
    "Usage",
    "folder",
    "hold",
    "prune",
    "read",
    "root",
    "touch",
    "usage",
    "writable",
    "write",
]

#: What each folder holds.
KINDS = {
    "builds": "modules by source, settings and toolchain",
    "modules": "modules compiled for wasmtime",
    "proven": "tamis.toml and configurations that keep their schemas",
    "envoys": "Envoys by version or image (test --host envoy@1.38)",
    "sizes": "how small modules can be (bench)",
    "zig": "the zig compiler's own (C, C++, Zig)",
    "rust": "cargo's target folders",
    "go": "the Go compiler's own",
    "tinygo": "the TinyGo compiler's own",
    "npm": "node_modules by lock file (AssemblyScript)",
    "container": "what compilers and package managers in containers keep",
}
_ENTRIES = ("builds", "modules", "proven", "envoys", "sizes")
_CHECKSUM = 32
_DAY = 86_400
#: Seconds during which a hidden file is somebody's unfinished work.
_UNFINISHED = 3600
#: What this process holds: open, and locked, until it ends.
_held: dict[Path, int] = {}


@dataclass(frozen=True, slots=True)
class Usage:
    """One kind on disk. `size` in bytes; `used`: seconds since the epoch, None when empty."""

    kind: str
    what: str
    path: Path
    files: int
    size: int
    used: float | None


def root() -> Path:
    """The folder of them all; it may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME")
    below = Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache"
    return below / "tamis"


def folder(kind: str) -> Path:
    """Where entries of that kind lie; it may not exist yet."""
    return root() / kind


def read(kind: str, name: str) -> bytes:
    """What `write` stored under `name`; empty when there is nothing usable.

    What lies there is trusted as our own work, so another user's file is not read.
    """
    path = folder(kind) / name
    try:
        if path.stat().st_uid != os.getuid():
            return b""
        stored = path.read_bytes()
    except OSError:
        return b""
    checksum, content = stored[:_CHECKSUM], stored[_CHECKSUM:]
    if hashlib.sha256(content).digest() != checksum:
        return b""
    touch(path)
    return content


def write(kind: str, name: str, content: bytes) -> None:
    """Store it for the next time, with a checksum; a cache that cannot be used is no error."""
    with contextlib.suppress(OSError):
        folder(kind).mkdir(parents=True, exist_ok=True, mode=0o700)
        stored = hashlib.sha256(content).digest() + content
        write_whole(folder(kind) / name, stored, mode=0o600)


def writable(path: Path) -> bool:
    """Whether files can be made in `path`, which is made if absent."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return True
    except OSError:
        return False


def touch(path: Path) -> None:
    """Say that `path` was used now: pruning goes by it."""
    with contextlib.suppress(OSError):
        os.utime(path)


def hold(path: Path) -> bool:
    """Keep `path` from being pruned until this process ends, however it ends.

    False: it is gone, or another user's and not to be trusted.
    """
    try:
        opened = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    with contextlib.suppress(OSError):  # a file system without locks: nothing holds there
        fcntl.flock(opened, fcntl.LOCK_SH)
    found = os.fstat(opened)
    if found.st_nlink == 0 or found.st_uid != os.getuid():  # pruned in between, or not ours
        os.close(opened)
        return False
    if (before := _held.get(path)) is not None:
        os.close(before)
    _held[path] = opened
    touch(path)
    return True


def usage() -> tuple[Usage, ...]:
    """Every kind, in the order of KINDS."""
    return tuple(_usage(kind, what) for kind, what in KINDS.items())


def prune(days: float = 0) -> int:
    """Delete what was not used for `days`; 0: all. Returns the bytes that came free.

    Entries go one by one, a compiler's folder goes whole. What a process holds stays, and what
    cannot be deleted.
    """
    before = sum(each.size for each in usage())
    limit = time.time() - days * _DAY
    for kind in KINDS:
        if kind in _ENTRIES:
            for path in _files(folder(kind)):
                if days == 0 or _age(path) < limit:
                    _unlink(path, folder(kind))
        elif days == 0 or _age(folder(kind)) < limit:
            _delete(folder(kind))
    return before - sum(each.size for each in usage())


def _usage(kind: str, what: str) -> Usage:
    path = folder(kind)
    sizes = [_size(file) for file in _files(path)]
    used = _age(path) if sizes else None
    if kind in _ENTRIES and sizes:
        used = max(_age(file) for file in _files(path))
    return Usage(kind, what, path, len(sizes), sum(sizes), used)


def _files(path: Path) -> Iterator[Path]:
    for place, _, files in os.walk(path):
        yield from (Path(place) / name for name in files)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:  # gone meanwhile
        return 0


def _age(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:
        return 0


def _unlink(path: Path, kind: Path) -> None:
    """Delete an entry that nobody holds, or is at work on."""
    hidden = path.relative_to(kind).parts[0].startswith(".")
    if hidden and _age(path) > time.time() - _UNFINISHED:
        return
    with contextlib.suppress(OSError):
        # Not for writing: meanwhile nobody could run it.
        opened = os.open(path, os.O_RDONLY)
        try:
            if not _locked(opened):
                path.unlink()
        finally:
            os.close(opened)


def _locked(opened: int) -> bool:
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks
        return False
    return False


def _delete(path: Path) -> None:
    """Go's module cache is read-only by design: its folders are opened first."""
    for place, _, _ in os.walk(path):
        with contextlib.suppress(OSError):
            Path(place).chmod(0o700)
    shutil.rmtree(path, ignore_errors=True)
