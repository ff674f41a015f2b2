"""Repeat a fixture natively: for figures, and to see that nothing drifts."""

from dataclasses import dataclass

from tamis import _core
from tamis.errors import BadInput
from tamis.host.engine import label
from tamis.host.loading import compiled
from tamis.host.outcome import counts, trap
from tamis.host.plugin import Limits, Plugin
from tamis.host.script import build
from tamis.model.exchange import Fixture
from tamis.model.outcome import Counts, Trap

__all__ = ["Replay", "replay"]

_DEFAULT_PLUGIN = Plugin()
_DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of `exchanges` exchanges in one VM, on one thread.

    `seconds` are of the exchanges alone. `hash` is the sum of a hash of each exchange's outcome,
    modulo 2**64: it does not depend on their order, so that results of many VMs merge. `counts`
    include the start of the plugin.
    """

    host: str
    exchanges: int
    seconds: float
    hash: int
    counts: Counts
    start: str = "ok"
    trap: Trap | None = None


def replay(
    module: bytes,
    fixture: Fixture,
    passes: int,
    *,
    plugin: Plugin = _DEFAULT_PLUGIN,
    envoy: str = "1.40",
    fuel: bool = False,
    limits: Limits = _DEFAULT_LIMITS,
) -> Replay:
    """All exchanges of `fixture`, `passes` times, without Python and without the GIL.

    It ends early when the guest breaks. Raises BadInput when the module is refused.
    """
    loaded = compiled(module, envoy, fuel=fuel, stack=limits.stack)
    if loaded.refusal:
        raise BadInput(
            f"the module does not load: {loaded.refusal[0]}",
            advice="Run tamis check for all findings.",
        )
    raw = _core.replay(loaded, build(fixture, plugin, limits), passes)
    return Replay(
        host=label(),
        exchanges=raw["exchanges"],
        seconds=raw["seconds"],
        hash=raw["hash"],
        counts=counts(raw),
        start=raw["refused"] or "ok",
        trap=trap(raw),
    )
