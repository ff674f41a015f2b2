"""Filters of the test assets, compiled once, run in the host core."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tamis.host import replay, run
from tamis.model.exchange import Answer, Exchange, Fixture, Request
from tamis.model.filter import Filter
from tamis.model.outcome import Outcome
from tamis.model.replayed import Replayed
from tamis.toolchains import Here, toolchain_for

HERE = Path(__file__).resolve().parent
PROBE = HERE.parents[1] / "assets" / "probe" / "probe.cc"
GET = ((":method", "GET"), (":scheme", "http"), (":authority", "localhost"), (":path", "/"))


@cache
def compiled(source: Path) -> bytes:
    filter_ = Filter(source.parent, source.stem, "1.0.0", "cpp", (source,))
    with Here() as shop:
        return toolchain_for(filter_.language).build(filter_, shop).wasm


def fixture(config: bytes = b"", headers=(), *, body=(), trailers=(), answer=None) -> Fixture:
    request = Request((*GET, *headers), tuple(body), tuple(trailers))
    steps = (Exchange(request, answer or Answer()),)
    return Fixture("sdk", Path("sdk.yaml"), steps, config=config)


def source_of(name: str) -> Path:
    return PROBE if name == "probe" else HERE / "filters" / f"{name}.cc"


@pytest.fixture(scope="session")
def module_of() -> Callable[[str], bytes]:
    """module_of("memory")."""
    return lambda name: compiled(source_of(name))


@pytest.fixture(scope="session")
def outcome_of() -> Callable[..., Outcome]:
    """outcome_of("headers", config, headers, body=..., ...)."""

    def outcome_of(name: str, *args, **kwargs) -> Outcome:
        ran = run(compiled(source_of(name)), fixture(*args, **kwargs))
        assert ran.outcome is not None, ran.problems
        return ran.outcome

    return outcome_of


@pytest.fixture(scope="session")
def replayed() -> Callable[..., Replayed]:
    """replayed("memory", passes, config, headers, ...)."""

    def replayed(name: str, passes: int, *args, **kwargs) -> Replayed:
        return replay(compiled(source_of(name)), fixture(*args, **kwargs), passes)

    return replayed
