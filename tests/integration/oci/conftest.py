"""A home without accounts, and a registry on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.registry import LoopbackRegistry


@pytest.fixture(autouse=True)
def docker_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The machine's credentials are not for tests; this file is where docker would keep ours."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    for name in ("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "REGISTRY_AUTH_FILE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "config.json"


@pytest.fixture
def registry() -> Iterator[LoopbackRegistry]:
    """One that lets everybody in and has no referrers API."""
    with LoopbackRegistry() as served:
        yield served
