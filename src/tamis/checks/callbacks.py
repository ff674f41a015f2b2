"""What the host calls: a known callback must have its exact type, others are never called."""

import difflib
from collections.abc import Iterator

from tamis.abi import table
from tamis.checks.subject import Subject, error, signature, warning
from tamis.model.finding import Finding
from tamis.wasm import Export

__all__ = ["rule"]

_PREFIXES = ("proxy_on_", "envoy_on_")
#: Exports of that form that are no callbacks.
_ALLOCATOR = "proxy_on_memory_allocate"


def rule(subject: Subject) -> Iterator[Finding]:
    """`load/callback-type`, `load/callback-kind`, `load/never-called`, `load/no-callbacks`."""
    known = table.callbacks()
    for export in subject.module.exports:
        if export.name == _ALLOCATOR:
            continue
        if export.name in known:
            yield from _known(export, known[export.name], subject)
        elif export.name in table.raw()["exports_never_called"] or export.name.startswith(
            _PREFIXES
        ):
            yield _never(export)
    if not any(name in known for name in (each.name for each in subject.module.exports)):
        yield warning(
            "load/no-callbacks",
            "it exports no callback: it would load and do nothing",
            "Export the callbacks; a linker drops what is not marked as exported.",
        )


def _known(export: Export, callback: table.Callback, subject: Subject) -> Iterator[Finding]:
    abi = subject.module.abi
    if abi is None:
        return
    if abi not in callback.abis:
        yield warning(
            "load/never-called",
            f"{export.name} is never called under ABI {abi}",
            f"It belongs to ABI {', '.join(callback.abis)}.",
        )
        return
    wanted = signature(callback.params[abi], callback.results)
    if export.kind != "function":
        yield warning(
            "load/callback-kind",
            f"{export.name} is exported as a {export.kind}: it is never called",
            "Export a function.",
        )
    elif export.type != wanted:
        yield error(
            "load/callback-type",
            f"Bad function signature for: {export.name}, want: {wanted}, "
            f"but the module exports: {export.type}",
            f"Give it that type; it is the one of ABI {abi}.",
        )


def _never(export: Export) -> Finding:
    close = difflib.get_close_matches(export.name, table.callbacks(), 1)
    return warning(
        "load/never-called",
        f"{export.name} is no callback of any host: it is never called",
        f"Did you mean {close[0]}?" if close else "Remove it.",
    )
