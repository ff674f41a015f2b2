"""Crates: from the section `.dep-v0` that cargo-auditable writes, else from Cargo.lock.

The section is JSON in a zlib stream; a few bytes of it can claim gigabytes.
"""

import re
import tomllib
import zlib
from dataclasses import replace
from pathlib import Path

from tamis.errors import BadInput, Place
from tamis.trust.documents import Object, object_of
from tamis.trust.sbom.component import MOST, Component, Packages, component

__all__ = ["SECTION", "audited", "locked"]

SECTION = ".dep-v0"
_WHAT = "the section .dep-v0"
#: Bytes, as cargo-auditable's own reader has it.
_LIMIT = 8 << 20
_LOCK_LIMIT = 16 << 20
_CRATES = "registry+https://github.com/rust-lang/crates.io-index"
_SHA256 = re.compile(r"[a-f0-9]{64}\Z")
_ADVICE = "Build the module again, with cargo auditable of its newest version."


def audited(section: bytes) -> Packages:
    """What the section lists. Raises BadInput."""
    listed = _packages(_content(section))
    found = [
        component(
            "cargo",
            each.get("name"),
            each.get("version"),
            _WHAT,
            listed=each.get("source") != "local",
            built=each.get("kind") == "build",
        )
        for each in listed
    ]
    whole = [
        replace(one, needs=tuple(found[at].ref for at in _needs(each, len(found))))
        for one, each in zip(found, listed, strict=True)
    ]
    roots = [one for one, each in zip(whole, listed, strict=True) if each.get("root") is True]
    kept = [one for one in whole if one not in roots]
    direct = dict.fromkeys(ref for root in roots for ref in root.needs)
    return Packages(tuple(kept), "complete", tuple(direct))


def locked(file: Path) -> Packages:
    """What a Cargo.lock lists: all that its own crates (those without source) may need, and so
    more than is inside. Raises BadInput.
    """
    at = Place(file)
    try:
        if file.stat().st_size > _LOCK_LIMIT:
            raise BadInput(f"{file.name} is larger than 16 MiB", advice="Is it one?", at=at)
        listed = tomllib.loads(file.read_text("utf-8")).get("package", [])
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(
            f"cannot read {file.name}: {error}",
            advice="Make it anew: cargo generate-lockfile.",
            at=at,
        ) from error
    if not isinstance(listed, list) or len(listed) > MOST:
        raise BadInput(f"{file.name} has no list of packages", advice="Is it one?", at=at)
    tables = [each for each in listed if isinstance(each, dict)]
    found = {id(each): _crate(each, file.name) for each in tables}
    whole: list[Component] = []
    direct: tuple[str, ...] = ()
    for each in tables:
        needs = tuple(
            ref for text in _texts(each.get("dependencies")) if (ref := _named(text, tables, found))
        )
        if "source" not in each:
            direct += needs
        else:
            whole.append(replace(found[id(each)], needs=needs))
    return Packages(tuple(whole), "unknown", tuple(dict.fromkeys(direct)))


def _content(section: bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(section, _LIMIT + 1)
    except zlib.error as error:
        raise BadInput(f"{_WHAT} is no zlib stream: {error}", advice=_ADVICE) from error
    if len(content) > _LIMIT:
        raise BadInput(f"{_WHAT} holds more than {_LIMIT >> 20} MiB", advice=_ADVICE)
    if not stream.eof:
        raise BadInput(f"{_WHAT} breaks off", advice=_ADVICE)
    return content


def _packages(content: bytes) -> list[Object]:
    document = object_of(content, _WHAT, advice=_ADVICE, limit=_LIMIT)
    listed = document.get("packages")
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise BadInput(f"{_WHAT} has no list of packages", advice=_ADVICE)
    if len(listed) > MOST:
        raise BadInput(f"{_WHAT} has {len(listed)} packages", advice=_ADVICE)
    return listed


def _needs(each: Object, count: int) -> list[int]:
    listed = each.get("dependencies", [])
    places = listed if isinstance(listed, list) else [None]
    found = [at for at in places if type(at) is int and 0 <= at < count]
    if len(found) != len(places):
        raise BadInput(f"{_WHAT} has a dependency that is not there", advice=_ADVICE)
    return found


def _crate(each: Object, what: str) -> Component:
    source = each.get("source")
    checksum = each.get("checksum")
    known = isinstance(checksum, str) and _SHA256.match(checksum)
    git = source if isinstance(source, str) and source.startswith("git+") else ""
    return component(
        "cargo",
        each.get("name"),
        each.get("version"),
        what,
        listed=source is not None,
        hashes=(("SHA-256", str(checksum)),) if known else (),
        qualifiers={"vcs_url": git} if git else _registry(source),
    )


def _registry(source: object) -> dict[str, str] | None:
    """What tells a crate of another registry from one of crates.io."""
    if not isinstance(source, str) or source == _CRATES:
        return None
    return {"repository_url": source.partition("+")[2] or source}


def _named(text: str, tables: list[Object], found: dict[int, Component]) -> str:
    """The crate that `name`, `name version` or `name version (source)` means."""
    name, _, rest = text.partition(" ")
    version, _, source = rest.partition(" ")
    for each in tables:
        if each.get("name") != name or (version and each.get("version") != version):
            continue
        if not source or f"({each.get('source')})" == source:
            return found[id(each)].ref
    return ""


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
