"""Probes: what the reference says about Envoy, each as a fixture and what must be observed.

A probe is one item of a `*.yaml` beside this file: the keys of a fixture and those of `_OWN`; its
`program` is the configuration of the module, which prober.c explains. `observed` are lines of the
log that must be there in this order: whole messages, `[level] message`, or `~` and a regular
expression. `expect` of the fixture holds as in every fixture.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from tamis.fixtures import build, shape, yaml
from tamis.fixtures.nodes import Mapping, Node, Scalar, Sequence, plain
from tamis.model.choices import Layer
from tamis.model.exchange import CalloutMatch, CalloutReply, CalloutRule, Fixture
from tamis.model.outcome import Outcome
from tamis.model.plugin import Plugin

__all__ = ["FOLDER", "MODULES", "STATE", "Probe", "missing", "read"]

FOLDER = Path(__file__).parent

#: Probers by name: the macros they are compiled with; any other `module` is a text in WAT.
MODULES = {
    "prober": (),
    "prober-010": ("PROBER_ABI=010",),
    "prober-020": ("PROBER_ABI=020",),
    "prober-wasi": ("PROBER_WASI=wasi_snapshot_preview1",),
    "prober-wasi-unstable": ("PROBER_WASI=wasi_unstable",),
}

#: Filter state that every Envoy of the probes shows, so that they share one.
STATE = ("wasm.k", "wasm.n")

#: The cluster that is there for every probe, for the same reason.
_CLUSTER = "c"

_OWN = {
    "id",  # of the probe
    "statement",  # in the reference's words
    "module",  # which guest; default: prober
    "program",  # what it does
    "observed",  # what its log must show
    "covers",  # statements of abi.json, as coverage.py names them
    "since",  # versions of Envoy, such as "1.39", for which the statement holds
    "until",
    "crashes",  # it would crash Envoy: our host alone runs it, and says so
    "not_comparable",  # the reason why a part of it cannot be compared
    "alone",  # the reason why Envoy does not run it
}

_TEXTS = ("since", "until", "not_comparable", "alone")


@dataclass(frozen=True, slots=True)
class Probe:
    """One question to both hosts. `covers`: names of statements (see coverage.py)."""

    id: str
    statement: str
    fixture: Fixture
    observed: tuple[str, ...]
    module: str = "prober"
    covers: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    crashes: bool = False
    not_comparable: str | None = None
    alone: str | None = None
    layer: Layer = field(default="http")

    def holds(self, version: str) -> bool:
        """Whether the statement is about Envoy `version`, such as 1.38.2."""
        at = _number(version)
        since, until = _number(self.since or "0.0"), _number(self.until or "999.0")
        return since <= at <= until


def read() -> tuple[Probe, ...]:
    """All probes, by file and order. Raises BadInput for what is no fixture, ValueError else."""
    found = tuple(probe for file in sorted(FOLDER.glob("*.yaml")) for probe in _file(file))
    ids = [probe.id for probe in found]
    if twice := {one for one in ids if ids.count(one) > 1}:
        raise ValueError(f"probes of one id: {sorted(twice)}")
    return found


def missing(probe: Probe, outcome: Outcome) -> str | None:
    """The first line of `observed` that the log does not have behind the one before."""
    lines = iter(outcome.logs)
    for wanted in probe.observed:
        for line in lines:
            if wanted in (line.message, f"[{line.level}] {line.message}"):
                break
            if wanted.startswith("~") and re.fullmatch(wanted[1:].strip(), line.message, re.DOTALL):
                break
        else:
            return wanted
    return None


def _file(path: Path) -> Iterator[Probe]:
    root = yaml.parse(path.read_text(), path)
    assert isinstance(root, Sequence), f"{path}: a list of probes"
    steps = yaml.parse((FOLDER / "steps.yml").read_text(), FOLDER / "steps.yml")
    assert isinstance(steps, Mapping)
    for node in root.items:
        assert isinstance(node, Mapping), f"{path}: a probe is a mapping"
        yield _probe(node, path, steps)


def _probe(node: Mapping, path: Path, steps: Mapping) -> Probe:
    own = {key: plain(value) for key, value in node if key in _OWN}
    name = str(own["id"])
    items = [(key, value) for key, value in node.items if key.text not in _OWN]
    fixture = _fixture(Mapping(tuple(_whole(items, node, steps)), node.at), path, name)
    fixture = replace(fixture, config=str(own.get("program", "")).encode() or fixture.config)
    observed = own.get("observed", [])
    assert isinstance(own["statement"], str), f"{path}: {name}: a statement is text"
    assert isinstance(observed, list), f"{path}: {name}: what is observed is a list"
    if not observed and own.get("program") and not any(key.text == "expect" for key, _ in items):
        raise ValueError(f"{path}: {name} observes nothing")
    return Probe(
        id=name,
        fixture=fixture,
        statement=own["statement"],
        observed=tuple(map(str, observed)),
        module=str(own.get("module", "prober")),
        covers=tuple(own.get("covers", ())),  # type: ignore[arg-type]
        layer="network" if fixture.connections else "http",
        crashes=own.get("crashes") is True,
        **{key: str(own[key]) for key in _TEXTS if key in own},
    )


def _whole(
    items: list[tuple[Scalar, Node]], node: Mapping, steps: Mapping
) -> Iterator[tuple[Scalar, Node]]:
    """`exchanges` may be the name of one in steps.yml; none: `full`."""
    for key, value in items:
        if key.text == "exchanges" and isinstance(value, Scalar):
            yield key, steps.by_key[value.text]
        else:
            yield key, value
    if not any(key.text == "exchanges" for key, _ in items):
        yield Scalar("exchanges", "exchanges", True, node.at), steps.by_key["full"]


def _fixture(root: Mapping, path: Path, name: str) -> Fixture:
    shape.check(root)
    fixture = build.fixture(
        root, path, name=name, default_config=b"", default_plugin=Plugin("probe", "root")
    )
    known = {rule.match.cluster for rule in fixture.callouts}
    if fixture.connections or _CLUSTER in known:
        return fixture
    silent = CalloutRule(CalloutMatch(_CLUSTER), CalloutReply(reset=True))
    return replace(fixture, callouts=(*fixture.callouts, silent))


def _number(version: str) -> tuple[int, ...]:
    """The minor version decides."""
    return tuple(map(int, version.split(".")[:2]))
