"""The command that adds an optional part of tamis to THIS kind of install."""

import importlib.util
import sys
from pathlib import Path

__all__ = ["command"]


def command(extra: str, prefix: Path | None = None) -> str:
    """What to run to get `extra` ("cpp", "envoy"): by uv, pipx, uvx or pip.

    The kind of install is told by what its tool leaves in the environment `prefix` (None: ours).
    """
    prefix = prefix or Path(sys.prefix)
    wanted = f"'tamis[{extra}]'"
    if (prefix / "uv-receipt.toml").exists() or (prefix.parent / "uv-receipt.toml").exists():
        return f"uv tool install {wanted}"
    if (prefix / "pipx_metadata.json").exists():
        return f"pipx install --force {wanted}"
    if "archive-v0" in prefix.parts:
        return f"uvx --from {wanted} tamis"
    if importlib.util.find_spec("pip") is None:
        return f"uv pip install {wanted}"
    return f"pip install {wanted}"
