"""Price tables, and what they make of counts: exact crossings times calibrated prices."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from tamis import host
from tamis.benches.visits import ALLOCATORS
from tamis.errors import BadInput, Place
from tamis.model.measured import Interval
from tamis.model.outcome import Counts
from tamis.model.prices import Prices

__all__ = ["call_price", "load", "predict"]

#: Keys of a table that are one price each.
_SINGLE = ("stream", "callback", "function", "allocation", "kib_in", "kib_out", "fuel")
_TEXTS = ("envoy", "name", "made")
#: Tables of prices by function.
_MANY = ("callbacks", "functions")
_KIB, _KILO = 1024, 1000
_ADVICE = "Write a table as tamis itself has: [stream] price = [low, value, high], and so on."


def load(envoy: str = host.NEWEST, path: Path | None = None) -> Prices:
    """The table of that version of Envoy (`1.40`), or the one in `path`.

    A version without a table of its own has that of the version next to it, whose name it keeps.
    Raises BadInput for a file that is no price table.
    """
    if path is None:
        return _packaged(envoy)
    try:
        return _read(path.read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadInput(
            f"cannot read the price table {path}: {why}", advice="Name a TOML file that exists."
        ) from error


def predict(counts: Counts, prices: Prices, *, streams: int = 1) -> Interval:
    """Microseconds that `counts` add to `streams` requests in Envoy.

    The range is as wide as if every price were off in the same direction.
    """
    found = prices.stream.times(streams)
    for name, calls in counts.calls.items():
        found += call_price(name, prices).times(calls)
    found += prices.kib_in.times(counts.bytes_in / _KIB)
    found += prices.kib_out.times(counts.bytes_out / _KIB)
    return found + prices.fuel.times((counts.fuel or 0) / _KILO)


def call_price(name: str, prices: Prices) -> Interval:
    """Of a callback, a host function or the guest's allocator, called once, without copying."""
    if name in ALLOCATORS:
        return prices.allocation
    if name.startswith("proxy_on_"):
        return prices.callbacks.get(name, prices.callback)
    return prices.functions.get(name, prices.function)


@cache
def _packaged(envoy: str) -> Prices:
    folder = resources.files("tamis.benches") / "prices"
    tables = {
        _minor(file.name.removesuffix(".toml")): file
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    }
    wanted = _minor(envoy)
    nearest = min(tables, key=lambda minor: (abs(minor - wanted), -minor))
    return _read(tables[nearest].read_text(encoding="utf-8"), Path(str(tables[nearest])))


def _minor(version: str) -> int:
    return int(version.split(".")[1])


def _read(text: str, path: Path) -> Prices:
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(
            f"the price table is not TOML: {error}", advice=_ADVICE, at=Place(path)
        ) from error
    for key in found:
        if key not in (*_TEXTS, *_SINGLE, *_MANY):
            raise BadInput(f"unknown key '{key}'", advice=_ADVICE, at=Place(path))
    for key in _TEXTS:
        if not isinstance(found.get(key), str):
            raise BadInput(f"'{key}' must be a text", advice=_ADVICE, at=Place(path))
    single = {key: _price(found, (key,), path) for key in _SINGLE}
    many = {
        key: {name: _price(found, (key, name), path) for name in _table(found, key, path)}
        for key in _MANY
    }
    return Prices(
        name=found["name"],
        envoy=found["envoy"],
        made=found["made"],
        stream=single["stream"],
        callback=single["callback"],
        function=single["function"],
        allocation=single["allocation"],
        kib_in=single["kib_in"],
        kib_out=single["kib_out"],
        fuel=single["fuel"],
        callbacks=many["callbacks"],
        functions=many["functions"],
    )


def _table(found: Mapping[str, Any], key: str, path: Path) -> Mapping[str, Any]:
    table = found.get(key, {})
    if not isinstance(table, dict):
        raise BadInput(f"'{key}' must be a table", advice=_ADVICE, at=Place(path))
    return table


def _price(found: Mapping[str, Any], keys: tuple[str, ...], path: Path) -> Interval:
    """`price = [low, value, high]`, rising from 0."""
    at: Any = found
    for key in (*keys, "price"):
        at = at.get(key) if isinstance(at, dict) else None
    numbers = at if isinstance(at, list) else []
    fine = all(isinstance(each, int | float) and not isinstance(each, bool) for each in numbers)
    if not fine or len(numbers) != 3 or not 0 <= numbers[0] <= numbers[1] <= numbers[2]:
        raise BadInput(
            f"'{'.'.join(keys)}.price' is not [low, value, high]", advice=_ADVICE, at=Place(path)
        )
    return Interval(*map(float, numbers))
