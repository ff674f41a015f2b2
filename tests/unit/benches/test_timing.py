"""Figures of invented Envoys: what is made of them, and which of them count."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from tamis.benches.timing import timed as timing
from tamis.benches.timing.answers import Answered
from tamis.benches.timing.contenders import Contender
from tamis.benches.timing.latencies import Block, latencies
from tamis.benches.timing.ring import Ring
from tamis.benches.timing.slices import Slices
from tamis.benches.timing.timed import Setting, timed
from tamis.envoy import Binary
from tamis.fixtures.workload import choose
from tamis.model.exchange import Exchange, Fixture, Request

LOAD = choose((Fixture("f", Path("f.yaml"), (Exchange(Request(())),)),), b"")
NAMES = {"wasm": 4.0, "native": 2.0, "module": 1.0}
SETTING = Setting(envoys=3, rounds=8, seconds=0, whole=False)


class Still(Ring):
    """Its Envoys are never started."""

    def arena(self, *_, **__):
        return nullcontext()


def ring(*names, chain=True) -> Ring:
    every = tuple(Contender(name, b"code") for name in names or NAMES)
    return Still(Binary(Path("envoy"), "1.40.0"), every, LOAD, chain, statuses={"nothing": [200]})


def invented(of: Ring, base=20.0, *, moves=0.0) -> Slices:
    """Each further filter takes half of what the first does; the baseline `moves` at half time."""
    bare = [base] * 4 + [base * (1 + moves)] * 4
    rounds = {"nothing": bare}
    for each in of.contenders:
        first = NAMES[each.name]
        rounds[each.name] = [us + first for us in bare]
        if of.chain:
            rounds[f"{each.name} x8"] = [us + first + 7 * first / 2 for us in bare]
    return Slices(rounds, {"nothing": Answered({200: 8})})


@pytest.fixture
def envoys(monkeypatch):
    """envoys(ring, ...) sets what the next Envoys show."""

    def follow(*slices: Slices) -> list[Slices]:
        left = list(slices)
        monkeypatch.setattr(timing, "slices", lambda *_, **__: left.pop(0))
        return left

    return follow


def measured(of: Ring, setting=SETTING, notes=()):
    return timed(of, setting, lambda _: None, notes)


def test_what_a_filter_adds_and_each_further_one(envoys):
    envoys(*[invented(ring())] * 3)
    found = measured(ring(), notes=("a note",))
    assert (found.host, found.chain, found.envoys, found.repeated) == ("envoy 1.40.0", 8, 3, 0)
    assert found.baseline_us.value == 20
    assert [each.name for each in found.variants] == list(NAMES)
    for each in found.variants:
        assert each.added_us.value == pytest.approx(NAMES[each.name])
        assert each.further_us
        assert each.further_us.value == pytest.approx(NAMES[each.name] / 2)
    assert found.notes == ("a note",)
    assert (found.latencies, found.memory, found.starts) == ((), (), ())


def test_throughput_is_of_whole_requests_by_hand_written_code_first(envoys):
    envoys(*[invented(ring())] * 3)
    found = {(one.over, one.chain): one.ratio.value for one in measured(ring()).throughput}
    assert list(found) == [("module", 1), ("module", 8), ("native", 1), ("native", 8)]
    assert found["module", 1] == pytest.approx(21 / 24)
    assert found["module", 8] == pytest.approx((21 + 3.5) / (24 + 14))
    assert found["native", 1] == pytest.approx(22 / 24)


@pytest.mark.parametrize(
    ("names", "base"),
    [
        # (base + native) / (base + wasm) = 0.7
        (("wasm", "native", "module"), 6.0),
        (("wasm", "native"), 8 / 3),
        (("wasm",), None),
        (("module",), None),
    ],
)
def test_where_the_claim_holds(names, base, envoys):
    envoys(*[invented(ring(*names))] * 3)
    found = measured(ring(*names))
    assert (found.claim_us and found.claim_us.value) == (base and pytest.approx(base))
    assert bool(found.throughput) == (base is not None)


def test_native_code_that_is_dearer_leaves_nothing_to_claim(envoys, monkeypatch):
    monkeypatch.setitem(NAMES, "module", 9.0)
    envoys(*[invented(ring())] * 3)
    claim = measured(ring()).claim_us
    assert claim
    assert (claim.value, claim.high) == (0, 0)


def test_without_a_chain_nothing_is_said_of_further_ones(envoys):
    bare = ring(chain=False)
    envoys(*[invented(bare)] * 3)
    found = measured(bare)
    assert found.chain == 1
    assert {each.further_us for each in found.variants} == {None}
    assert {one.chain for one in found.throughput} == {1}


def test_an_envoy_whose_baseline_moves_does_not_count(envoys):
    moved, still = invented(ring(), 40.0, moves=-0.06), invented(ring(), moves=0.04)
    left = envoys(still, moved, still, moved, still)
    found = measured(ring())
    assert (left, found.envoys, found.repeated, found.drifts) == ([], 3, 2, False)
    assert found.drift == pytest.approx(0.04)
    assert found.baseline_us.high < 22


def test_a_machine_that_never_rests_is_told_of(envoys):
    moved = invented(ring(), moves=-0.1)
    left = envoys(*[moved] * 7)
    found = measured(ring())
    assert (len(left), found.envoys, found.repeated, found.drifts) == (1, 3, 3, True)
    assert found.drift == pytest.approx(-0.1)


def test_other_answers_under_load_are_a_note(envoys):
    limited = Slices(invented(ring()).rounds, {"nothing": Answered({200: 2, 429: 6})})
    envoys(*[limited] * 3)
    (note,) = measured(ring()).notes
    assert note.startswith("under load nothing answers 18 of 24 requests with another status")


def test_latencies_are_of_all_envoys():
    def block(*ns: int) -> Block:
        return Block({"nothing": ns, "wasm": ()}, {})

    (found,) = latencies([block(1000, 2000, 3000), block(4000, 5000), block()], 500)
    assert (found.name, found.rate) == ("nothing", 500)
    points = dict(found.points)
    assert points[50.0].value == 3
    assert points[99.0].value == pytest.approx(4.96)
    assert points[50.0].low < 3 < points[50.0].high
