"""Budgets: upper limits on exact figures, held against the worst that the fixtures show."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields

from tamis.errors import BadInput, Place
from tamis.model.card import Held, Sizes
from tamis.model.cost import Counted
from tamis.model.filter import Budgets
from tamis.model.outcome import Counts

__all__ = ["NAMES", "held", "read"]

#: What can be limited.
NAMES = tuple(field.name for field in fields(Budgets))

#: Those of any one exchange.
_EXCHANGE: dict[str, Callable[[Counts], int]] = {
    "crossings": lambda counts: counts.crossings,
    "bytes": lambda counts: counts.bytes_in + counts.bytes_out,
    "allocations": lambda counts: counts.allocations,
    "fuel": lambda counts: counts.fuel or 0,
}


def read(texts: Mapping[str, str | int]) -> dict[str, int]:
    """Limits by name, as the command line says them. Raises BadInput for what is none."""
    found: dict[str, int] = {}
    for name, value in texts.items():
        if name not in NAMES:
            raise BadInput(f"'{name}' is not a budget", advice=f"Budgets are {', '.join(NAMES)}.")
        text = str(value)
        if not (text.isascii() and text.isdecimal() and len(text) <= 18):
            raise BadInput(
                f"'{value}' is not a value of the budget '{name}'",
                advice=f"Write a whole number, such as {name}=20.",
            )
        found[name] = int(text)
    return found


def held(
    limits: Mapping[str, int],
    counted: Counted,
    sizes: Sizes,
    *,
    places: Mapping[str, Place],
) -> tuple[Held, ...]:
    """Each of `limits`, by name, with the largest figure there was; `places`: their lines."""
    found = []
    for name in NAMES:
        if name in limits:
            value, where = _largest(name, counted, sizes)
            found.append(Held(name, limits[name], value, where, places.get(name)))
    return tuple(found)


def _largest(name: str, counted: Counted, sizes: Sizes) -> tuple[int, str]:
    """The figure and what had it; of equals the first."""
    if name == "size":
        return sizes.raw, ""
    if name == "gzipped":
        return sizes.gzipped, ""
    of_all = _memory(counted) if name == "memory" else _of_exchanges(counted, _EXCHANGE[name])
    return max(of_all, key=lambda pair: pair[0], default=(0, ""))


def _memory(counted: Counted) -> Iterator[tuple[int, str]]:
    return ((fixture.memory, fixture.fixture) for fixture in counted.fixtures)


def _of_exchanges(counted: Counted, figure: Callable[[Counts], int]) -> Iterator[tuple[int, str]]:
    for fixture in counted.fixtures:
        for step in fixture.exchanges:
            yield figure(step.counts), f"{fixture.fixture}, step {step.step}"
