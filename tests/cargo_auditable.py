"""cargo-auditable, from crates.io: it writes into a module which crates are in it.

`python -m tests.cargo_auditable` builds it, which takes half a minute where it is not kept.
"""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.kept import CACHE, kept

from tamis.toolchains import Here, toolchain_for

__all__ = ["auditable", "audited", "crates"]

_VERSION = "0.7.7"
_TARGET = "wasm32-unknown-unknown"


def auditable() -> Path:
    """The folder of the program, which cargo finds on the PATH."""

    def install(folder: Path) -> None:
        which = [f"--root={folder}", f"--version={_VERSION}", "--locked", "cargo-auditable"]
        _cargo(["install", "--quiet", *which], CACHE, {})

    return kept(f"cargo-auditable-{_VERSION}", install) / "bin"


def audited(folder: Path) -> Path:
    """The module that `cargo auditable build` makes of the crate in `folder`."""
    found = toolchain_for("rust").find(Here())
    linker, std = found.more["linker"], found.more["std"] == "built"
    environment = {
        "PATH": f"{auditable()}:{os.environ['PATH']}",
        "CARGO_TARGET_DIR": str(CACHE / "audited"),  # the standard library is built there once
        **({"RUSTFLAGS": f"-C linker={linker}"} if linker else {}),
        **({"RUSTC_BOOTSTRAP": "1"} if std else {}),
    }
    extra = ["-Zbuild-std=std,panic_abort"] if std else []
    command = ["auditable", "build", "--quiet", "--locked", "--release", f"--target={_TARGET}"]
    _cargo([*command, *extra], folder, environment)
    return CACHE / "audited" / _TARGET / "release" / f"{folder.name}.wasm"


def crates(folder: Path) -> set[str]:
    """What cargo says is linked in, as `name@version`; the crate itself is not."""
    tree = ["tree", "--locked", "--edges=normal", f"--target={_TARGET}", "--prefix=none"]
    lines = _cargo([*tree, "--format={p}"], folder, {}).splitlines()[1:]
    return {"@".join(line.split(" ")[:2]).replace("@v", "@") for line in lines if line}


def _cargo(arguments: list[str], folder: Path, environment: Mapping[str, str]) -> str:
    """What it prints. Fails with what it says."""
    found = toolchain_for("rust").find(Here())
    told = {"RUSTC": found.more["rustc"], "CARGO": str(found.path), **environment}
    ran = subprocess.run(
        [str(found.path), *arguments],
        cwd=folder,
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, f"cargo {' '.join(arguments)}\n{ran.stderr}"
    return ran.stdout


if __name__ == "__main__":
    auditable()
