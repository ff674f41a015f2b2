"""`sources` of tamis.toml: files of the filter's folder, or the artifact of a prebuilt filter."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tamis.errors import BadInput
from tamis.model.reference import is_reference
from tamis.model.reference import parse as parse_reference
from tamis.project.faults import Document

__all__ = ["reference", "sources"]

#: Their own manifests (Cargo.toml, go.mod, package.json) say what is compiled.
_OWN_MANIFEST = ("rust", "go", "tinygo", "assemblyscript")


def sources(document: Document, folder: Path, found: Mapping[str, Any]) -> tuple[Path, ...]:
    """The files, absolute, each once. Raises BadInput with the place of what does not fit."""
    patterns = found.get("sources", [])
    if not patterns and found["language"] not in _OWN_MANIFEST:
        raise document.error(
            ("language",),
            f"a filter in {found['language']} needs 'sources'",
            'Name what is compiled: sources = ["..."]',
        )
    if reference(document, found):
        return ()
    files: dict[Path, None] = {}
    for index, pattern in enumerate(patterns):
        matched = [folder / pattern]
        if any(char in pattern for char in "*?["):
            matched = sorted(_glob(folder, pattern))
        if not matched or not all(map(_exists, matched)):
            raise document.error(
                ("sources", index),
                f"'sources[{index}]': there is no {pattern}",
                "Paths are relative to tamis.toml.",
            )
        for path in matched:
            file = Path(os.path.normpath(path))
            if found["language"] != "prebuilt" and not file.is_relative_to(folder):
                raise document.error(
                    ("sources", index),
                    f"'sources[{index}]': {pattern} lies outside the filter's folder",
                    "Move or link it into the folder: what a module is made of belongs together.",
                )
            if not file.is_file():
                raise document.error(
                    ("sources", index),
                    f"'sources[{index}]': {pattern} is a folder",
                    "Name files; * and ** are understood.",
                )
            files[file] = None
    return tuple(files)


def reference(document: Document, found: Mapping[str, Any]) -> str:
    """The artifact that a prebuilt filter names, "" for a file. Raises BadInput."""
    patterns = found.get("sources", [])
    named = [text for text in patterns if is_reference(text)]
    if not named:
        return ""
    index = patterns.index(named[0])
    if found["language"] != "prebuilt" or len(patterns) != 1:
        raise document.error(
            ("sources", index),
            f"'sources[{index}]': an artifact is the one source of a prebuilt filter",
            'Set language = "prebuilt" and name it alone.',
        )
    try:
        parsed = parse_reference(named[0])
    except BadInput as error:
        raise document.error(("sources", index), error.what, error.advice()) from error
    if not parsed.digest:
        raise document.error(
            ("sources", index),
            f"'sources[{index}]': {named[0]} may mean another module tomorrow",
            "Pin it: ...@sha256:DIGEST (tamis pull prints it).",
        )
    return str(named[0])


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name longer than any file has, a link that leads to itself
        return False


def _glob(folder: Path, pattern: str) -> list[Path]:
    try:
        return [path for path in folder.glob(pattern) if path.is_file()]
    except (NotImplementedError, ValueError):  # an absolute or malformed pattern matches nothing
        return []
