"""What a rule looks at, and how it says what it finds."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tamis.benches.prices import call_price, copied
from tamis.benches.visits import Visit
from tamis.model.card import Advice
from tamis.model.exchange import Exchange
from tamis.model.measured import Interval
from tamis.model.prices import Prices
from tamis.model.trace import Crossing, Excerpt

__all__ = ["MAPS", "Found", "Rule", "Traffic", "cost", "less", "microseconds", "text"]

#: Header maps, by their number in the ABI.
MAPS = {
    0: "request header",
    1: "request trailer",
    2: "response header",
    3: "response trailer",
    6: "callout's response header",
    7: "callout's response trailer",
}


@dataclass(frozen=True, slots=True)
class Traffic:
    """One step that carries traffic, with the visits it was charged. `exchange`: None of TCP."""

    fixture: str
    step: int
    visits: tuple[Visit, ...]
    exchange: Exchange | None
    prices: Prices


@dataclass(frozen=True, slots=True)
class Found:
    """One thing found. `subject`: what tells it from others of the same rule and callback."""

    advice: Advice
    subject: str = ""


Rule = Callable[[Traffic], Iterator[Found]]


def cost(calls: Iterable[Crossing], prices: Prices) -> Interval:
    """Of host functions with what they copied and allocated; others of the kind stay, so that what
    the first of them costs on top is no part of it.
    """
    found = Interval(0, 0, 0)
    for call in calls:
        found += call_price(call.name, prices).each
        found += copied(call.name, call.bytes_in, call.bytes_out, prices)
        found += prices.allocation.each.times(call.allocations)
    return found


def less(now: Interval, then: Interval) -> Interval:
    """What is saved. Both are made of the same prices, which are off together."""
    bounds = sorted((now.low - then.low, now.high - then.high))
    return Interval(bounds[0], now.value - then.value, bounds[1])


def microseconds(value: Interval) -> str:
    """`7.2 us`."""
    return f"{value.value:.1f} us" if value.value >= 1 else f"{value.value:.2f} us"


def text(value: object) -> str:
    """The bytes that a function was told, as a person reads them."""
    return str(value) if isinstance(value, Excerpt) else ""
