"""Price tables: read, written, and what one crossing costs by them."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from tamis import host
from tamis.benches.visits import ALLOCATORS
from tamis.errors import BadInput, Place
from tamis.model.measured import Interval
from tamis.model.prices import Price, Prices

__all__ = ["call_price", "copied", "load", "named_price", "text_of"]

#: Keys of a table that are one price each: of crossings, of amounts.
_CROSSINGS = ("callback", "function", "allocation")
_AMOUNTS = ("stream", "kib_in", "kib_out", "fuel")
#: What comes on top; it may be left out.
_ONCE = ("enter", "leave", "elsewhere", "code", "piece")
_TEXTS = ("envoy", "name", "made")
#: What a crossing's price may have besides.
_MORE = ("first", "kib_in")
#: Tables of prices by function.
_MANY = ("callbacks", "functions")
_KIB = 1024
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


def copied(name: str, into: int, out: int, prices: Prices) -> Interval:
    """Of so many bytes that a function copies into the guest, and out of it."""
    kib_in = call_price(name, prices).kib_in or prices.kib_in
    return kib_in.times(into / _KIB) + prices.kib_out.times(out / _KIB)


def call_price(name: str, prices: Prices) -> Price:
    """Of a callback, a host function or the guest's allocator, without copying."""
    return named_price(name, prices)[1]


def named_price(name: str, prices: Prices) -> tuple[str, Price]:
    """The same with what it is called: those that are not told apart share one."""
    if name in ALLOCATORS:
        return "allocation", prices.allocation
    if name.startswith("proxy_on_"):
        many, other, price = prices.callbacks, "callback", prices.callback
    else:
        many, other, price = prices.functions, "function", prices.function
    return (name, many[name]) if name in many else (other, price)


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
        if key not in (*_TEXTS, *_AMOUNTS, *_ONCE, *_CROSSINGS, *_MANY):
            raise BadInput(f"unknown key '{key}'", advice=_ADVICE, at=Place(path))
    for key in _TEXTS:
        if not isinstance(found.get(key), str):
            raise BadInput(f"'{key}' must be a text", advice=_ADVICE, at=Place(path))
    many = {
        key: {name: _price(found, (key, name), path) for name in _table(found, key, path)}
        for key in _MANY
    }
    return Prices(
        name=found["name"],
        envoy=found["envoy"],
        made=found["made"],
        stream=_interval(found, ("stream",), path),
        callback=_price(found, ("callback",), path),
        function=_price(found, ("function",), path),
        allocation=_price(found, ("allocation",), path),
        kib_in=_interval(found, ("kib_in",), path),
        kib_out=_interval(found, ("kib_out",), path),
        fuel=_interval(found, ("fuel",), path),
        enter=_once(found, "enter", path),
        leave=_once(found, "leave", path),
        elsewhere=_once(found, "elsewhere", path),
        code=_once(found, "code", path),
        piece=_once(found, "piece", path),
        callbacks=many["callbacks"],
        functions=many["functions"],
    )


def _once(found: Mapping[str, Any], key: str, path: Path) -> Interval:
    return _interval(found, (key,), path) if key in found else Interval(0, 0, 0)


def text_of(prices: Prices) -> str:
    """The table as a file, which `load` reads."""
    lines = [f"{key} = {json.dumps(getattr(prices, key))}" for key in _TEXTS]
    for key in (*_AMOUNTS, *_ONCE):
        lines += ["", f"[{key}]", f"price = {_written(getattr(prices, key))}"]
    for key in _CROSSINGS:
        lines += ["", f"[{key}]", *_lines(getattr(prices, key))]
    for key in _MANY:
        for name, price in sorted(getattr(prices, key).items()):
            lines += ["", f"[{key}.{name}]", *_lines(price)]
    return "\n".join((*lines, ""))


def _lines(price: Price) -> Iterator[str]:
    yield f"price = {_written(price.each)}"
    if price.first.high:
        yield f"first = {_written(price.first)}"
    if price.kib_in:
        yield f"kib_in = {_written(price.kib_in)}"


def _written(value: Interval) -> str:
    return f"[{value.low:.4g}, {value.value:.4g}, {value.high:.4g}]"


def _table(found: Mapping[str, Any], key: str, path: Path) -> Mapping[str, Any]:
    table = found.get(key, {})
    if not isinstance(table, dict):
        raise BadInput(f"'{key}' must be a table", advice=_ADVICE, at=Place(path))
    return table


def _price(found: Mapping[str, Any], keys: tuple[str, ...], path: Path) -> Price:
    more = {key: _interval(found, keys, path, key) for key in _MORE if key in _at(found, keys)}
    return Price(_interval(found, keys, path), **more)


def _at(found: Mapping[str, Any], keys: tuple[str, ...]) -> Mapping[str, Any]:
    at: Any = found
    for key in keys:
        at = at.get(key) if isinstance(at, dict) else None
    return at if isinstance(at, dict) else {}


def _interval(
    found: Mapping[str, Any], keys: tuple[str, ...], path: Path, what: str = "price"
) -> Interval:
    """`price = [low, value, high]`, rising from 0."""
    value = _at(found, keys).get(what)
    numbers = value if isinstance(value, list) else []
    fine = all(isinstance(each, int | float) and not isinstance(each, bool) for each in numbers)
    if not fine or len(numbers) != 3 or not 0 <= numbers[0] <= numbers[1] <= numbers[2]:
        raise BadInput(
            f"'{'.'.join((*keys, what))}' is not [low, value, high]", advice=_ADVICE, at=Place(path)
        )
    return Interval(*map(float, numbers))
