"""Targets such as `istio@1.30` to profiles.

The facts of a file are arrays of tables, each with optional `since` and `until` (inclusive minor
releases). `[extends]` maps a version to the profile underneath, whose facts come first: lists
add up, limits of the product itself win, layouts, puller and kinds are never inherited (an Envoy
inside Istio is not deployed as an Envoy is).
"""

import difflib
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from tamis.errors import BadInput, Place
from tamis.profiles.profile import Profile

__all__ = ["known", "products", "resolve"]

_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.\d+)?\Z")

_Facts = Mapping[str, Any]


def products(folder: Path | None = None) -> tuple[str, ...]:
    """Names of the products tamis knows, and of those described in `folder`."""
    return tuple(sorted(_files(folder)))


def known(folder: Path | None = None) -> tuple[str, ...]:
    """Every target tamis knows, by product and then oldest first: `envoy@1.36`, ..."""
    return tuple(
        f"{product}@{version}"
        for product in products(folder)
        for version in _read(product, folder)["versions"]
    )


def resolve(target: str, folder: Path | None = None) -> Profile:
    """The profile of `product` (its newest version) or `product@version`.

    `folder` holds the user's own `<product>.toml`. A patch release is judged as its minor one, a
    version newer than all known as the newest known, with a warning. Raises BadInput for an
    unknown product, a version older than all known, or a damaged file.
    """
    product, _, wanted = target.partition("@")
    if product not in products(folder):
        raise _unknown(product, folder)
    facts = _read(product, folder)
    versions = [str(each) for each in facts["versions"]]
    if "@" not in target:
        return _profile(target, facts, versions[-1], (), folder)
    version, warnings = _nearest(target, wanted, versions, facts["title"])
    return _profile(target, facts, version, warnings, folder)


def _nearest(
    target: str, wanted: str, versions: list[str], title: str
) -> tuple[str, tuple[str, ...]]:
    match = _VERSION.match(wanted)
    if not match:
        raise BadInput(
            f"'{target}': '{wanted}' is not a version",
            advice=f"Write a minor release, such as {target.partition('@')[0]}@{versions[-1]}.",
        )
    version = f"{match[1]}.{match[2]}"
    if version in versions:
        return version, ()
    if _number(version) > _number(versions[-1]):
        return versions[-1], (
            f"{title} {version} is newer than tamis knows: judged as {versions[-1]}",
        )
    raise BadInput(
        f"'{target}': tamis knows nothing of {title} {version}",
        advice=f"It knows {', '.join(versions)}.",
    )


def _profile(
    name: str, facts: _Facts, version: str, warnings: tuple[str, ...], folder: Path | None
) -> Profile:
    base = facts.get("extends", {}).get(version)
    under = resolve(base, folder) if base else None

    def names(table: str, key: str = "names") -> tuple[str, ...]:
        return tuple(each for fact in _holding(facts, table, version) for each in fact[key])

    limits = dict(under.limits) if under else {}
    for fact in _holding(facts, "limits", version):
        limits |= {key: value for key, value in fact.items() if key not in ("since", "until")}
    return Profile(
        name=name,
        product=facts["product"],
        title=facts["title"],
        version=version,
        envoy=under.envoy if under else version,
        wasi=frozenset(names("wasi", "functions")) | (under.wasi if under else frozenset()),
        imports=frozenset(names("imports", "functions"))
        | (under.imports if under else frozenset()),
        layouts=names("layouts"),
        puller=facts.get("puller", ""),
        limits=limits,
        kinds=names("kinds"),
        fields=frozenset(names("fields")) | (under.fields if under else frozenset()),
        warnings=(*(under.warnings if under else ()), *warnings),
    )


def _holding(facts: _Facts, table: str, version: str) -> list[_Facts]:
    """The facts of `table` that hold at `version`."""
    at = _number(version)
    return [
        fact
        for fact in facts.get(table, ())
        if _number(fact.get("since", "0.0")) <= at <= _number(fact.get("until", "99999.0"))
    ]


def _number(version: str) -> tuple[int, int]:
    major, minor = version.split(".")
    return int(major), int(minor)


def _files(folder: Path | None) -> dict[str, Traversable]:
    """Product -> file; the user's own wins. `wire.toml` describes traffic, not a product."""
    places: list[Traversable] = [resources.files("tamis.profiles")]
    if folder:
        places.append(folder)
    return {
        file.name.removesuffix(".toml"): file
        for place in places
        for file in place.iterdir()
        if file.name.endswith(".toml") and file.name != "wire.toml"
    }


def _read(product: str, folder: Path | None) -> _Facts:
    file = _files(folder)[product]
    try:
        facts = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise _damaged(file, f"it is not TOML: {error}") from error
    missing = [key for key in ("product", "title", "versions") if not facts.get(key)]
    if missing:
        raise _damaged(file, f"it has no '{missing[0]}'")
    return facts


def _damaged(file: Traversable, why: str) -> BadInput:
    return BadInput(
        f"the profile {file.name} cannot be read: {why}",
        advice="Compare it with the profiles inside tamis; they have the same form.",
        at=Place(Path(str(file))),
    )


def _unknown(product: str, folder: Path | None) -> BadInput:
    names = products(folder)
    close = difflib.get_close_matches(product, names, 1)
    return BadInput(
        f"'{product}' is not a target tamis knows",
        advice=f"Did you mean {close[0]}?" if close else f"It knows {', '.join(names)}.",
    )
