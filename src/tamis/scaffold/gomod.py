"""A Go or TinyGo filter: go.mod, and where its main package is."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from tamis.model.choices import Language
from tamis.scaffold.project import Project, plain_name, read_text, uncommented

__all__ = ["look"]

#: The SDK and its forks, and the framework of Higress that brings one.
_SDK = re.compile(
    r"^\s*(?:require\s+)?(\S+/(?:proxy-wasm-go-sdk|wasm-go)(?:/\S+)?)\s+v", re.MULTILINE
)
#: Its modules are for TinyGo alone.
_TINYGO_SDK = "github.com/tetratelabs/"
_SCRIPTS = ("Makefile", "makefile", "GNUmakefile", "justfile", "Taskfile.yml", "magefile.go")
_NOT_OURS = {"vendor", "testdata", "node_modules", "build"}


def look(folder: Path, *, language: Language | None = None) -> Project | None:
    """The module in `folder` if it requires the SDK. `language`: go or tinygo, whatever it says."""
    manifest = folder / "go.mod"
    if not manifest.is_file():
        return None
    text = uncommented(read_text(manifest))
    sdk = _SDK.search(text)
    if not (sdk or language):
        return None
    named = re.search(r'^\s*module\s+"?([^\s"]+)', text, re.MULTILINE)
    path = re.sub(r"(/v\d+|\.v\d+)\Z", "", named[1]) if named else folder.resolve().name
    found = language or ("tinygo" if _for_tinygo(folder, sdk[1] if sdk else "") else "go")
    settings, notes = _package(folder)
    return Project(
        language=found,
        evidence="go.mod",
        name=plain_name(path),
        settings=settings,
        notes=notes,
    )


def _for_tinygo(folder: Path, sdk: str) -> bool:
    if sdk.startswith(_TINYGO_SDK):
        return True
    scripts = [folder / name for name in _SCRIPTS] + sorted(folder.glob("*.sh"))
    return any(
        re.search(r"\btinygo\s+build\b", script.read_text("utf-8", errors="replace"))
        for script in scripts
        if script.is_file()
    )


def _package(folder: Path) -> tuple[dict[str, object], tuple[str, ...]]:
    """Where `package main` is when it is not beside go.mod."""
    mains = sorted(set(_mains(folder)))
    if "." in mains:
        return {}, ()
    if len(mains) == 1:
        return {"package": f"./{mains[0]}"}, ()
    if mains:
        return {}, (f"several main packages ({', '.join(mains)}): name one as 'package'",)
    return {}, ("no main package was found: a module is built from one",)


def _mains(folder: Path) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if f not in _NOT_OURS and f[0] not in "._")
        for name in names:
            if name.endswith(".go") and not name.endswith("_test.go"):
                text = (Path(place) / name).read_text("utf-8", errors="replace")
                ignored = re.search(r"^//go:build ignore", text, re.MULTILINE)
                if not ignored and re.search(r"^package main\b", text, re.MULTILINE):
                    yield Path(place).relative_to(folder).as_posix()
