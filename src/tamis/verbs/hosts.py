"""What `--host` names: the host core as an Envoy of some version, with a module or native code, or
a real Envoy.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from tamis import envoy, host, profiles
from tamis.errors import BadInput
from tamis.verbs.envoys import envoy_of

__all__ = ["HOSTS", "Core", "Host", "Real", "need_proc", "wanted"]

#: What `--host` takes; each with `@1.38`, too, and `envoy@PATH` or `envoy@IMAGE` for other Envoys.
HOSTS = ("wasmtime", "native", "envoy", "envoy-native")


@dataclass(frozen=True, slots=True)
class Core:
    """The host core, behaving as that version of Envoy; `native`: it runs the filter's twin."""

    envoy: str = host.NEWEST
    native: bool = False

    @property
    def host(self) -> str:
        """The name outcomes carry."""
        return host.label(self.envoy, native=self.native)

    @property
    def newest(self) -> bool:
        """Whether it is what `--host wasmtime` means: snapshots are its outcomes."""
        return not self.native and self.envoy == host.NEWEST


@dataclass(frozen=True, slots=True)
class Real:
    """A real Envoy; `native`: it runs the filter's twin, behind the shim."""

    binary: envoy.Binary
    native: bool = False

    @property
    def host(self) -> str:
        """The name outcomes carry."""
        return envoy.label(self.binary, native=self.native)

    @property
    def image(self) -> str:
        """The reference of the container image it was taken from; "" for others."""
        return self.binary.image


Host = Core | Real


def wanted(texts: Iterable[str], say: Callable[[str], None] = lambda _: None) -> tuple[Host, ...]:
    """Each host once, the core first, else in the order named.

    `say` is told of a download. Raises BadInput for what is no host, Missing for an Envoy that
    cannot be had.
    """
    found: dict[Host, str] = {}
    for text in texts:
        found.setdefault(_host(text, say), text)
    return tuple(sorted(_told_apart(found), key=_order))


def need_proc(option: str, advice: str) -> None:
    """Raises BadInput where there is no /proc to measure an Envoy by."""
    if sys.platform != "linux":
        raise BadInput(
            f"{option}: it measures with what Linux tells in /proc, and this is {sys.platform}",
            advice=advice,
        )


def _told_apart(found: Mapping[Host, str]) -> Iterator[Host]:
    """Two Envoys of one version are called as they were named, behind the first."""
    names: set[str] = set()
    for one, text in found.items():
        if isinstance(one, Real) and one.host in names:
            called = text.partition("@")[2] or str(one.binary.path)
            yield replace(one, binary=replace(one.binary, called=called))
        else:
            yield one
        names.add(one.host)


def _order(one: Host) -> int:
    """Modules in the core first: an Envoy is asked about what was left behind there."""
    return 2 * isinstance(one, Real) + one.native


def _host(text: str, say: Callable[[str], None]) -> Host:
    kind, at, where = text.partition("@")
    if kind not in HOSTS or (at and not where):
        raise BadInput(
            f"--host '{text}': not a host tamis has",
            advice=f"Hosts: {', '.join(HOSTS)}, each also @1.38; envoy@PATH, envoy@IMAGE:TAG.",
        )
    if kind.startswith("envoy"):
        return Real(envoy_of(where, say), kind == "envoy-native")
    native = kind == "native"
    if not where:
        return Core(native=native)
    profile = profiles.resolve(f"envoy@{where}")
    for warning in profile.warnings:
        say(warning)
    return Core(profile.version, native)
