"""What the reference says, asked of both hosts: see probes/__init__.py for what a probe is."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.envoy import probes
from tests.envoy.probes import STATE, Probe
from tests.envoy.probes.guests import Builder

from tamis import compare, host
from tamis.envoy import Binary, Judge
from tamis.envoy.judging.questions import Questions
from tamis.model.outcome import Outcome, Run

#: Seconds without a sign of life; a probe needs none.
PATIENCE = 5


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    return Builder(tmp_path_factory.mktemp("probers"))


@pytest.fixture(scope="module")
def asked(binary: Binary) -> Iterator[Judge]:
    with Judge(binary, patience=PATIENCE) as judge:
        yield judge


@pytest.mark.parametrize(
    "probe",
    [
        pytest.param(each, id=each.id, marks=pytest.mark.about.with_args(each.holds))
        for each in probes.read()
    ],
)
def test_a_probe(asked: Judge, builder: Builder, probe: Probe) -> None:
    module = builder.module(probe.module)
    minor = ".".join(asked.binary.version.split(".")[:2])
    ours = host.run(module, probe.fixture, envoy=minor)
    observe(probe, ours)
    if probe.crashes:
        assert ours.outcome
        assert ours.outcome.trap
        assert ours.outcome.trap.text.startswith("this crashes Envoy: ")
    if probe.alone or probe.crashes:
        return
    ask = _questions(probe, ours.outcome)
    theirs = asked.run(probe.fixture, module, layer=probe.layer, ask=ask)
    observe(probe, theirs)
    assert theirs.skipped == () or probe.not_comparable
    assert compare.differences(probe.fixture, ours, theirs) == ()


def observe(probe: Probe, run: Run) -> None:
    """The run shows what the probe says."""
    assert run.outcome, (run.problems, run.skipped)
    assert probes.missing(probe, run.outcome) is None, run.host
    skipped = [item.path for item in run.skipped]
    wrong = compare.expectations.problems(probe.fixture, run.outcome, skipped)
    # A probe calls what fails, too, and says so in what it observes.
    wrong = [each for each in wrong if "unimplemented" not in each and "no rule" not in each]
    assert wrong == [], run.host


def _questions(probe: Probe, ours: Outcome | None) -> Questions:
    """Every probe asks for the same filter state, so that one Envoy serves all of them."""
    ask = Questions.of(probe.fixture, ours)
    return replace(ask, filter_state=tuple(sorted({*STATE, *ask.filter_state})))


def test_probes_are_strict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "steps.yml").write_text((probes.FOLDER / "steps.yml").read_text())
    monkeypatch.setattr(probes, "FOLDER", tmp_path)
    item = "- {id: a, statement: b, observed: [c]}\n"
    (tmp_path / "a.yaml").write_text(item)
    assert [probe.id for probe in probes.read()] == ["a"]
    (tmp_path / "a.yaml").write_text(item + item)
    with pytest.raises(ValueError, match="one id"):
        probes.read()
    (tmp_path / "a.yaml").write_text("- {id: a, statement: b, observed: [c], obsrved: [d]}\n")
    with pytest.raises(Exception, match="obsrved"):
        probes.read()
