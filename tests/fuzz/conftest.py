"""What the fuzzers share."""

import sys
from collections.abc import Iterator

import pytest
from tests.fuzz.mutation import Rounds


@pytest.fixture
def rounds() -> Iterator[Rounds]:
    """Rounds of a fuzzer; pytest shows the last one beside a failure."""
    made = Rounds()
    yield made
    sys.stdout.write(made.told)
