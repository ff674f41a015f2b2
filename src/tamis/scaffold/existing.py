"""Which kind of project a folder holds, told by the files that its own tools read."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tamis.errors import BadInput
from tamis.model.choices import Language
from tamis.scaffold import cargo, gomod, native, npm
from tamis.scaffold.project import Project

__all__ = ["recognise"]

_Look = Callable[[Path], Project | None]
_FORCED: Mapping[Language, _Look] = {
    "rust": lambda folder: cargo.look(folder, forced=True),
    "go": lambda folder: gomod.look(folder, language="go"),
    "tinygo": lambda folder: gomod.look(folder, language="tinygo"),
    "assemblyscript": lambda folder: npm.look(folder, forced=True),
    "cpp": lambda folder: native.look(folder, "cpp", forced=True),
    "c": lambda folder: native.look(folder, "c", forced=True),
    "zig": lambda folder: native.look(folder, "zig", forced=True),
}
#: One each: Go and TinyGo are told apart by what go.mod requires.
_LOOKS: tuple[_Look, ...] = (
    cargo.look,
    gomod.look,
    npm.look,
    lambda folder: native.look(folder, "cpp"),
    lambda folder: native.look(folder, "c"),
    lambda folder: native.look(folder, "zig"),
)
_NEEDS: Mapping[Language, str] = {
    "rust": "Cargo.toml",
    "go": "go.mod",
    "tinygo": "go.mod",
    "assemblyscript": "package.json",
    "cpp": ".cc, .cpp or .cxx file",
    "c": ".c file",
    "zig": ".zig file",
}


def recognise(folder: Path, language: str | None = None) -> Project:
    """The project in `folder`; `language` says what it is, where it could be several things.

    Raises BadInput when it is none, or more than one.
    """
    if language is not None:
        return _as(folder, language)
    found = [project for look in _LOOKS if (project := look(folder))]
    if len(found) == 1:
        return found[0]
    if found:
        told = " and ".join(f"{one.language} ({one.evidence})" for one in found)
        raise BadInput(
            f"{folder.resolve().name} could be {told}",
            advice=f"Say which: tamis init --language {found[0].language}.",
        )
    raise BadInput(
        f"no filter was recognised in {folder.resolve().name}: no Cargo.toml with proxy-wasm or a "
        "cdylib, no go.mod with a proxy-wasm SDK, no package.json with assemblyscript, no C++, C "
        "or Zig source that uses proxy-wasm",
        advice="Name the folder that has it, or say what it is: --language. tamis new writes one.",
    )


def _as(folder: Path, language: str) -> Project:
    known = {str(one): one for one in _FORCED}
    if language not in known:
        raise BadInput(
            f"tamis init knows no language '{language}'", advice=f"Take one of {', '.join(known)}."
        )
    project = _FORCED[known[language]](folder)
    if project is None:
        raise BadInput(
            f"there is no {_NEEDS[known[language]]} in {folder.resolve().name}",
            advice="Name the project's own folder.",
        )
    return project
