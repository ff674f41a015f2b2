"""What the module asks of the host: name, module and exact type must match."""

import difflib
from collections.abc import Iterator

from tamis.abi import table
from tamis.checks.subject import Subject, error, signature, warning
from tamis.model.finding import Finding
from tamis.wasm import Import

__all__ = ["rule"]

_MISSING = "Failed to load Wasm module due to a missing import: "
_MISMATCH = "Failed to load Wasm module due to an import type mismatch: "


def rule(subject: Subject) -> Iterator[Finding]:
    """One finding for each import (a name imported twice is told once).

    `load/unknown-import`, `load/import-version`, `load/import-abi`, `load/import-type`,
    `load/global-import`. The messages are Envoy's.
    """
    for wanted in dict.fromkeys(subject.module.imports):
        if wanted.kind == "function":
            yield from _function(wanted, subject)
        elif wanted.kind in ("global", "tag"):
            yield error(
                f"load/{wanted.kind}-import",
                f"{_MISSING}{wanted.path}",
                f"A host gives functions, no {wanted.kind}s: define it in the module.",
            )
        elif wanted.kind == "table":
            yield warning(
                "load/table-import",
                f"it imports the table {wanted.path}, which hosts other than V8 do not give",
                "Define the table in the module.",
            )


def _function(wanted: Import, subject: Subject) -> Iterator[Finding]:
    known = table.imports().get(wanted.name)
    if wanted.module == "env" and wanted.name in subject.target.imports:
        return  # a function of that product alone: the profile does not know its type
    if known is None or wanted.module not in known.modules:
        yield error("load/unknown-import", f"{_MISSING}{wanted.path}", _advice(wanted, known))
    elif "env" not in known.modules and wanted.name not in subject.target.wasi:
        yield error(
            "load/import-version",
            f"{_MISSING}{wanted.path}",
            f"Envoy has {wanted.name} from 1.{known.since} on, {subject.target.name} is Envoy "
            f"{subject.target.envoy}: do without it, or aim at newer targets.",
        )
    elif subject.module.abi and subject.module.abi not in known.abis:
        yield error(
            "load/import-abi",
            f"{_MISSING}{wanted.path}",
            f"{wanted.name} belongs to ABI {', '.join(known.abis)}, "
            f"the module's marker says {subject.module.abi}.",
        )
    else:
        given = signature(known.params, known.results)
        if wanted.type != given:
            yield error(
                "load/import-type",
                f"{_MISMATCH}{wanted.path}, want: {wanted.type}, but host exports: {given}",
                "Declare it with the host's type; an SDK of another ABI version may be at work.",
            )


def _advice(wanted: Import, known: table.Import | None) -> str:
    if known:
        return f"Import it from {' or '.join(known.modules)}."
    close = difflib.get_close_matches(wanted.name, table.imports(), 1, 0.8)
    if close:
        return f"Did you mean {table.imports()[close[0]].modules[0]}.{close[0]}?"
    return "No host gives it: remove what calls it, or link what defines it."
