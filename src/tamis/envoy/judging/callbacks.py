"""Which callbacks a module has, as Envoy sees it."""

from functools import lru_cache

from tamis import elf, wasm
from tamis.errors import BadInput
from tamis.model.plugin import Plugin

__all__ = ["calls"]


def calls(module: bytes, plugin: Plugin, callback: str) -> bool:
    """Whether the filter has a callback that Envoy calls."""
    allowed = not plugin.capabilities or callback in plugin.capabilities
    return allowed and _exports(module, callback)


@lru_cache(maxsize=16)
def _exports(module: bytes, callback: str) -> bool:
    try:
        if elf.is_library(module):
            return callback in elf.read(module).exports
        return any(export.name == callback for export in wasm.read(module).exports)
    except BadInput:
        return False
