"""A Rust filter: Cargo.toml, and the target that .cargo/config.toml names."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tamis.errors import BadInput, Place
from tamis.scaffold.project import Project, one_line, plain_name, read_text, semantic

__all__ = ["look"]

_SDK = "proxy-wasm"
#: What cargo is told, and what tamis.toml has to say then: nothing for the usual target.
_TARGETS = {
    "wasm32-unknown-unknown": "",
    "wasm32-wasip1": "wasm32-wasip1",
    "wasm32-wasi": "wasm32-wasip1",  # its name until Rust 1.78
}


def look(folder: Path, *, forced: bool = False) -> Project | None:
    """The crate in `folder` if it is a filter: a `cdylib`, or one that uses proxy-wasm.

    `forced`: any crate. Raises BadInput for a Cargo.toml that cannot be read, and for a workspace.
    """
    manifest = folder / "Cargo.toml"
    if not manifest.is_file():
        return None
    values = _toml(manifest)
    package = values.get("package")
    if not isinstance(package, dict):
        _refuse_workspace(manifest, values, forced=forced)
        return None
    uses, is_library = _uses_sdk(values), _is_cdylib(values)
    if not (uses or is_library or forced):
        return None
    notes = []
    if not is_library:
        notes.append('Cargo.toml builds no module yet: add [lib] crate-type = ["cdylib"]')
    inherited = _Inherited(folder)
    target = _target(folder, inherited.root)
    return Project(
        language="rust",
        evidence="Cargo.toml",
        name=plain_name(str(package.get("name", folder.name))),
        version=semantic(inherited.value(package, "version")),
        description=one_line(inherited.value(package, "description")),
        license=one_line(inherited.value(package, "license")),
        settings={"target": target} if target else {},
        notes=tuple(notes),
    )


class _Inherited:
    """Values that a member of a workspace takes from it: `version.workspace = true`."""

    def __init__(self, folder: Path) -> None:
        self.root = next((one for one in folder.resolve().parents if _has_workspace(one)), None)

    def value(self, package: Mapping[str, Any], key: str) -> object:
        value = package.get(key)
        if not (isinstance(value, dict) and value.get("workspace")):
            return value
        if self.root is None:
            return None
        shared = _table(_table(_toml(self.root / "Cargo.toml"), "workspace"), "package")
        return shared.get(key)


def _has_workspace(folder: Path) -> bool:
    file = folder / "Cargo.toml"
    return file.is_file() and "workspace" in _toml(file)


def _refuse_workspace(manifest: Path, values: Mapping[str, Any], *, forced: bool) -> None:
    if "workspace" not in values and not forced:
        return
    members = _table(values, "workspace").get("members", [])
    raise BadInput(
        f"{manifest} is a workspace, not a crate",
        advice=f"Run tamis init in one of its members: {', '.join(map(str, members)) or 'none'}.",
        at=Place(manifest),
    )


def _uses_sdk(values: Mapping[str, Any]) -> bool:
    tables = [_table(values, "dependencies")]
    tables += [_table(one, "dependencies") for one in _table(values, "target").values()]
    return any(
        _SDK in (name.replace("_", "-"), isinstance(wanted, dict) and wanted.get("package"))
        for table in tables
        for name, wanted in table.items()
    )


def _is_cdylib(values: Mapping[str, Any]) -> bool:
    library = _table(values, "lib")
    return "cdylib" in (library.get("crate-type") or library.get("crate_type") or ())


def _target(folder: Path, root: Path | None) -> str:
    """`build.target` as cargo finds it, if it is a Wasm one that is not the usual one."""
    for place in filter(None, (folder, root)):
        for name in ("config.toml", "config"):
            file = place / ".cargo" / name
            if file.is_file():
                target = _table(_toml(file), "build").get("target", ())
                targets = [target] if isinstance(target, str) else target
                return next((_TARGETS[one] for one in targets if one in _TARGETS), "")
    return ""


def _table(values: object, key: str) -> Mapping[str, Any]:
    found = values.get(key) if isinstance(values, dict) else None
    return found if isinstance(found, dict) else {}


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_text(file))
    except tomllib.TOMLDecodeError as error:
        raise BadInput(
            f"{file.name} is not TOML: {error}", advice="Correct the line.", at=Place(file)
        ) from error
