"""Answers under load beside those of each exchange by itself."""

from tamis.benches.timing.answers import Answered, other_answers

ALONE = {"nothing": [200, 200, 404], "wasm": [200, 401, 404], "wasm x8": [200, 401, 404]}


def notes(slices=(), steady=()):
    return list(other_answers(ALONE, slices, steady))


def all_as_alone(times):
    return {
        "nothing": Answered({200: 2 * times, 404: times}),
        "wasm": Answered({200: times, 401: times, 404: times}),
        "wasm x8": Answered({200: times, 401: times, 404: times}),
    }


def test_the_same_in_turn_is_no_note():
    assert notes([all_as_alone(133)] * 2, [all_as_alone(20)]) == []
    # The last turn may be a part of one.
    assert notes(steady=[{"wasm": Answered({200: 21, 401: 20, 404: 21})}]) == []


def test_another_status_is_told_once_for_a_contender():
    limited = {"wasm": Answered({200: 20, 401: 20, 404: 20, 429: 240})}
    longer = {"wasm x8": Answered({429: 300})}
    (told,) = notes([all_as_alone(100), {**all_as_alone(100), **limited, **longer}])
    assert told == (
        "under load wasm answers 240 of 600 requests with another status than by themselves (429): "
        "its figures are of those, too"
    )
    (chain,) = notes([longer])
    assert chain.startswith("under load wasm x8 answers 300 of 300 requests")


def test_a_known_status_that_is_too_frequent_is_another():
    (told,) = notes(steady=[{"wasm": Answered({200: 5, 401: 50, 404: 5})}])
    assert "answers 30 of 60 requests" in told
    assert "(401)" in told


def test_requests_without_an_answer_are_told():
    whole, some = all_as_alone(10), {"wasm": Answered({200: 1, 401: 1, 404: 1}, failed=7)}
    assert notes([whole], [whole, some, some]) == [
        "14 requests to wasm at the steady rate had no answer: its latencies are of the others"
    ]
