"""Bodies that are held until their trailers come; finding in them, and comparing secrets."""

import pytest

from tamis.model.exchange import Answer

OK = ((":status", "200"),)
TRAILERS = (("x-t", "1"),)


@pytest.mark.parametrize(
    ("body", "wanted", "said"),
    [
        ((b"one", b"two"), b"two", "6 onetwo 3 3 false"),
        ((b"onetwo",), b"one", "6 onetwo 0 6 false"),
        ((b"one", b"two"), b"onetwo", "6 onetwo 0 6 true"),
        ((b"one", b"two"), b"onetwO", "6 onetwo 6 6 false"),
        ((b"one", b"two"), b"onetwo!", "6 onetwo 6 6 false"),
        ((b"aab", b"aab"), b"ab", "6 aabaab 1 4 false"),
        ((), b"x", "0  0 0 false"),
    ],
)
def test_a_held_body_is_whole_in_the_trailers(outcome_of, body, wanted, said):
    answer = Answer(OK, body, TRAILERS)
    outcome = outcome_of("held", wanted, body=[b"a", b"b"], trailers=TRAILERS, answer=answer)
    assert [line.message for line in outcome.logs] == [said]
    assert outcome.exchanges[0].request.body == b"<ab>"
    # Without any body there is no buffer to write to.
    assert outcome.exchanges[0].response.body == (b"new" if body else b"")
    assert outcome.counts.calls["proxy_get_buffer_status"] == 2
