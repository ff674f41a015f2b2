"""Run one fixture in the core."""

from tamis import _core
from tamis.host.engine import label
from tamis.host.loading import compiled, refusal
from tamis.host.outcome import outcome
from tamis.host.plugin import Fault, Limits, Plugin
from tamis.host.script import build
from tamis.model.exchange import Fixture
from tamis.model.outcome import NotComparable, Run

__all__ = ["run"]

_DEFAULT_PLUGIN = Plugin()
_DEFAULT_LIMITS = Limits()


def run(
    module: bytes,
    fixture: Fixture,
    *,
    plugin: Plugin = _DEFAULT_PLUGIN,
    envoy: str = "1.40",
    fuel: bool = True,
    limits: Limits = _DEFAULT_LIMITS,
    fault: Fault | None = None,
) -> Run:
    """`fixture` against `module` in a VM of its own, as Envoy `envoy` would.

    A module that is refused gives a Run without outcome: a problem in Envoy's words, or, for a
    WebAssembly feature the engine lacks, a reason why it is not comparable. `fuel` counts fuel.
    `fault` makes the host err deliberately: only for testing that somebody notices. Raises BadInput
    for what cannot be run, Missing when wasmtime cannot be used.
    """
    loaded = compiled(module, envoy, fuel=fuel, stack=limits.stack)
    if refused := refusal(loaded.refusal):
        if refused.feature:
            why = f"wasmtime lacks the feature {refused.feature}: {refused.reason}"
            return Run(fixture.name, label(), None, skipped=(NotComparable("", why),))
        return Run(fixture.name, label(), None, problems=(refused.reason,))
    raw = _core.run(loaded, build(fixture, plugin, limits, fault))
    if raw["refused"] == "instantiation":
        return Run(fixture.name, label(), None, problems=("Failed to create new Wasm instance",))
    return Run(fixture.name, label(), outcome(raw, fixture))
