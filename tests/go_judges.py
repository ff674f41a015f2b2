"""Judges in Go, built from Go's module proxy: Istio's fetcher of images, a registry with referrers.

`python -m tests.go_judges` builds them all, which takes minutes where nothing is cached.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from tests.kept import kept

from tamis.toolchains import Here, toolchain_for

__all__ = ["istio", "olareg"]

_HERE = Path(__file__).parent / "judges"
#: As the user has it: a test may give its process another home, which knows no package.
_ENVIRONMENT = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-trimpath"}


def istio() -> Path:
    """The program of tests/judges/istio."""
    return _built("istio", ".")


def olareg() -> Path:
    """The registry, as tests/judges/olareg pins it."""
    return _built("olareg", "github.com/olareg/olareg/cmd/olareg")


def _built(name: str, package: str) -> Path:
    """That package as the module in the folder `name` sees it, built unless it was. Fails with what
    Go says.
    """
    folder = _HERE / name
    found = toolchain_for("go").find(Here())
    sources = sorted(each for each in folder.iterdir() if each.suffix in {".go", ".mod", ".sum"})
    key = hashlib.sha256(f"{found.version} {package}".encode())
    for each in sources:
        key.update(f"{each.name} {each.stat().st_size} ".encode() + each.read_bytes())

    def build(program: Path) -> None:
        command = [str(found.path), "build", "-o", str(program), package]
        ran = subprocess.run(
            command, cwd=folder, env=_ENVIRONMENT, capture_output=True, check=False
        )
        assert ran.returncode == 0, f"{' '.join(command)}\n{ran.stderr.decode()}"

    return kept(f"{name}-{key.hexdigest()[:16]}", build)


if __name__ == "__main__":
    for build in (istio, olareg):
        sys.stdout.write(f"{build()}\n")
