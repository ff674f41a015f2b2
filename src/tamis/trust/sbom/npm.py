"""npm packages, from the package-lock.json of an AssemblyScript filter."""

import base64
import binascii
from pathlib import Path

from tamis.errors import BadInput, Place
from tamis.trust.documents import Object, object_in
from tamis.trust.sbom.component import MOST, Component, Packages, component

__all__ = ["locked"]

_LIMIT = 32 << 20
_ADVICE = "Make it anew: npm install --package-lock-only."
_HASHES = {"sha512": "SHA-512", "sha384": "SHA-384", "sha256": "SHA-256", "sha1": "SHA-1"}
_FOLDER = "node_modules/"


def locked(file: Path) -> Packages:
    """What the lock file lists; the compiler, which is no part of a module, as needed by the build.

    Raises BadInput for one that npm before version 7 wrote, and for what is none.
    """
    at = Place(file)
    document = object_in(file, advice=_ADVICE, limit=_LIMIT)
    listed = document.get("packages")
    if not isinstance(listed, dict) or len(listed) > MOST:
        raise BadInput(f"{file.name} has no list of packages", advice=_ADVICE, at=at)
    found: dict[str, Component] = {}
    for place, each in listed.items():
        if _FOLDER in place and isinstance(each, dict) and not each.get("link"):
            one = _package(place, each, file.name)
            found.setdefault(one.ref, one)
    root = listed.get("")
    names = _names(root, "dependencies") | _names(root, "devDependencies")
    direct = tuple(one.ref for one in found.values() if one.name in names)
    return Packages(tuple(found.values()), "unknown", direct)


def _package(place: str, each: Object, what: str) -> Component:
    name = each.get("name") or place.rpartition(_FOLDER)[2]
    return component(
        "npm",
        name,
        each.get("version"),
        what,
        built=each.get("dev") is True,
        hashes=_hashes(each.get("integrity")),
    )


def _hashes(integrity: object) -> tuple[tuple[str, str], ...]:
    """Of the package's archive: `sha512-<base64>`, perhaps several."""
    found: dict[str, str] = {}
    for each in str(integrity or "").split()[:4]:
        name, _, text = each.partition("-")
        try:
            digest = base64.b64decode(text.encode("ascii"), validate=True).hex()
        except (binascii.Error, ValueError):
            continue
        bits = {"sha1": 160}.get(name) or int(name[3:]) if name in _HASHES else 0
        if bits and len(digest) * 4 == bits:
            found[_HASHES[name]] = digest
    return tuple(sorted(found.items()))


def _names(root: object, key: str) -> set[str]:
    table = root.get(key) if isinstance(root, dict) else None
    return set(table) if isinstance(table, dict) else set()
