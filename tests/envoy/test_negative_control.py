"""The comparison is itself tested: each deliberate fault of our host must show as a difference."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tamis import compare, envoy, fixtures, host, project
from tamis.model.exchange import Fixture
from tamis.model.outcome import Difference, Run
from tamis.model.plugin import Plugin
from tamis.toolchains import Here, toolchain_for


@dataclass(frozen=True)
class Judged:
    """A filter's module and fixtures, and what Envoy made of them."""

    name: str
    module: bytes
    fixtures: tuple[Fixture, ...]
    runs: list[Run]

    def differences(self, fault=None) -> list[Difference]:
        return [
            difference
            for fixture, other in zip(self.fixtures, self.runs, strict=True)
            for difference in compare.differences(
                fixture, host.run(self.module, fixture, fault=fault), other
            )
        ]


@pytest.fixture(scope="module", params=["filters/header-policy", "tests/assets/probe"])
def judged(request: pytest.FixtureRequest, root: Path) -> Judged:
    source = project.read(root / request.param)
    with Here() as shop:
        module = toolchain_for(source.language).build(source, shop).wasm
    plugin = Plugin(source.name, source.root_id)
    config = source.config.encode()
    read = fixtures.find(source.fixtures, default_config=config, default_plugin=plugin)
    return Judged(source.name, module, read, envoy.run(envoy.find(), module, read))


def test_without_a_fault_the_hosts_agree_on_everything(judged: Judged):
    assert judged.differences() == []
    assert [skip for run in judged.runs for skip in run.skipped] == []


# header-policy does nothing that depends on end of stream; the probe does, and shows all six.
@pytest.mark.parametrize("fault", host.FAULTS)
def test_each_fault_shows(judged: Judged, fault: str):
    found = judged.differences(fault)
    if fault == "wrong-end-of-stream" and judged.name == "header-policy":
        assert found == []
    else:
        assert found
