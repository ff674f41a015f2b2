"""What Cargo's files say of a filter: its package, its workspace, the SDK it is pinned to."""

import hashlib
import tomllib
from pathlib import Path
from typing import Any

from tamis.errors import BadInput, Place
from tamis.model.filter import Filter

__all__ = ["own_place", "package", "sdk", "workspace"]

_SDK = "proxy-wasm"


def package(filter_: Filter) -> Path:
    """The Cargo.toml at the filter or above it. Raises BadInput when there is none."""
    for folder in (filter_.folder, *filter_.folder.parents):
        if (folder / "Cargo.toml").is_file():
            return folder / "Cargo.toml"
    raise BadInput(
        f"{filter_.name}: there is no Cargo.toml in {filter_.folder} or above it",
        advice="Make one: cargo init --lib, or begin with: tamis new NAME --language rust",
        at=Place(filter_.manifest),
    )


def workspace(filter_: Filter) -> Path:
    """The folder of the workspace that the package belongs to; without one, the package's own.

    Raises BadInput when a Cargo.toml cannot be read.
    """
    own = package(filter_)
    named = _read(own).get("package", {}).get("workspace")
    if named:
        return own.parent.joinpath(str(named)).resolve()
    for folder in (own.parent, *own.parent.parents):
        manifest = folder / "Cargo.toml"
        if manifest.is_file() and "workspace" in _read(manifest):
            return folder
    return own.parent


def sdk(filter_: Filter) -> str:
    """`proxy-wasm 0.2.5`, as Cargo.lock has it; "" where it has none."""
    lock = workspace(filter_) / "Cargo.lock"
    if lock.is_file():
        for each in _read(lock).get("package", ()):
            if each.get("name") == _SDK:
                return f"{_SDK} {each.get('version', '')}".strip()
    return ""


def own_place(filter_: Filter) -> str:
    """Where in cargo's target folder to build: "shared" with all projects, so that the standard
    library and the SDK are compiled once; a place of its own where other crates lie on this
    machine, too, which nothing would tell from another project's.
    """
    root = workspace(filter_)
    local = [each for each in _read(root / "Cargo.lock").get("package", ()) if "source" not in each]
    if len(local) <= 1:
        return "shared"
    return hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(
            f"cannot read {file.name}: {error}", advice="Correct it.", at=Place(file)
        ) from error
