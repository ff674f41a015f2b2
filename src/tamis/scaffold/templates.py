"""The templates: filters that build as they lie, copied under another name.

Four layers make a scaffold, later ones win: `common`, `kinds/<kind>`, `languages/<language>/common`
and `languages/<language>/<kind>`. What lies there is what is offered; nothing lists it twice.
"""

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import get_args

from tamis import schemas
from tamis.errors import BadInput, Fault
from tamis.model.choices import Language
from tamis.model.scaffold import Offered

__all__ = ["KIND", "LANGUAGES", "choose", "files", "offered"]

#: The kind that is written when none is named.
KIND = "headers"
#: What each language brings and needs.
LANGUAGES: Mapping[Language, str] = {
    "cpp": "C++20 and tamis' SDK; the compiler comes with tamis[cpp]",
    "c": "C17 and tamis' SDK; the compiler comes with tamis[cpp]",
    "zig": "Zig and tamis' SDK; the compiler comes with tamis[cpp]",
    "rust": "Rust and the proxy-wasm crate; needs cargo and a Wasm target",
    "go": "Go and the official SDK; needs Go 1.24 or newer",
    "tinygo": "Go and the official SDK, far smaller modules; needs TinyGo",
    "assemblyscript": "AssemblyScript, @solo-io/proxy-runtime; needs Node.js and npm",
}

_ROOT = Path(__file__).resolve().parents[1] / "templates"
_NAME, _IDENTIFIER = "my-filter", "my_filter"
#: What a build leaves in a template that was built where it lies.
_LEFTOVERS = frozenset(
    ("build", "build.lock.json", "target", "node_modules", "zig-out", ".zig-cache", "__pycache__")
)
#: Names that a packager would obey are stored without their dot.
_DOTTED = {"gitignore": ".gitignore"}
_SCHEMAS = ".tamis/schemas"


@cache
def offered(root: Path = _ROOT) -> tuple[Offered, ...]:
    """The kinds, each with the languages it is there in; the usual kind first."""
    known = [one for one in LANGUAGES if (root / "languages" / one).is_dir()]
    kinds = sorted(
        (folder.name for folder in _folders(root / "kinds")), key=lambda kind: (kind != KIND, kind)
    )
    found = []
    for kind in kinds:
        languages = tuple(one for one in known if _whole(root / "languages" / one, kind))
        if languages:
            found.append(Offered(kind, _sentence(root / "kinds" / kind / "README.md"), languages))
    return tuple(found)


def choose(language: str, kind: str) -> Language:
    """The language of that name. Raises BadInput for what is not offered, naming what is."""
    by_kind = {one.kind: one.languages for one in offered()}
    every = tuple(one for one in LANGUAGES if any(one in of for of in by_kind.values()))
    if kind not in by_kind:
        raise _unknown("kind", kind, tuple(by_kind))
    if language not in every:
        raise _unknown("language", language, every)
    if language not in by_kind[kind]:
        raise BadInput(
            f"there is no {kind} filter in {language}",
            advice=f"Languages of that kind: {', '.join(by_kind[kind])}.",
        )
    return next(one for one in LANGUAGES if one == language)


def files(name: str, language: Language, kind: str, root: Path = _ROOT) -> dict[str, bytes]:
    """The scaffold's files by their path, and schemas that editors find beside them.

    Raises BadInput for a name that one of the filter's own dependencies has.
    """
    own = root / "languages" / language
    layers = (root / "common", root / "kinds" / kind, own / "common", own / kind)
    found: dict[str, bytes] = {}
    for layer in layers:
        for path in _tree(layer):
            parts = path.relative_to(layer).parts
            relative = "/".join((*parts[:-1], _DOTTED.get(parts[-1], parts[-1])))
            found[_renamed(relative, name)] = _content(path, name)
    if "tamis.toml" not in found:
        raise Fault(
            f"the {kind} template for {language} has no tamis.toml", advice="Reinstall tamis."
        )
    _hint(found)
    for schema in ("tamis", "fixture"):
        text = json.dumps(schemas.load(schema), indent=2) + "\n"
        found[f"{_SCHEMAS}/{schema}.json"] = text.encode()
    return dict(sorted(found.items()))


def _hint(found: dict[str, bytes]) -> None:
    """A first line that tells editors the schema; it holds for every editor, and offline."""
    for path, content in found.items():
        up = "../" * path.count("/")
        if path == "tamis.toml":
            line = f"#:schema {_SCHEMAS}/tamis.json\n"
        elif re.fullmatch(r"fixtures/.*\.ya?ml", path):
            line = f"# yaml-language-server: $schema={up}{_SCHEMAS}/fixture.json\n"
        else:
            continue
        if line.split()[0].encode() not in content:
            found[path] = line.encode() + content


def _content(path: Path, name: str) -> bytes:
    content = path.read_bytes()
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content
    if name != _NAME and name in _locked(path, text):
        raise BadInput(
            f"'{name}' is the name of a package that the filter itself uses",
            advice=f"For example: {name}-filter.",
        )
    text = _renamed(text, name)
    return (_cargo_order(text) if path.name == "Cargo.lock" else text).encode()


def _renamed(text: str, name: str) -> str:
    return text.replace(_NAME, name).replace(_IDENTIFIER, name.replace("-", "_"))


def _locked(path: Path, text: str) -> set[str]:
    """The packages that a lock file names."""
    if path.name == "Cargo.lock":
        return set(re.findall(r'^name = "(.+)"$', text, re.MULTILINE))
    if path.name == "package-lock.json":
        packages = json.loads(text).get("packages", {})
        return {key.rpartition("node_modules/")[2] for key in packages}
    return set()


def _cargo_order(text: str) -> str:
    """Packages by name, as cargo writes them: `--locked` refuses another order."""
    head, *blocks = text.split("[[package]]\n")
    blocks = [block.rstrip("\n") for block in blocks]
    blocks.sort(key=lambda block: block.partition("\n")[0])
    return head + "\n\n".join(f"[[package]]\n{block}" for block in blocks) + "\n"


def _whole(language: Path, kind: str) -> bool:
    """Whether there is a source of that kind, and a manifest."""
    manifests = (language / part / "tamis.toml" for part in ("common", kind))
    return bool(_tree(language / kind)) and any(one.is_file() for one in manifests)


def _folders(folder: Path) -> Sequence[Path]:
    return [one for one in folder.iterdir() if one.is_dir()] if folder.is_dir() else []


def _tree(folder: Path) -> Sequence[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not _LEFTOVERS.intersection(path.relative_to(folder).parts)
    )


def _sentence(readme: Path) -> str:
    """The first sentence below the title."""
    lines = readme.read_text("utf-8").splitlines() if readme.is_file() else []
    told = next((line for line in lines if line and not line.startswith("#")), "")
    return told.partition(". ")[0].rstrip(".").replace("`", "")


def _unknown(what: str, word: str, known: Sequence[str]) -> BadInput:
    close = difflib.get_close_matches(word, known, 1)
    hint = f" Did you mean {close[0]}?" if close else ""
    return BadInput(f"there is no {what} '{word}'", advice=f"Take one of {', '.join(known)}.{hint}")


assert set(LANGUAGES) < set(get_args(Language))  # `prebuilt` has no source to write
