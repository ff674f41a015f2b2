"""An AssemblyScript filter: package.json, asconfig.json, and the root id in its sources."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tamis.errors import BadInput, Place
from tamis.scaffold.project import Project, one_line, plain_name, read_text, semantic, uncommented

__all__ = ["look"]

_COMPILER = "assemblyscript"
_ENTRY = "assembly/index.ts"
_ASC = re.compile(r"\basc\b(?:\s+\S+)*?\s+((?:\./)?[\w./-]+\.ts)\b")
#: The root id is the last argument, behind a function that may fill lines.
_ROOT = re.compile(r"""\bregisterRootContext\s*\(.*?,\s*["']([^"']*)["']\s*,?\s*\)""", re.DOTALL)
_NO_LICENSE = re.compile(r"UNLICENSED|SEE LICENSE", re.IGNORECASE)


def look(folder: Path, *, forced: bool = False) -> Project | None:
    """The package in `folder` if it compiles AssemblyScript. `forced`: any package."""
    manifest = folder / "package.json"
    if not manifest.is_file():
        return None
    package = _json(manifest)
    wanted = [package.get(f"{key}ependencies") for key in ("d", "devD", "peerD")]
    if not (forced or any(isinstance(one, dict) and _COMPILER in one for one in wanted)):
        return None
    entry = _entry(folder, package)
    notes = [] if (folder / entry).is_file() else [f"there is no {entry}: name the 'entry'"]
    roots = _roots(folder / entry)
    if len(roots) > 1:
        notes.append(f"several root ids are registered ({', '.join(roots)}): set root_id")
    terms = one_line(package.get("license"))
    return Project(
        language="assemblyscript",
        evidence="package.json",
        name=plain_name(str(package.get("name") or folder.resolve().name)),
        version=semantic(package.get("version")),
        description=one_line(package.get("description")),
        license="" if _NO_LICENSE.match(terms) else terms,
        root_id=roots[0] if len(roots) == 1 else "",
        settings={} if entry == _ENTRY else {"entry": entry},
        notes=tuple(notes),
    )


def _entry(folder: Path, package: Mapping[str, Any]) -> str:
    """What asconfig.json or the package's own scripts compile; else the usual place."""
    config = folder / "asconfig.json"
    entries = _json(config).get("entries") if config.is_file() else None
    if isinstance(entries, list) and entries and isinstance(entries[0], str):
        return entries[0].removeprefix("./")
    scripts = package.get("scripts")
    for name, script in sorted(scripts.items()) if isinstance(scripts, dict) else ():
        found = _ASC.search(script) if isinstance(script, str) and "build" in name else None
        if found:
            return found[1].removeprefix("./")
    return _ENTRY


def _roots(entry: Path) -> list[str]:
    """The root ids that the sources beside the entry register, where they are plain texts."""
    found: dict[str, None] = {}
    for source in sorted(entry.parent.glob("*.ts")) if entry.is_file() else ():
        text = uncommented(source.read_text("utf-8", errors="replace"))
        found |= dict.fromkeys(_ROOT.findall(text))
    return list(found)


def _json(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(read_text(file))
    except (ValueError, RecursionError) as error:
        raise BadInput(
            f"{file.name} is not JSON: {error}", advice="Correct it.", at=Place(file)
        ) from error
    return value if isinstance(value, dict) else {}
