"""`tamis bench`: the cost card, counted; what it predicts for Envoy, and what would be cheaper."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tamis import host, project, schemas
from tamis.benches import budgets as limits_of
from tamis.benches import prices
from tamis.benches.advice import Advisor
from tamis.benches.against import against as compared
from tamis.benches.counts import Ran, count, counted
from tamis.errors import BadInput, Place
from tamis.model.card import Against, Card, ColdStart, Prediction
from tamis.model.cost import Counted
from tamis.model.exchange import Exchange, Fixture
from tamis.model.plugin import Limits
from tamis.model.prices import Prices
from tamis.report.bench import card_object
from tamis.verbs.fixtures import fixtures_of
from tamis.verbs.sizes import sizes
from tamis.verbs.subject import Subject, source_of
from tamis.verbs.twins import make_twin

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

__all__ = ["bench"]

Say = Callable[[str], None]
_ADVICE = "Name what `tamis bench --json` of this filter wrote."
#: Where exchanges are timed: counts are of wasmtime alone.
_HOSTS = ("wasmtime", "native")


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
    say: Say = lambda _: None,
) -> Card:
    """Count what the fixtures in `folder` (default: the filter's own) cost.

    `hosts`: with "native", the filter's native twin is timed beside its module, in this process.
    `budgets` (such as `{"crossings": 20}`) are held beside those of tamis.toml, in whose place they
    stand. `against`: files with older cards, oldest first. `prices_file`: a price table instead of
    ours. `timed` False leaves the clock alone: all that is left repeats exactly.
    Raises BadInput for unusable fixtures, budgets and files, a host that cannot be timed, a module
    that does not load, or what native code cannot have; Rejected when native code breaks where the
    module does not; and what `build` raises, for the twin.
    """
    native = _native(subject, hosts) if timed else None
    bounds = project.bounded(subject.filter.limits if subject.filter else Limits(), limits or {})
    wanted = limits_of.read(budgets or {})
    table = prices.load(path=prices_file)
    name = subject.metadata.name
    older = [(path, _older(path, name)) for path in against]
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

    cost = counted(looked_at())
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
        cold=_cold(subject.module, native, whole, bounds, say) if timed else None,
        predicted=_predicted(cost, table),
        advice=advisor.told(),
        budgets=limits_of.held(
            {**set_here, **wanted},
            cost,
            size,
            places={key: place for key, place in places.items() if key not in wanted},
        ),
    )
    now = card_object(card)
    return replace(card, against=tuple(_compared(path, old, now) for path, old in older))


def _compared(path: Path, old: Mapping[str, Any], now: Mapping[str, Any]) -> Against:
    return compared(str(path), old, now)


def _budgets(subject: Subject) -> tuple[dict[str, int], dict[str, Place]]:
    """Those of tamis.toml, and the lines that set them."""
    if subject.filter is None:
        return {}, {}
    found = {
        key: value for key, value in asdict(subject.filter.budgets).items() if value is not None
    }
    return found, {key: project.place(subject.filter, "budgets", key) for key in found}


def _predicted(cost: Counted, table: Prices) -> Prediction | None:
    """Of an exchange, on average; None where there are none, or all are TCP."""
    exchanges = [step for step in cost.exchanges if step.kind == "exchange"]
    if not exchanges or len(exchanges) != len(cost.exchanges):
        return None
    added = prices.mean(exchanges, table)
    return Prediction(table.name, table.made, added)


def _native(subject: Subject, hosts: Sequence[str]) -> Path | None:
    """The filter's native twin, compiled, if it is one of `hosts`."""
    for text in hosts:
        if text not in _HOSTS:
            raise BadInput(
                f"--host '{text}': not a host that bench has", advice=f"Hosts: {', '.join(_HOSTS)}."
            )
    return make_twin(source_of(subject, "native")).path if "native" in hosts else None


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


def _older(path: Path, name: str) -> Mapping[str, Any]:
    """The card of the filter `name` in what `bench --json` wrote. Raises BadInput."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}", advice=_ADVICE) from error
    except (ValueError, RecursionError) as error:  # of JSON, or of UTF-8
        raise BadInput(f"{path} is not JSON: {error}", advice=_ADVICE) from error
    verb = found.get("verb") if isinstance(found, dict) else None
    if verb != "bench":
        what = f"what `tamis {verb}` wrote" if isinstance(verb, str) else "not a cost card"
        raise BadInput(f"{path} is {what}", advice=_ADVICE, at=Place(path))
    if fault := _fault(found):
        where = ".".join(str(part) for part in fault.absolute_path) or "the whole"
        raise BadInput(
            f"{path} is no card that this tamis reads: {where}: {fault.message[:200]}",
            advice="Make it anew with this version of tamis.",
        )
    for card in found.get("cards", ()):
        if card["name"] == name:
            return cast("Mapping[str, Any]", card)
    names = ", ".join(card["name"] for card in found.get("cards", ())) or "no filter"
    raise BadInput(f"{path} is about {names}, not {name}", advice=_ADVICE)


def _fault(found: object) -> "ValidationError | None":
    from jsonschema import Draft202012Validator  # slow to load, seldom needed
    from jsonschema.exceptions import best_match

    rules = Draft202012Validator(schemas.of_output("bench"))
    fault: ValidationError | None = best_match(rules.iter_errors(found))
    return fault
