"""What a judge is asked about: things an Envoy shows by name only."""

from dataclasses import dataclass

from tamis.model.exchange import Fixture
from tamis.model.outcome import Outcome

__all__ = ["Questions"]


@dataclass(frozen=True, slots=True)
class Questions:
    """Keys of shared data, names of queues, names of filter state objects ("wasm.x")."""

    shared_data: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    filter_state: tuple[str, ...] = ()

    @classmethod
    def of(cls, fixture: Fixture, outcome: Outcome | None = None) -> "Questions":
        """About all that the fixture names, and what it was in another host."""
        expect, found = fixture.expect, outcome or Outcome()
        keys = {*fixture.shared_data, *expect.shared_data, *found.shared_data}
        return cls(
            shared_data=tuple(sorted(keys)),
            queues=tuple(sorted({*expect.queues, *found.queues})),
            filter_state=tuple(sorted({*expect.filter_state, *found.filter_state})),
        )
