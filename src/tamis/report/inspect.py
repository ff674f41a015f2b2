"""What `inspect` tells: at a terminal, and as JSON objects (schemas/output.json)."""

from collections.abc import Sequence

from tamis.model.inspection import Inspection
from tamis.report.artifact import metadata_object
from tamis.report.objects import Object
from tamis.report.terminal import Lines, bytes_of, facts, line, together

__all__ = ["inspected", "inspected_object"]


def inspected(value: Inspection, *, every: bool) -> Lines:
    """Facts; imports and exports in full when `every`."""
    known = value.metadata
    rows = [
        ("name", f"{known.name} {known.version}"),
        ("size", f"{bytes_of(value.size)}  {value.digest}"),
        ("made by", " ".join(filter(None, (known.toolchain, known.sdk))) or "nobody says"),
        ("ABI", value.abi or "none: this is no proxy-wasm module"),
        ("imports", f"{len(value.imports)}: {_names([n for _, n, _ in value.imports])}"),
        ("exports", f"{len(value.exports)}: {_names([n for n, _ in value.exports])}"),
        ("features", ", ".join(value.features) or "none beyond the first version of WebAssembly"),
        ("sections", "  ".join(f"{n} {bytes_of(s)}" for n, s in value.sections.items())),
    ]
    parts: list[Lines] = [facts(rows)]
    if every:
        parts.append(facts((f"{m}.{n}", t) for m, n, t in value.imports))
        parts.append(facts(value.exports))
    parts += [
        line(("  loads   ", "green"), target)
        if not why
        else line(("  refuses ", "red"), target, f"  {why}")
        for target, why in value.accepted.items()
    ]
    return together(*parts)


def _names(names: Sequence[str], most: int = 6) -> str:
    more = f", and {len(names) - most} more (-v)" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def inspected_object(value: Inspection) -> Object:
    """What is inside a module."""
    return {
        "name": value.name,
        "digest": value.digest,
        "size": value.size,
        "abi": value.abi,
        "imports": [{"module": m, "name": n, "type": t} for m, n, t in value.imports],
        "exports": [{"name": n, "type": t} for n, t in value.exports],
        "features": list(value.features),
        "sections": dict(value.sections),
        "metadata": metadata_object(value.metadata),
        "accepted": dict(value.accepted),
    }
