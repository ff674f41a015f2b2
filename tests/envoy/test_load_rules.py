"""The static load rules agree with a real Envoy, case by case, and use its words."""

import pytest
from tests.load_cases import CASES, LENIENT, module

from tamis.envoy import Binary, find, loads

pytestmark = pytest.mark.envoy


@pytest.fixture(scope="module")
def binary() -> Binary:
    return find()


@pytest.mark.parametrize("name", CASES)
def test_envoy_refuses(binary: Binary, name: str) -> None:
    text, _, words = CASES[name]
    reason = loads(binary, module(text))
    assert reason is not None
    assert words in reason


@pytest.mark.parametrize("name", LENIENT)
def test_envoy_loads(binary: Binary, name: str) -> None:
    assert loads(binary, module(LENIENT[name][0])) is None
