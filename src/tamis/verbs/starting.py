"""Plugins that would never finish starting: Envoy waits for them for ever."""

from pathlib import Path

from tamis import elf, host
from tamis.model.exchange import Fixture
from tamis.model.plugin import Plugin

__all__ = ["hangs"]


def hangs(module: bytes, plugin: Plugin, config: bytes) -> str | None:
    """Why Envoy would never finish loading it, else None: there a start has no deadline, and in
    the core it has. Whatever else the core thinks of it is not asked.
    """
    if elf.is_library(module):
        return None
    fixture = Fixture("start", Path(), (), config=config, plugin=plugin)
    outcome = host.run(module, fixture, fuel=False).outcome
    trap = outcome.trap if outcome else None
    if trap is None or trap.kind != "deadline":
        return None
    return f"{trap.callback.removeprefix('proxy_')} does not return"
