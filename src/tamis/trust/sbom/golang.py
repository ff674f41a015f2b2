"""Go modules: from the build information in a module's data, else from go.mod.

The linker keeps it between two marks of 16 bytes, whatever is stripped; lines of words and tabs.
TinyGo keeps nothing.
"""

import re
from pathlib import Path

from tamis.errors import BadInput, Place
from tamis.trust.sbom.component import MOST, Component, Packages, component

__all__ = ["informed", "required"]

_START = bytes.fromhex("3077af0c9274080241e1c107e6d618e6")
_END = bytes.fromhex("f932433186182072008242104116d8f2")
_LIMIT = 4 << 20
_WHAT = "Go's build information"
_ADVICE = "Build the module again, with -mod=readonly and a released version of Go."
_BLOCK = re.compile(r"^(require|replace)\s*\(\s*$(.*?)^\)", re.MULTILINE | re.DOTALL)
_LINE = re.compile(r"^(require|replace)\s+([^(\s].*)$", re.MULTILINE)


def informed(module: bytes) -> Packages | None:
    """What the module says that it was built of; None where it says nothing. Raises BadInput."""
    start = module.find(_START)
    end = module.find(_END, start + 16, start + 16 + _LIMIT) if start >= 0 else -1
    if end < 0:
        return None
    try:
        text = module[start + 16 : end].decode()
    except UnicodeDecodeError as error:
        raise BadInput(f"{_WHAT} is not UTF-8", advice=_ADVICE) from error
    found: list[Component] = []
    for line in text.split("\n"):
        word, *rest = line.split("\t")
        if word == "dep" and len(rest) >= 2:
            found.append(_module(rest[0], rest[1], _WHAT))
        elif word == "=>" and len(rest) >= 2 and found:
            found[-1] = _module(rest[0], rest[1], _WHAT)
        if len(found) > MOST:
            raise BadInput(f"{_WHAT} names more than {MOST} modules", advice=_ADVICE)
    return Packages(tuple(found), "complete", tuple(each.ref for each in found))


def required(file: Path) -> Packages:
    """What a go.mod requires; of it the compiler takes what it needs. Raises BadInput."""
    try:
        text = file.read_bytes()[:_LIMIT].decode()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"cannot read {file.name}: {error}", advice="Make it anew: go mod tidy.", at=Place(file)
        ) from error
    lines = [(word, line) for word, block in _BLOCK.findall(text) for line in block.split("\n")]
    lines += _LINE.findall(_BLOCK.sub("", text))
    found: dict[str, Component] = {}
    indirect: set[str] = set()
    for word, line in lines:
        code, _, comment = line.partition("//")
        parts = code.split()
        if word == "require" and len(parts) == 2:
            found[parts[0]] = _module(parts[0], parts[1], file.name)
            if comment.strip().startswith("indirect"):
                indirect.add(parts[0])
    for word, line in lines:
        old, arrow, new = line.partition("//")[0].partition("=>")
        parts = new.split()
        if word == "replace" and arrow and old.split()[:1] and old.split()[0] in found:
            name = old.split()[0]
            found[name] = (
                _module(parts[0], parts[1], file.name)
                if len(parts) == 2
                else component("golang", name, "", file.name, listed=False)
            )
    direct = tuple(each.ref for name, each in found.items() if name not in indirect)
    return Packages(tuple(found.values()), "unknown", direct)


def _module(name: str, version: str, what: str) -> Component:
    """A replacement by a folder has no version: no registry has it."""
    return component("golang", name, version, what, listed=bool(version) and version != "(devel)")
