"""The part of a cost card that a real Envoy times: the filter beside other ways to do its work."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace

from tamis import elf, envoy, toolchains
from tamis.benches.counts import Ran, count, counted
from tamis.benches.predicted import code_of, predicted
from tamis.benches.timing.contenders import Contender
from tamis.benches.timing.ring import Ring
from tamis.benches.timing.timed import Setting, timed
from tamis.envoy.measuring.arena import Origin
from tamis.errors import BadInput, Place
from tamis.fixtures.workload import Workload, choose
from tamis.model.exchange import Fixture
from tamis.model.measured import Interval, Timed
from tamis.model.plugin import Limits
from tamis.model.prices import Prices
from tamis.verbs.contenders import BUILT_IN, LUA, contenders_of
from tamis.verbs.hosts import need_proc
from tamis.verbs.subject import Subject

__all__ = ["in_envoy"]

Say = Callable[[str], None]
#: Files that the user wrote for the comparison: what is wrong with them is to be mended.
_FILES = {"lua": LUA, "built-in": BUILT_IN}


def in_envoy(
    subject: Subject,
    binary: envoy.Binary,
    fixtures: Sequence[Fixture],
    config: bytes,
    limits: Limits,
    table: Prices,
    setting: Setting,
    say: Say,
) -> Timed:
    """What exchanges of `fixtures` take in `binary`, those with the plugin configuration `config`
    if there are any; `table` predicts the same.

    Raises BadInput for what cannot be measured, Fault where Envoy breaks.
    """
    _measurable(subject)
    tell = _named(subject.metadata.name, say)
    load = choose(fixtures, config)
    alone: tuple[str, ...] = ()
    if not elf.is_library(subject.module):
        load, alone = _in_core(subject.module, load, limits)
    tell("other ways to do the same")
    contenders, notes = contenders_of(subject, binary)
    if setting.variants:
        contenders = tuple(each for each in contenders if each.name in setting.variants)
    with ExitStack() as opened:
        services = (
            opened.enter_context(Origin(binary, load.services)).ports if load.services else {}
        )
        twins = any(each.kind == "twin" for each in contenders)
        shim = toolchains.shim() if twins else b""
        ring = Ring(
            binary,
            contenders,
            load,
            chain=setting.chain and not alone,
            shim=shim,
            services=services,
        )
        ring, refused = _taken(ring, subject)
        tell("each exchange once")
        ring, others = ring.tried()
        found = timed(ring, setting, tell, (*notes, *alone, *refused, *others))
    expected = _predicted(subject.module, ring.load, limits, table)
    return replace(found, predicted_us=expected)


def _named(name: str, say: Say) -> Say:
    return lambda text: say(f"{name}: {text}")


def _measurable(subject: Subject) -> None:
    if subject.metadata.layer == "network":
        raise BadInput(
            f"--host envoy: {subject.metadata.name} is a network filter, only HTTP is measured",
            advice="Leave it out: what is counted, is counted of connections, too.",
        )
    need_proc(
        "--host envoy",
        "Measure in a container or a VM, or leave it out: counts are the same anywhere.",
    )


def _in_core(module: bytes, load: Workload, limits: Limits) -> tuple[Workload, tuple[str, ...]]:
    """Less what the filter breaks on, and why there can be no chain of filters, if there cannot."""
    ran = _run(module, load, limits)
    if ran.outcome.trap:
        broken = {
            at: "the filter breaks on it"
            for at, each in enumerate(load.exchanges)
            if _run(module, replace(load, exchanges=(each,)), limits).outcome.trap
        }
        load = load.without(broken)
        ran = _run(module, load, limits)
    outcome = ran.outcome
    if outcome.start != "ok":
        raise BadInput(
            f"the filter does not start with the configuration of most fixtures: {outcome.start}",
            advice="Name one that it takes: --config FILE.",
        )
    if outcome.trap:
        return load, ("the filter breaks after some exchanges; no chain of filters was measured",)
    if own := sum(each.local_reply is not None for each in outcome.exchanges):
        why = f"the filter answers {own} of the exchanges itself"
        return load, (f"{why}: a chain of filters, most of which idle, was not measured",)
    return load, ()


def _run(module: bytes, load: Workload, limits: Limits) -> Ran:
    (ran,) = count(module, [load.fixture], limits=limits)
    return ran


def _taken(ring: Ring, subject: Subject) -> tuple[Ring, tuple[str, ...]]:
    """With those contenders that Envoy takes, and notes about others.

    Raises BadInput where it refuses the filter, or a file to compare with.
    """
    kept: list[Contender] = []
    notes = []
    for each in ring.contenders:
        why = ring.refusal(each)
        if why is None:
            kept.append(each)
        elif each.name in _FILES and subject.filter:
            raise BadInput(
                f"{ring.binary.host} refuses it: {why}",
                advice="Mend or remove it.",
                at=Place(subject.filter.folder / _FILES[each.name]),
            )
        elif not kept:
            raise BadInput(
                f"{ring.binary.host} does not take {subject.metadata.name}: {why}",
                advice="Run tamis test --host envoy: it tells more.",
            )
        else:
            notes.append(f"no {each.name}: {ring.binary.host} does not take it: {why}")
    return ring.of(kept), tuple(notes)


def _predicted(module: bytes, load: Workload, limits: Limits, table: Prices) -> Interval | None:
    if elf.is_library(module):
        return None
    found = predicted(counted([_run(module, load, limits)]), table, code_of(module))
    return found.added_us if found else None
