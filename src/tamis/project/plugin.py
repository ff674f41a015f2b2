"""`[plugin]` and `[limits]` of tamis.toml: how Envoy names the filter, what bounds it in tests."""

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tamis.errors import BadInput, Place
from tamis.model.plugin import Limits, Plugin
from tamis.project.faults import Document
from tamis.project.limits import bounded

__all__ = ["limits", "plugin"]

#: Reads a text file; what for, and where it is named.
Read = Callable[[Path, str, Place], str]


def plugin(document: Document, found: Mapping[str, Any], read: Read) -> Plugin:
    """Raises BadInput, with its place, for what no host takes."""
    table = found.get("plugin", {})
    return Plugin(
        name=found["name"],
        root_id=found.get("root_id", ""),
        vm_config=_vm_config(document, table.get("vm_config", ""), read).encode(),
        environment=_environment(document, table.get("environment", {})),
        capabilities=_capabilities(document, table.get("capabilities", ())),
        failure_policy=table.get("failure_policy", "closed"),
        allow_on_headers_stop_iteration=table.get("allow_on_headers_stop_iteration", False),
    )


def limits(document: Document, found: Mapping[str, Any]) -> Limits:
    """The default bounds where nothing is said."""
    limits = Limits()
    for name, value in found.get("limits", {}).items():
        try:
            limits = bounded(limits, {name: value})
        except BadInput as error:
            path = ("limits", name)
            raise document.error(path, f"'limits.{name}': {error.what}", error.advice()) from None
    return limits


def _vm_config(document: Document, value: str | Mapping[str, str], read: Read) -> str:
    if isinstance(value, str):
        return value
    at = document.place(("plugin", "vm_config", "file"))
    return read(document.file.parent / value["file"], "'plugin.vm_config.file'", at)


def _environment(document: Document, table: Mapping[str, str]) -> dict[str, str]:
    for name, value in table.items():
        if not name or "=" in name or "\0" in name + value:
            path = ("plugin", "environment", name)
            what = f"'plugin.environment': '{name}' is not a variable that WASI can show"
            advice = "A name is not empty and has no '='; neither name nor value has a NUL."
            raise document.error(path, what, advice)
    return dict(table)


def _capabilities(document: Document, names: list[str]) -> tuple[str, ...]:
    if names:
        from tamis.abi import table  # a large table, seldom needed

        for index, name in enumerate(names):
            if name not in table.capabilities():
                close = difflib.get_close_matches(name, table.capabilities(), n=1)
                example = "They are named like host functions and callbacks: proxy_log, fd_write."
                advice = f"Did you mean '{close[0]}'?" if close else example
                path = ("plugin", "capabilities", index)
                what = f"'plugin.capabilities[{index}]': '{name}' is not a capability"
                raise document.error(path, what, advice)
    return tuple(names)
