"""`tamis bench`: the cost card, counted; what it predicts for Envoy, and what would be cheaper."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path

from tamis import elf, envoy, host, project
from tamis.benches import budgets as limits_of
from tamis.benches import prices
from tamis.benches.advice import Advisor
from tamis.benches.against import against as compared
from tamis.benches.counts import Ran, count, counted
from tamis.benches.predicted import code_of, predicted
from tamis.benches.timing.timed import Setting
from tamis.errors import BadInput, Place
from tamis.model.card import Card, ColdStart
from tamis.model.exchange import Exchange, Fixture
from tamis.model.plugin import Limits
from tamis.report.bench import card_object
from tamis.verbs.fixtures import fixtures_of
from tamis.verbs.hosts import Real, wanted
from tamis.verbs.older import older
from tamis.verbs.sizes import sizes
from tamis.verbs.subject import Subject, source_of
from tamis.verbs.timed import in_envoy
from tamis.verbs.twins import make_twin

__all__ = ["bench"]

Say = Callable[[str], None]
#: Where exchanges are timed: counts are of wasmtime alone.
_HOSTS = ("wasmtime", "native", "envoy")
#: What limits native code, too.
_OF_ALL = ("size", "gzipped")
_SETTING = Setting()


def bench(
    subject: Subject,
    *,
    hosts: Sequence[str] = ("wasmtime",),
    folder: Path | None = None,
    config: bytes | None = None,
    only: Sequence[str] = (),
    limits: Mapping[str, str | int] | None = None,
    budgets: Mapping[str, str | int] | None = None,
    against: Sequence[Path] = (),
    prices_file: Path | None = None,
    timed: bool = True,
    setting: Setting = _SETTING,
    say: Say = lambda _: None,
) -> Card:
    """Count what the fixtures in `folder` (default: the filter's own) cost.

    `hosts`: with "native", the filter's native twin is timed beside its module, in this process;
    with "envoy" (or "envoy@1.40", "envoy@PATH", "envoy@IMAGE") the filter in a real Envoy, as much
    as `setting` says, beside other ways to do its work. Of a dynamic module of Envoy nothing can be
    counted.
    `budgets` (such as `{"crossings": 20}`) are held beside those of tamis.toml, in whose place they
    stand. `against`: files with older cards, oldest first. `prices_file`: a price table instead of
    ours. `timed` False leaves the clock alone: all that is left repeats exactly.
    Raises BadInput for unusable fixtures, budgets and files, a host that cannot be timed, a module
    that does not load, or what native code cannot have; Rejected when native code breaks where the
    module does not; Missing for an Envoy that cannot be had, Fault for one that breaks; and what
    `build` raises, for the twin.
    """
    native, real = _hosts(subject, hosts, say) if timed else (None, None)
    library = elf.is_library(subject.module)
    if library:
        _only_timed(subject, real, budgets or {})
    bounds = project.bounded(subject.filter.limits if subject.filter else Limits(), limits or {})
    held = limits_of.read(budgets or {})
    table = prices.load(path=prices_file)
    name = subject.metadata.name
    before = [(path, older(path, name)) for path in against]
    read = fixtures_of(subject, folder, config=config, only=only)
    advisor = Advisor(table)
    whole: list[Fixture] = []

    def looked_at() -> Iterator[Ran]:
        for at, ran in enumerate(count(subject.module, read, limits=bounds)):
            say(f"{name}: {at} of {len(read)} fixtures counted")
            advisor.look(ran)
            if not whole and (first := _first(ran)):
                whole.append(first)
            yield ran

    cost = counted(() if library else looked_at())
    say(f"{name}: how small it can be")
    size = sizes(subject.module)
    if native and not whole and not cost.broken:
        raise BadInput(
            f"{name}: no fixture begins with an exchange, and only those are timed natively",
            advice="Leave out --host native, or add such a fixture.",
        )
    set_here, places = _budgets(subject)
    card = Card(
        name=name,
        version=subject.metadata.version,
        digest=subject.digest,
        sizes=size,
        counted=cost,
        cold=_cold(subject.module, native, whole, bounds, say) if timed and not library else None,
        predicted=None if library else predicted(cost, table, code_of(subject.module)),
        advice=advisor.told(),
        budgets=limits_of.held(
            {**set_here, **held},
            cost,
            size,
            places={key: place for key, place in places.items() if key not in held},
        ),
    )
    if real:
        own = subject.metadata.config.encode() if config is None else config
        found = in_envoy(subject, real, read, own, bounds, table, setting, say)
        card = replace(card, timed=found)
    now = card_object(card)
    return replace(card, against=tuple(compared(str(path), old, now) for path, old in before))


def _budgets(subject: Subject) -> tuple[dict[str, int], dict[str, Place]]:
    """Those of tamis.toml, and the lines that set them."""
    if subject.filter is None:
        return {}, {}
    found = {
        key: value for key, value in asdict(subject.filter.budgets).items() if value is not None
    }
    return found, {key: project.place(subject.filter, "budgets", key) for key in found}


def _hosts(
    subject: Subject, hosts: Sequence[str], say: Say
) -> tuple[Path | None, envoy.Binary | None]:
    """The filter's native twin, compiled, if "native" is among them; and the Envoy, if one is."""
    for text in hosts:
        kind = text.partition("@")[0]
        if kind == "envoy-native":
            raise BadInput(
                f"--host '{text}': not a host that bench has",
                advice="Say --host envoy: it measures native code beside the module.",
            )
        if text not in _HOSTS and kind != "envoy":
            raise BadInput(
                f"--host '{text}': not a host that bench has",
                advice=f"Hosts: {', '.join(_HOSTS)}; envoy@1.40, envoy@PATH, envoy@IMAGE:TAG, too.",
            )
    every = wanted([text for text in hosts if text.startswith("envoy")], say)
    real = [each.binary for each in every if isinstance(each, Real)]
    if len(real) > 1:
        raise BadInput(
            f"--host: {real[0].host} and {real[1].host} are two",
            advice="Measure one at a time, and compare them: --against FILE.",
        )
    twin = make_twin(source_of(subject, "native")).path if "native" in hosts else None
    return twin, real[0] if real else None


def _only_timed(subject: Subject, real: envoy.Binary | None, budgets: Iterable[str]) -> None:
    """Raises BadInput where a dynamic module of Envoy is to be counted."""
    if real is None:
        raise BadInput(
            f"{subject.text} is native code: nothing of it can be counted",
            advice="Say --host envoy: what it takes can be measured.",
        )
    for name in budgets:
        if name not in _OF_ALL:
            raise BadInput(
                f"--budget {name}: {subject.text} is native code: nothing of it can be counted",
                advice=f"Budgets of native code: {', '.join(_OF_ALL)}.",
            )


def _cold(
    module: bytes, native: Path | None, whole: Sequence[Fixture], bounds: Limits, say: Say
) -> ColdStart:
    say("how long a start takes")
    with host.Twin(native) if native else nullcontext() as twin:
        return host.cold(module, whole[0] if whole else None, twin=twin, limits=bounds)


def _first(ran: Ran) -> Fixture | None:
    """The first exchange of a fixture that nothing breaks, by itself."""
    outcome, first = ran.outcome, ran.fixture.steps[:1]
    broken = outcome.start != "ok" or outcome.trap or outcome.unanswered
    if broken or not first or not isinstance(first[0], Exchange):
        return None
    return replace(ran.fixture, steps=first)
