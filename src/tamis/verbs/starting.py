"""Plugins that do not start in an Envoy: it refuses them, or waits for them for ever."""

from pathlib import Path

from tamis import elf, host
from tamis.errors import Rejected
from tamis.model.exchange import Fixture
from tamis.model.plugin import Plugin

__all__ = ["hangs", "not_taken"]


def hangs(module: bytes, plugin: Plugin, config: bytes) -> str | None:
    """Why Envoy would never finish loading it, else None: there a start has no deadline, and in
    the core it has. Whatever else the core thinks of it is not asked.
    """
    if elf.is_library(module):
        return None
    fixture = Fixture("start", Path(), (), config=config, plugin=plugin)
    # With fuel, as it was compiled when its build was tried.
    outcome = host.run(module, fixture).outcome
    trap = outcome.trap if outcome else None
    if trap is None or trap.kind != "deadline":
        return None
    return f"{trap.callback.removeprefix('proxy_')} does not return"


def not_taken(name: str, text: str, why: str) -> Rejected:
    """The error for a filter that has none before it to go on; `text`: how the user named it."""
    return Rejected(f"Envoy does not take {name}: {why}", advice=f"tamis check {text} says more.")
