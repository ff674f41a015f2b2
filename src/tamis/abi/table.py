"""Typed access to `abi.json`, the table of every host function, callback and type Envoy knows.

Facts were read from Envoy 1.36 to 1.40 (see `meta` in the table). Types are strings of letters:
"i" is i32, "I" is i64.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = [
    "ABI_VERSIONS",
    "Callback",
    "Import",
    "callbacks",
    "capabilities",
    "imports",
    "markers",
    "raw",
]

#: Oldest first, as the generated C++ table indexes them.
ABI_VERSIONS = ("0.1.0", "0.2.0", "0.2.1")

_LETTERS = {"i32": "i", "i64": "I"}
#: First Envoy 1.x minor release of a WASI function, by the date the table gives; run on 1.36-1.40.
_SINCE = {"before 2024-12": 0, "2024-12-19": 33, "2026-04-06": 39}


@dataclass(frozen=True, slots=True)
class Import:
    """A host function; `modules` it may be imported from, `since` an Envoy 1.x minor release."""

    name: str
    modules: tuple[str, ...]
    params: str
    results: str
    abis: tuple[str, ...]
    since: int = 0


@dataclass(frozen=True, slots=True)
class Callback:
    """A guest function Envoy calls; `params` by ABI version."""

    name: str
    params: Mapping[str, str]
    results: str
    abis: tuple[str, ...]


@cache
def raw() -> Mapping[str, Any]:
    """The whole table as parsed JSON; treat it as read-only."""
    text = files("tamis.abi").joinpath("abi.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


@cache
def markers() -> Mapping[str, str]:
    """Marker export -> ABI version."""
    return {raw()["abi_markers"][version]: version for version in ABI_VERSIONS}


@cache
def imports() -> Mapping[str, Import]:
    """Host functions by name."""
    found = {name: _import(name, entry, ("env",)) for name, entry in raw()["imports"].items()}
    for name, entry in raw()["wasi"].items():
        found[name] = _import(name, entry, tuple(entry["modules"]))
    return found


@cache
def callbacks() -> Mapping[str, Callback]:
    """Guest callbacks by name."""
    return {name: _callback(name, entry) for name, entry in raw()["exports"].items()}


@cache
def capabilities() -> tuple[str, ...]:
    """What Envoy's allowed_capabilities can name; a function outside the specification is linked
    whatever that says.
    """
    known = (*imports(), *callbacks())
    return tuple(name for name in known if name.startswith("proxy_") or name in raw()["wasi"])


def _import(name: str, entry: Mapping[str, Any], modules: tuple[str, ...]) -> Import:
    since = entry.get("since", "before 2024-12")
    minor = next(number for date, number in _SINCE.items() if since.startswith(date))
    return Import(
        name,
        modules,
        _types(entry["params"]),
        _types(entry["results"]),
        tuple(entry["versions"]),
        minor,
    )


def _callback(name: str, entry: Mapping[str, Any]) -> Callback:
    shapes = entry.get("by_version", {})
    params = {v: _types(shapes.get(v, entry)["params"]) for v in entry["versions"]}
    return Callback(name, params, _types(entry["results"]), tuple(entry["versions"]))


def _types(values: list[Mapping[str, str]]) -> str:
    return "".join(_LETTERS[value["type"]] for value in values)
