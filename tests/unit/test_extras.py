"""The advice fits the install."""

from pathlib import Path

import pytest

from tamis.extras import command


@pytest.mark.parametrize(
    ("leaves", "starts"),
    [
        ("uv-receipt.toml", "uv tool install "),
        ("pipx_metadata.json", "pipx install --force "),
        (None, "pip install "),
    ],
)
def test_each_installer_leaves_a_trace(leaves: str | None, starts: str, tmp_path: Path):
    if leaves:
        (tmp_path / leaves).touch()
    assert command("cpp", tmp_path) == f"{starts}'tamis[cpp]'"


def test_uvx_runs_from_its_archive(tmp_path: Path):
    assert command("envoy", tmp_path / "archive-v0" / "x") == "uvx --from 'tamis[envoy]' tamis"
