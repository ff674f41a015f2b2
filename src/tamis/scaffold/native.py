"""A filter in C++, C or Zig, of which there is no manifest: its sources tell."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tamis.model.choices import Language
from tamis.scaffold.project import Project, plain_name, uncommented

__all__ = ["look"]


@dataclass(frozen=True, slots=True)
class _Family:
    """`suffixes` of sources, and what in one of them tells that it is a filter's."""

    suffixes: tuple[str, ...]
    tells: re.Pattern[str]


_ABI = r"proxy_abi_version_|\bproxy_on_[a-z_]+\s*\("
_FAMILIES: Mapping[Language, _Family] = {
    "cpp": _Family(
        (".cc", ".cpp", ".cxx"),
        re.compile(r'#\s*include\s*["<](\S*proxy_wasm_\w+\.h|tamis/\w+\.h)[">]|' + _ABI),
    ),
    "c": _Family((".c",), re.compile(r'#\s*include\s*["<]\S*proxy_wasm\w*\.h[">]|' + _ABI)),
    "zig": _Family((".zig",), re.compile(r'@import\("proxy_wasm"\)|' + _ABI)),
}
_OFFICIAL = re.compile(r'#\s*include\s*["<]\S*proxy_wasm_(?:intrinsics|api|common)\.h[">]')
_REGISTERED = re.compile(r"\bRegisterContextFactory\s+\w+\s*[({](.*?)[)}]\s*;", re.DOTALL)
_FACTORIES = re.compile(r"\b(?:CONTEXT|ROOT)_FACTORY\s*\([^)]*\)")
_TEXT = re.compile(r'"([^"]*)"\Z')
_MAIN = re.compile(r"^\s*(?:int|auto)\s+main\s*\(", re.MULTILINE)
_TEST = re.compile(r"(?:^|[_.-])tests?(?:[_.-]|$)")
_NOT_OURS = {
    "build", "node_modules", "target", "vendor", "third_party", "external", "testdata",
    "zig-out", "sdk",
}  # fmt: skip
_DEPTH = 3


def look(folder: Path, language: Language, *, forced: bool = False) -> Project | None:
    """The sources in `folder` that make a filter in `language`. `forced`: any sources."""
    family = _FAMILIES[language]
    texts = {path: uncommented(_text(path)) for path in _sources(folder, family)}
    told = [path for path, text in texts.items() if family.tells.search(text)]
    if not told and not (forced and texts):
        return None
    if language == "zig":
        chosen, notes = _zig_root(told or list(texts))
    else:
        beside = {path.parent for path in told} or {path.parent for path in texts}
        chosen = [p for p, text in texts.items() if p.parent in beside and not _MAIN.search(text)]
        notes = []
    settings: dict[str, object] = {}
    root_id = ""
    if language == "cpp" and any(_OFFICIAL.search(texts[path]) for path in chosen):
        settings["sdk"] = "proxy-wasm"
        root_id, more = _root_id([texts[path] for path in chosen])
        notes += more
    names = [path.relative_to(folder).as_posix() for path in chosen]
    return Project(
        language=language,
        evidence=told[0].relative_to(folder).as_posix() if told else names[0],
        name=plain_name(folder.resolve().name),
        root_id=root_id,
        sources=names,
        settings=settings,
        notes=tuple(notes),
    )


def _sources(folder: Path, family: _Family) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        deep = len(Path(place).relative_to(folder).parts) >= _DEPTH
        folders[:] = sorted(
            f
            for f in folders
            if not deep
            and f not in _NOT_OURS
            and not f.startswith((".", "bazel-"))
            and not _TEST.search(f.lower())
        )
        for name in sorted(names):
            path = Path(place) / name
            if path.suffix in family.suffixes and not _TEST.search(path.stem.lower()):
                yield path


def _zig_root(paths: list[Path]) -> tuple[list[Path], list[str]]:
    """Zig is given one file, which imports the others."""
    roots = [path for path in paths if path.name != "build.zig"] or paths
    if len(roots) == 1:
        return roots, []
    names = ", ".join(path.name for path in roots)
    return roots[:1], [f"several files look like the first one ({names}): 'sources' names one"]


def _root_id(texts: list[str]) -> tuple[str, list[str]]:
    """The id under which the official SDK registers the plugin, where it is a plain text."""
    found: dict[str, None] = {}
    notes = []
    for text in texts:
        for call in _REGISTERED.finditer(text + ";"):
            rest = _FACTORIES.sub("", call[1]).strip(" \t\r\n,")
            plain = _TEXT.search(rest)
            if plain:
                found[plain[1]] = None
            elif rest and not _FACTORIES.fullmatch(rest):
                notes.append(f"the root id is {rest}: write its value as root_id")
    if len(found) > 1:
        return "", [*notes, f"several root ids are registered ({', '.join(found)}): set root_id"]
    return next(iter(found), ""), notes


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""
