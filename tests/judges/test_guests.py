"""Guests of the official SDKs: all that these offer does the same in both hosts.

`guests/` has a filter for each SDK and layer, whose configuration is one word: a behaviour. Their
fixtures are shared, named `<behaviour>-<what>.yaml`; whose guest cannot follow is said here.
"""

import json
import shutil
from pathlib import Path

import pytest

_GUESTS = Path(__file__).parent / "guests"
#: Project to its language and its layer's folder of fixtures.
_PROJECTS = {
    "rust": ("rust", "http"),
    "rust-network": ("rust", "network"),
    "go": ("go", "http"),
    "go-network": ("go", "network"),
    "assemblyscript": ("assemblyscript", "http"),
}
#: What an SDK cannot do: project to behaviours or fixtures (by stem), and why.
_CANNOT = {
    "go": {
        "grpc": "the SDK has no gRPC",
        "stream": "the SDK has no gRPC",
    },
    "assemblyscript": {
        "grpc": "the SDK imports proxy_grpc_call with a type that no host has",
        "stream": "the SDK has no gRPC streams",
    },
}
_EACH = [
    pytest.param(project, marks=pytest.mark.toolchain(language))
    for project, (language, _) in _PROJECTS.items()
]


# Envoy takes seconds to load a module of Go's, for each fixture.
@pytest.mark.judge
@pytest.mark.envoy
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("project", _EACH)
def test_a_guest_does_the_same_in_both_hosts(project: str, tmp_path: Path, tamis_cli):
    folder = shutil.copytree(_GUESTS / project, tmp_path / project)
    fixtures = [path for path in _fixtures(project) if not _why_not(project, path)]
    (folder / "fixtures").mkdir()
    for path in fixtures:
        shutil.copy(path, folder / "fixtures")
    ended = tamis_cli("test", folder, "--host", "wasmtime", "--host", "envoy", "--json")
    document = json.loads(ended.out)
    failed = [(run["fixture"], run["problems"]) for run in document["runs"] if not run["ok"]]
    assert failed == document["problems"] == []
    assert document["differences"] == document["not_comparable"] == []
    assert len(document["runs"]) == 2 * len(fixtures)
    assert ended.code == 0, ended.err


def test_what_an_sdk_cannot_do_is_about_fixtures_that_are_there():
    for project, reasons in _CANNOT.items():
        stems = {path.stem for path in _fixtures(project)}
        assert reasons.keys() <= stems | {_behaviour(stem) for stem in stems}


@pytest.mark.parametrize("layer", ["http", "network"])
def test_a_fixture_is_named_for_its_behaviour(layer: str):
    for path in (_GUESTS / "fixtures" / layer).iterdir():
        refused = path.stem.startswith("refused-")
        assert refused or f"config: {_behaviour(path.stem)}\n" in path.read_text("utf-8"), path


def _fixtures(project: str) -> list[Path]:
    _, layer = _PROJECTS[project]
    return sorted((_GUESTS / "fixtures" / layer).glob("*.yaml"))


def _why_not(project: str, fixture: Path) -> str | None:
    """Why this project's guest cannot run it, or None."""
    reasons = _CANNOT.get(project, {})
    return reasons.get(fixture.stem) or reasons.get(_behaviour(fixture.stem))


def _behaviour(stem: str) -> str:
    return stem.partition("-")[0]
