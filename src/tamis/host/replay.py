"""Repeat fixtures natively: for figures, and to see that nothing drifts."""

from collections.abc import Mapping, Sequence
from typing import Any

from tamis import _core
from tamis.errors import BadInput
from tamis.host.engine import NEWEST, label
from tamis.host.loading import compiled, minor
from tamis.host.outcome import counts, trap
from tamis.host.script import build
from tamis.model.exchange import Fixture
from tamis.model.outcome import Trap
from tamis.model.plugin import Limits
from tamis.model.replayed import Broken, Replayed, merge

__all__ = ["Stop", "broken_by", "replay", "replay_all", "replayed"]

#: Ends replays on other threads: give it to them, then `set` it.
Stop = _core.Stop

_DEFAULT_LIMITS = Limits()


def replay(
    module: bytes,
    fixture: Fixture,
    passes: int,
    *,
    envoy: str = NEWEST,
    fuel: bool = False,
    limits: Limits = _DEFAULT_LIMITS,
    stop: Stop | None = None,
) -> Replayed:
    """All steps of `fixture`, `passes` times in one VM, without Python and without the GIL.

    It ends early when the guest breaks, or once `stop` is set; neither a trap nor a refused start
    counts as broken when the fixture expects it. Raises BadInput when the module is
    refused.
    """
    loaded = compiled(
        module,
        envoy,
        fuel=fuel,
        stack=limits.stack,
        capabilities=fixture.plugin.capabilities,
    )
    if loaded.refusal:
        raise BadInput(
            f"the module does not load: {loaded.refusal[0]}",
            advice="Run tamis check for all findings.",
        )
    script = build(fixture, limits, envoy_minor=minor(envoy))
    return replayed(label(envoy), fixture, _core.replay(loaded, script, passes, stop or Stop()))


def replayed(host: str, fixture: Fixture, raw: Mapping[str, Any]) -> Replayed:
    """Of one replay; `raw` is what `_core.replay` returns."""
    broken = broken_by(fixture, raw["refused"] or "ok", trap(raw), raw["unanswered"])
    return Replayed(
        host=host,
        exchanges=raw["exchanges"],
        seconds=raw["seconds"],
        hash=raw["hash"],
        counts=counts(raw),
        broken=(broken,) if broken else (),
    )


def broken_by(fixture: Fixture, start: str, broke: Trap | None, unanswered: int) -> Broken | None:
    """What makes a run worth nothing; what the fixture expects is no fault."""
    if fixture.expect.start == "refused" and not broke:
        start = "ok"
    if broke and fixture.expect.trap == broke.kind:
        start, broke = "ok", None
    found = Broken(fixture.name, start, broke, unanswered)
    return None if found == Broken(fixture.name) else found


def replay_all(
    module: bytes,
    units: Sequence[tuple[Fixture, int]],
    *,
    envoy: str = NEWEST,
    fuel: bool = False,
    limits: Limits = _DEFAULT_LIMITS,
    stop: Stop | None = None,
) -> Replayed:
    """Fixtures, each as often as stands beside it, one after the other, each in a VM of its own.

    Raises what `replay` raises. What goes in (but for `stop`) and what comes out can be pickled.
    """
    return merge(
        replay(module, fixture, passes, envoy=envoy, fuel=fuel, limits=limits, stop=stop)
        for fixture, passes in units
    )
