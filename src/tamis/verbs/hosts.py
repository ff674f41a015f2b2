"""What `--host` names: the host core as an Envoy of some version, with a module or native code, or
a real Envoy.
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tamis import envoy, host, profiles
from tamis.errors import BadInput

__all__ = ["HOSTS", "Core", "Host", "Real", "binary", "need_proc", "wanted"]

#: What `--host` takes; each with `@1.38`, too, and `envoy@PATH` for a binary of the user's.
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


Host = Core | Real


def wanted(texts: Iterable[str], say: Callable[[str], None] = lambda _: None) -> tuple[Host, ...]:
    """Each host once, the core first, else in the order named.

    `say` is told of a download. Raises BadInput for what is no host, Missing for an Envoy that
    cannot be had.
    """
    found = dict.fromkeys(_host(text, say) for text in texts)
    return tuple(sorted(found, key=_order))


def need_proc(option: str, advice: str) -> None:
    """Raises BadInput where there is no /proc to measure an Envoy by."""
    if sys.platform != "linux":
        raise BadInput(
            f"{option}: it measures with what Linux tells in /proc, and this is {sys.platform}",
            advice=advice,
        )


def _order(one: Host) -> int:
    """Modules in the core first: an Envoy is asked about what was left behind there."""
    return 2 * isinstance(one, Real) + one.native


def _host(text: str, say: Callable[[str], None]) -> Host:
    kind, at, where = text.partition("@")
    if kind not in HOSTS or (at and not where):
        raise BadInput(
            f"--host '{text}': not a host tamis has",
            advice=f"Hosts: {', '.join(HOSTS)}, each also @1.38; envoy@PATH is a binary of yours.",
        )
    if kind.startswith("envoy"):
        return Real(binary(where, say), kind == "envoy-native")
    native = kind == "native"
    if not where:
        return Core(native=native)
    profile = profiles.resolve(f"envoy@{where}")
    for warning in profile.warnings:
        say(warning)
    return Core(profile.version, native)


def binary(where: str, say: Callable[[str], None]) -> envoy.Binary:
    """The Envoy of that version or at that path; "": what is here. Raises Missing, BadInput."""
    if where and not envoy.is_version(where):
        return envoy.find(Path(where))
    return envoy.of_version(where, say) if where else envoy.find()
