"""Memory: nothing is kept that nobody needs any more."""


def test_a_stream_keeps_what_it_was_given(outcome_of):
    outcome = outcome_of("memory", b"", [("x-a", "kept " * 100)])
    assert ("x-kept", "kept " * 100) in outcome.exchanges[0].response.headers
    assert ("x-copy", "kept " * 100) in outcome.exchanges[0].request.headers


def test_memory_does_not_grow_with_exchanges(replayed):
    headers = [("x-a", "v" * 3000)]
    few = replayed("memory", 10, b"", headers)
    many = replayed("memory", 100_000, b"", headers)
    assert many.exchanges == 100_000
    assert many.counts.memory_high_water == few.counts.memory_high_water <= 2 * 65536
