"""Who answered is told by what each version answers alone."""

import pytest
from tests.unit.rehearsals.makers import NEW, OLD, OTHER, asked, teller

from tamis.model.rehearsed import Told
from tamis.rehearsals.answers import Answerer, Answers, Teller
from tamis.rehearsals.records import Failure


def test_each_version_has_answers_of_its_own():
    told = teller()
    assert told.told == Told(1, 1)
    found = [told.answerer(asked(0, each)) for each in (OLD, NEW, OTHER)]
    assert found == [Answerer.OLD, Answerer.NEW, Answerer.NEITHER]


def test_answers_that_are_alike_are_of_either():
    told = teller(new=[asked(0, OLD)] * 4)
    assert told.told == Told(1, 0)
    assert told.answerer(asked(0, OLD)) is Answerer.EITHER
    assert told.answerer(asked(0, OTHER)) is Answerer.NEITHER


def test_a_version_may_have_several_answers():
    """One that limits rates, for example."""
    told = teller(old=[*[asked(0, OLD)] * 8, *[asked(0, OTHER)] * 4])
    assert told.answerer(asked(0, OTHER)) is Answerer.OLD
    assert told.told == Told(1, 1)


def test_where_bodies_vary_by_themselves_heads_are_compared():
    old = [asked(0, 100 + at, head=OLD) for at in range(6)]
    new = [asked(0, 200 + at, head=NEW) for at in range(6)]
    told = teller(old, new)
    assert told.told == Told(1, 1, loosely=1)
    found = [told.answerer(asked(0, 999, head=each)) for each in (OLD, NEW, OTHER)]
    assert found == [Answerer.OLD, Answerer.NEW, Answerer.NEITHER]


def test_where_all_varies_nothing_is_told():
    old = [asked(0, 100 + at) for at in range(6)]
    told = teller(old)
    assert told.told == Told(1, 0, never=1)
    assert told.answerer(asked(0, OTHER)) is Answerer.EITHER


def test_each_request_is_told_for_itself():
    old = [asked(0, OLD, request=at) for at in (0, 1) for _ in range(4)]
    new = [asked(0, NEW if at else OLD, request=at) for at in (0, 1) for _ in range(4)]
    told = teller(old, new, requests=2)
    assert told.told == Told(2, 1)
    assert told.answerer(asked(0, OLD, request=0)) is Answerer.EITHER
    assert told.answerer(asked(0, OLD, request=1)) is Answerer.OLD


def test_a_new_version_that_is_not_taken_has_no_answers():
    told = Teller(Answers(1, [asked(0, OLD)] * 4), None, 1)
    assert told.answerer(asked(0, OLD)) is Answerer.OLD
    assert told.answerer(asked(0, NEW)) is Answerer.NEITHER


def test_errors_of_a_filter_that_broke_are_no_answers():
    answers = [asked(0, NEW), asked(0, OTHER, status=503), asked(0, OTHER, status=503)]
    broken = Teller(Answers(1, [asked(0, OLD)] * 4), Answers(1, answers, broken=True), 1)
    assert broken.failed(asked(0, OTHER, status=503)) == "status 503"
    assert broken.answerer(asked(0, NEW)) is Answerer.NEW
    whole = Teller(Answers(1, [asked(0, OLD)] * 4), Answers(1, answers), 1)
    assert whole.failed(asked(0, OTHER, status=503)) == ""
    # Where it broke at once, its answers are not known.
    gone = Teller(Answers(1, [asked(0, OLD)] * 4), Answers(1, answers[1:], broken=True), 1)
    assert gone.answerer(asked(0, NEW)) is Answerer.EITHER


@pytest.mark.parametrize(
    ("status", "failure", "words"),
    [
        (200, Failure.NONE, ""),
        (404, Failure.NONE, ""),
        (500, Failure.NONE, "status 500"),
        (0, Failure.REFUSED, "connection refused"),
        (0, Failure.CLOSED, "connection closed without an answer"),
        (0, Failure.RESET, "connection reset"),
        (0, Failure.MALFORMED, "an answer that is no HTTP"),
        (0, Failure.SILENT, "no answer in time"),
    ],
)
def test_how_requests_fail(status: int, failure: Failure, words: str):
    assert teller().failed(asked(0, status=status, failure=failure)) == words


def test_what_fails_alone_is_known():
    answers = Answers(2, [asked(0, request=0), asked(0, request=1, failure=Failure.CLOSED)])
    assert answers.unanswered == {1}
