"""What each crossing costs in an Envoy of some version: microseconds, as ranges."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tamis.model.measured import Interval

__all__ = ["Price", "Prices"]

_NOTHING = Interval(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Price:
    """Of one call; `first` comes on top of the first in an exchange, for which nothing of it is in
    the caches: the kernel and other work were there since the request before. `kib_in`: where a
    KiB that it copies into the guest costs other than elsewhere: a header map is made on the way.
    """

    each: Interval
    first: Interval = _NOTHING
    kib_in: Interval | None = None


@dataclass(frozen=True, slots=True)
class Prices:
    """A price table. All in microseconds of a worker's CPU.

    `stream`: a stream that a filter without callbacks sees; `callback`: one call into the guest,
    `callbacks` where one is told apart; `function`: one host function, `functions` likewise, both
    without what they copy; `allocation`: one call of the guest's allocator; `kib_in`, `kib_out`:
    1024 bytes copied into the guest, read from it; `fuel`: 1000 units.

    On top, once an exchange: `enter`, where the guest is called at all; `leave`, where it calls the
    host at all; `elsewhere`, for a function in each further callback that calls it; `code`: 1024
    bytes of the module's code that run for the first time. `piece`: of a body, that passes.

    `name` is what a prediction names; `made` says how the table was taken.
    """

    name: str
    envoy: str
    made: str
    stream: Interval
    callback: Price
    function: Price
    allocation: Price
    kib_in: Interval
    kib_out: Interval
    fuel: Interval
    enter: Interval = _NOTHING
    leave: Interval = _NOTHING
    elsewhere: Interval = _NOTHING
    code: Interval = _NOTHING
    piece: Interval = _NOTHING
    callbacks: Mapping[str, Price] = field(default_factory=dict)
    functions: Mapping[str, Price] = field(default_factory=dict)
