"""What each crossing costs in an Envoy of some version: microseconds, as ranges."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tamis.model.measured import Interval

__all__ = ["Prices"]


@dataclass(frozen=True, slots=True)
class Prices:
    """A price table. All in microseconds of a worker's CPU.

    `stream`: a stream that a filter without callbacks sees; `callback`: one call into the guest,
    `callbacks` where one is told apart; `function`: one host function, `functions` likewise, both
    without what they copy; `allocation`: one call of the guest's allocator; `kib_in`, `kib_out`:
    1024 bytes copied into the guest, read from it; `fuel`: 1000 units.

    `name` is what a prediction names; `made` says how the table was taken.
    """

    name: str
    envoy: str
    made: str
    stream: Interval
    callback: Interval
    function: Interval
    allocation: Interval
    kib_in: Interval
    kib_out: Interval
    fuel: Interval
    callbacks: Mapping[str, Interval] = field(default_factory=dict)
    functions: Mapping[str, Interval] = field(default_factory=dict)
