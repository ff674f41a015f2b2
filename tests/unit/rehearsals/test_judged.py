"""What is lost, what is wrong and what is late, counted of requests that were made up."""

from tests.unit.rehearsals.makers import NEW, OLD, OTHER, asked, moved, teller

from tamis.model.rehearsed import Latency, Loss
from tamis.rehearsals.judged import judge
from tamis.rehearsals.moves import Moves
from tamis.rehearsals.records import Failure

#: NEW from 100 ms on, once and for all from 110 ms; then OLD from 200 ms, from 210 ms.
THERE_AND_BACK = Moves(moved(("new", 100, 110), ("old", 200, 210)))


def judged(*records, moves=THERE_AND_BACK, by=None):
    return judge(records, moves, by or teller())


def test_nothing_is_wrong_with_answers_of_whoever_is_in_place():
    found = judged(
        asked(10, OLD),
        asked(99, OLD, took=30),  # begun before all had NEW
        asked(105, OLD),
        asked(101, NEW),
        asked(150, NEW),
        asked(199, NEW, took=60),  # begun before all had OLD again
        asked(205, OLD),
        asked(250, OLD),
    )
    assert (found.stale, found.unknown, found.losses) == (0, 0, ())
    assert (found.requests, found.answered) == (8, 8)


def test_answers_of_the_version_that_is_out_of_place_are_wrong():
    for wrong in (asked(10, NEW), asked(111, OLD), asked(150, OLD, took=49), asked(211, NEW)):
        assert judged(asked(0), wrong).stale == 1


def test_a_slow_answer_may_be_of_the_next_version():
    assert judged(asked(50, NEW, took=60)).stale == 0
    assert judged(asked(150, OLD, took=51)).stale == 0


def test_answers_of_neither_are_wrong():
    found = judged(asked(0), asked(150, OTHER))
    assert (found.unknown, found.stale) == (1, 0)
    assert sum(found.timeline["neither"]) == 1


def test_a_refused_version_must_not_answer():
    moves = Moves(moved(("new", 100, None), refused="no"))
    assert judged(asked(150, OLD), moves=moves).stale == 0
    found = judged(asked(0), asked(150, NEW), moves=moves)
    assert found.stale == 1
    assert (found.swaps[0].refused, found.swaps[0].first_ms) == ("no", None)


def test_losses_are_counted_by_what_they_met():
    found = judged(
        asked(0),
        asked(50, status=503),
        asked(105, failure=Failure.RESET),
        asked(150, status=503),
        asked(151, status=503),
        asked(250, status=503),
    )
    assert set(found.losses) == {
        Loss("status 503", "old", 2, 0.05),
        Loss("connection reset", "swap", 1, 0.105),
        Loss("status 503", "new", 2, 0.15),
    }
    assert sum(found.timeline["failed"]) == 5
    assert found.answered == 5
    assert not found.healed


def test_swapping_back_heals_where_nothing_fails_any_more():
    assert judged(asked(150, status=503), asked(205, status=503), asked(250)).healed
    assert judged(asked(50, status=503), asked(150, status=503), asked(250)).healed
    assert not judged(asked(150, status=503), asked(212, status=503)).healed
    assert not judged(asked(150, status=503), moves=Moves(moved(("new", 100, 110)))).healed


def test_a_swap_has_its_times():
    found = judged(
        asked(90, OLD),
        asked(102, NEW),
        asked(99, OLD, took=9),
        asked(120, NEW),
        asked(203, OLD),
        asked(201, NEW, took=4),
    )
    first, second = found.swaps
    assert (first.to, first.at_s, first.taken_ms) == ("new", 0.01, 10)
    assert (first.first_ms, first.last_ms, first.both_ms) == (3, 8, 5)
    assert (second.first_ms, second.last_ms, second.both_ms) == (4, 5, 1)


def test_versions_that_did_not_answer_have_no_times():
    (swap,) = judged(asked(10, OLD), moves=Moves(moved(("new", 100, 110)))).swaps
    assert (swap.first_ms, swap.last_ms, swap.both_ms) == (None, None, None)


def test_latency_in_calm_and_around_swaps():
    """From when a request was due, not from when it was sent."""
    calm = [asked(at, took=1) for at in range(90)]
    around = [asked(100 + at, NEW, begun=102 + at, took=1) for at in range(50)]
    found = judged(*calm, *around)
    assert found.calm == Latency(90, 1000, 1000)
    assert found.around == Latency(50, 3000, 3000)


def test_right_behind_a_swap_is_around_it_still():
    at = (99, 100, 110, 160, 161, 199, 200, 260, 261)
    found = judged(*(asked(each) for each in at))
    assert (found.calm.count, found.around.count) == (4, 5)


def test_a_long_rehearsal_is_judged_at_once():
    """Each request is looked up among the swaps, not compared with all of them."""
    orders = [(("new", "old")[at % 2], 10 + 100 * at, 15 + 100 * at) for at in range(1000)]
    many = [asked(at, (OLD, NEW)[(at + 90) // 100 % 2]) for at in range(0, 100_000, 5)]
    found = judged(*many, moves=Moves(moved(*orders)))
    assert (found.stale, len(found.swaps)) == (0, 1000)
    assert all(each.first_ms is not None for each in found.swaps)


def test_what_this_machine_sends_too_late_is_told_and_not_counted_as_lost():
    punctual = [asked(at) for at in range(50)]
    late = [asked(50 + at, begun=75 + at) for at in range(10)]
    unsent = [asked(60, failure=Failure.UNSENT)]
    found = judged(*punctual, *late, *unsent)
    assert (found.late, found.unsent, found.losses) == (10, 1, ())
    assert (found.requests, found.answered) == (60, 60)
    few = judged(*[asked(at / 10) for at in range(500)], asked(51, begun=75))
    assert few.late == 0
    # Around a swap it may be Envoy that is slow.
    stalled = judged(*punctual, *[asked(101 + at, begun=130 + at) for at in range(10)])
    assert stalled.late == 0


def test_the_timeline_has_what_ended_in_each_20_ms():
    found = judged(asked(0), asked(18, took=3), asked(45, failure=Failure.SILENT))
    assert found.timeline["old"] == (1, 1, 0)
    assert found.timeline["failed"] == (0, 0, 1)
    assert found.timeline["new"] == (0, 0, 0)


def test_nothing_at_all():
    found = judge([], Moves([]), teller())
    assert (found.requests, found.seconds, found.calm) == (0, 0, Latency(0, 0, 0))


def test_an_envoy_that_ended_in_a_swap():
    moves = Moves(moved(("new", 100, None)))
    found = judged(asked(0), asked(150, failure=Failure.REFUSED), moves=moves)
    assert found.losses == (Loss("connection refused", "swap", 1, 0.15),)
    assert found.swaps[0].taken_ms is None
