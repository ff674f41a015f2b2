"""Run one fixture in the core."""

from tamis import _core
from tamis.host.engine import NEWEST, label
from tamis.host.faults import Fault
from tamis.host.loading import compiled, minor, refusal
from tamis.host.outcome import outcome
from tamis.host.script import build
from tamis.host.trace import trace as crossings
from tamis.model.exchange import Fixture
from tamis.model.outcome import NotComparable, Run
from tamis.model.plugin import Limits

__all__ = ["run"]

_DEFAULT_LIMITS = Limits()


def run(
    module: bytes,
    fixture: Fixture,
    *,
    envoy: str = NEWEST,
    fuel: bool = True,
    limits: Limits = _DEFAULT_LIMITS,
    fault: Fault | None = None,
    trace: bool = False,
) -> Run:
    """`fixture` against `module` in a VM of its own, as Envoy `envoy` would.

    A module that is refused gives a Run without outcome: a problem in Envoy's words, or, for a
    WebAssembly feature the engine lacks, a reason why it is not comparable. `fuel` counts fuel.
    `fault` makes the host err deliberately: only for testing that somebody notices. `trace` keeps
    every crossing, in the run's `trace`. Raises BadInput for a version that is not Envoy's, Missing
    when wasmtime cannot be used.
    """
    loaded = compiled(
        module,
        envoy,
        fuel=fuel,
        stack=limits.stack,
        capabilities=fixture.plugin.capabilities,
    )
    if refused := refusal(loaded.refusal):
        if refused.feature:
            why = f"wasmtime lacks the feature {refused.feature}: {refused.reason}"
            return Run(fixture.name, label(envoy), None, skipped=(NotComparable("", why),))
        return Run(fixture.name, label(envoy), None, problems=(refused.reason,))
    script = build(fixture, limits, envoy_minor=minor(envoy), fault=fault)
    script.trace = trace
    raw = _core.run(loaded, script)
    kept = crossings(raw) if trace else None
    if raw["refused"] == "instantiation":
        problems = ("Failed to create new Wasm instance",)
        return Run(fixture.name, label(envoy), None, problems=problems, trace=kept)
    found = outcome(raw, fixture, envoy_minor=minor(envoy))
    return Run(fixture.name, label(envoy), found, trace=kept)
