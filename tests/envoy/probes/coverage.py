"""Which statements of the ABI table there are, and which of them a probe is about.

Names are paths into abi.json: imports.proxy_log.BAD_ARGUMENT, imports.proxy_log.deviations.0,
wasi.fd_write.8, properties.request.path, maps.read.0, ... A probe covers what its `covers` names,
each status it observes, each callback whose line it observes, each property it asks for.
`coverage.toml` says of the rest why no request can provoke it, or where else it is tested, and
which probes are about each statement of the reference.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from tests.envoy.probes import FOLDER, Probe

from tamis.abi import table

__all__ = ["covered", "elsewhere", "matching", "reference", "statements"]

#: Sections of the table whose keys are statements, and their names here.
_KEYS = {
    "abi_markers": "abi_markers",
    "allocators": "allocators",
    "entry_points": "entry_points",
    "exports": "exports",
    "exports_never_called": "exports_never_called",
    "foreign_functions": "foreign_functions",
    "callback_order": "callback_order",
    "buffer_availability": "buffers",
    "serialization": "serialization",
}
_ANSWER = re.compile(r"(?:~ )?(\w+) -> (\d+)")
_CALLBACK = re.compile(r"(?:~ )?(\w+)\\?\(")
_PROPERTY = re.compile(r'get_property "([^"]+)"')
_STATUS = {number: name for name, number in table.raw()["enums"]["status"].items()}


def statements() -> frozenset[str]:
    """All there are."""
    return frozenset(_statements())


def covered(probes: Iterable[Probe]) -> frozenset[str]:
    """Those that probes are about; names that are no statements are left in."""
    return frozenset(name for probe in probes for name in _covers(probe))


def elsewhere() -> dict[str, str]:
    """Patterns of statements that no probe is about: why not, or where they are tested."""
    return dict(_data()["elsewhere"])


def reference() -> dict[str, list[str] | str]:
    """The reference's statements in short: the probes about each, or the reason for none."""
    return dict(_data()["reference"])


def matching(pattern: str, names: Iterable[str]) -> frozenset[str]:
    """The names that a pattern of `elsewhere` means."""
    return frozenset(name for name in names if fnmatchcase(name, pattern))


def _data() -> dict[str, dict]:  # type: ignore[type-arg]
    return tomllib.loads((FOLDER / "coverage.toml").read_text())


def _statements() -> Iterator[str]:
    raw = table.raw()
    for name, entry in raw["imports"].items():
        yield from (f"imports.{name}.{key.partition(' ')[2]}" for key in entry["envoy_statuses"])
        yield from (f"imports.{name}.deviations.{n}" for n, _ in enumerate(entry["deviations"]))
    for name, entry in raw["wasi"].items():
        yield from (f"wasi.{name}.{errno}" for errno in entry["errnos"])
        yield from (f"wasi.{name}.deviations.{n}" for n, _ in enumerate(entry["deviations"]))
    for section, short in _KEYS.items():
        yield from (f"{short}.{key}" for key in raw[section] if key != "_enums")
    yield from (f"conventions.{key}" for key in raw["meta"]["conventions"])
    for way, entry in (("read", "read(get_value)"), ("write", "write")):
        yield from (f"maps.{way}.{key}" for key in raw["map_availability"][entry])
    yield from ("maps.note", "lists.vm_init", "lists.allocator", "wasi_missing_from_envoy")
    for root, fields in raw["well_known_properties"].items():
        if root == "_removed":
            yield from (f"properties.{name}" for name in fields)
        elif "type" in fields:
            yield f"properties.{root}"
        else:
            yield from (f"properties.{root}.{field}" for field in fields)


def _covers(probe: Probe) -> Iterator[str]:
    yield from probe.covers
    imports, wasi = table.raw()["imports"], table.raw()["wasi"]
    for line in probe.observed:
        if answer := _ANSWER.match(line):
            name, number = answer[1], int(answer[2])
            for full in (name, f"proxy_{name}", f"envoy_{name}"):
                if full in imports:
                    yield f"imports.{full}.{_STATUS[number]}"
            if name in wasi:
                yield f"wasi.{name}.{number}"
        elif callback := _CALLBACK.match(line):
            yield f"exports.proxy_on_{callback[1]}"
    for path in _PROPERTY.findall(probe.fixture.config.decode(errors="replace")):
        root, _, field = path.partition("\\x00")
        whole = table.raw()["well_known_properties"].get(root, {})
        yield f"properties.{root}.{field}" if field else f"properties.{root}"
        if not field and "_whole" in whole:
            yield f"properties.{root}._whole"
