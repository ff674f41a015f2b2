"""What the counts of exchanges cost in Envoy, by a price table: exact counts times ranges."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

from tamis import wasm
from tamis.benches.prices import call_price, named_price
from tamis.benches.visits import ALLOCATORS
from tamis.model.card import Prediction
from tamis.model.cost import CallbackCost, Counted, FunctionCost, StepCost
from tamis.model.measured import Interval
from tamis.model.prices import Prices

__all__ = ["FUEL_BYTES", "code_of", "mean", "predict", "predicted"]

#: Bytes of code that burn one unit of fuel, about: what compilers make of filters has 2.2 to 2.6.
FUEL_BYTES = 2.4
_KIB, _KILO = 1024, 1000

#: So much of one price; its name tells it from others of a table.
_Item = tuple[str, Interval, float]


def predicted(cost: Counted, table: Prices, code: int) -> Prediction | None:
    """Of an exchange, on average, with a module whose code is so large; None where there are no
    exchanges, or some are TCP.
    """
    exchanges = [step for step in cost.exchanges if step.kind == "exchange"]
    if not exchanges or len(exchanges) != len(cost.exchanges):
        return None
    return Prediction(table.name, table.made, mean(exchanges, table, code))


def code_of(module: bytes) -> int:
    """Bytes of a module's code section."""
    return sum(each.size for each in wasm.read(module).sections if each.name == "code")


def predict(step: StepCost, prices: Prices, code: int) -> Interval:
    """Microseconds that one exchange costs in Envoy, of a module with so many bytes of code."""
    return mean([step], prices, code)


def mean(steps: Sequence[StepCost], prices: Prices, code: int) -> Interval:
    """What one of several exchanges costs, on average; there is at least one.

    A price is off by the same in all of them; different prices are off independently, as they were
    measured: so the range is the root of the sum of their squares.
    """
    amounts: defaultdict[str, float] = defaultdict(float)
    ranges: dict[str, Interval] = {}
    for step in steps:
        for name, price, amount in _bill(step, prices, code):
            ranges[name] = price
            amounts[name] += amount
    each = {name: price.times(amounts[name] / len(steps)) for name, price in ranges.items()}
    value = sum(price.value for price in each.values())
    low = math.hypot(*(price.value - price.low for price in each.values()))
    high = math.hypot(*(price.high - price.value for price in each.values()))
    return Interval(max(value - low, 0), value, value + high)


def _bill(step: StepCost, prices: Prices, code: int) -> Iterator[_Item]:
    counts = step.counts
    fuel = counts.fuel or 0
    yield "stream", prices.stream, 1
    yield "piece", prices.piece, step.pieces
    # No more runs for the first time than there is, and no more than runs at all.
    yield "code", prices.code, min(fuel * FUEL_BYTES, code) / _KIB
    yield "fuel", prices.fuel, fuel / _KILO
    yield "enter", prices.enter, any(callback.runs for callback in step.callbacks)
    functions = [each for callback in step.callbacks for each in _functions(callback)]
    yield "leave", prices.leave, bool(functions)
    yield "elsewhere", prices.elsewhere, len(functions) - len({f.function for f in functions})
    for name, calls in counts.calls.items():
        called, price = named_price(name, prices)
        yield called, price.each, calls
        yield f"{called} first", price.first, 1
    for each in functions:
        kib_in = call_price(each.function, prices).kib_in
        name = f"{each.function} kib_in" if kib_in else "kib_in"
        yield name, kib_in or prices.kib_in, each.bytes_in / _KIB
        yield "kib_out", prices.kib_out, each.bytes_out / _KIB


def _functions(callback: CallbackCost) -> Iterator[FunctionCost]:
    """Of the host: what gives room belongs to those that need it."""
    return (each for each in callback.functions if each.function not in ALLOCATORS)
