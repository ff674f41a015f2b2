"""Bounds on a guest in words people write: `memory = "64MiB"`, `deadline = "10s"`."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from tamis.errors import BadInput
from tamis.model.plugin import Limits

__all__ = ["NAMES", "bounded"]

_UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_TIMES = {"ms": 1, "s": 1000, "m": 60_000}
_AMOUNT = re.compile(r"([0-9]{1,18})([A-Za-z]*)\Z")


class _Bound(NamedTuple):
    """`field` of model.plugin.Limits, what may be written behind a number, least and most."""

    field: str
    units: Mapping[str, int]
    least: int
    most: int
    example: str


#: The engine runs on the thread's own stack, so that bound has one itself.
_BOUNDS = {
    "memory": _Bound("memory", _UNITS, 64 << 10, 4 << 30, "64MiB"),
    "stack": _Bound("stack", _UNITS, 16 << 10, 4 << 20, "512KiB"),
    "deadline": _Bound("deadline_ms", _TIMES, 1, 3_600_000, "10s"),
    "fuel": _Bound("fuel", {}, 1, 2**63 - 1, "50000000"),
    "log": _Bound("log_bytes", _UNITS, 0, 1 << 30, "16MiB"),
    "body": _Bound("body_bytes", _UNITS, 0, 2 << 30, "256MiB"),
}
#: What can be bounded.
NAMES = tuple(_BOUNDS)


def bounded(limits: Limits, changes: Mapping[str, str | int]) -> Limits:
    """`limits` with `changes` by name. Raises BadInput for a name or value that is none."""
    fields = {_BOUNDS[_known(name)].field: _value(name, value) for name, value in changes.items()}
    return replace(limits, **fields)


def _known(name: str) -> str:
    if name not in _BOUNDS:
        raise BadInput(f"'{name}' is not a limit", advice=f"Limits are {', '.join(NAMES)}.")
    return name


def _value(name: str, value: str | int) -> int:
    bound = _BOUNDS[name]
    found = _AMOUNT.match(str(value))
    unit = found[2] if found else ""
    if not found or (unit and unit not in bound.units) or (bound.units is _TIMES and not unit):
        units = ", ".join(bound.units)
        written = f"a number and its unit ({units})" if units else "a number"
        advice = f"Write {written}, such as {bound.example}."
        raise BadInput(f"'{value}' is not a value of '{name}'", advice=advice)
    amount = int(found[1]) * bound.units.get(unit, 1)
    if not bound.least <= amount <= bound.most:
        span = f"{_shown(bound.least, bound)} to {_shown(bound.most, bound)}"
        advice = f"Write a value from {span}."
        raise BadInput(f"'{name}' cannot be {value}", advice=advice)
    return amount


def _shown(amount: int, bound: _Bound) -> str:
    for unit, factor in reversed(list(bound.units.items())):
        if amount and amount % factor == 0:
            return f"{amount // factor}{unit}"
    return str(amount)
