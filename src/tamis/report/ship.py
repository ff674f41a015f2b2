"""What `ship` tells: at a terminal, and as JSON objects (schemas/output.json)."""

import textwrap
from collections.abc import Iterable

from tamis.model.shipment import Shipment, Stage
from tamis.report.bench import card_object
from tamis.report.card import card_verdicts
from tamis.report.check import checked_object, findings
from tamis.report.objects import Object
from tamis.report.terminal import Lines, facts, line, together
from tamis.report.test import tested, tested_object

__all__ = ["shipment_object", "shipped"]

_COLUMNS = 80  # what a terminal has at least
_GATE = 22  # columns before what came of a gate


def shipped(value: Shipment) -> Lines:
    """The gates, what stopped them, and what to do next."""
    title = line((value.name, "bold"), f" {value.version}\n")
    parts: list[Lines] = [title, _gates(value.stages)]
    if value.checked and not value.checked.ok:
        parts += [line(), findings(value.checked.findings)]
    if value.tested and not value.tested.ok:
        parts += [line(), tested(value.tested, every=False)]
    if value.benched and not value.benched.ok:
        parts += [line(), card_verdicts(value.benched)]
    if value.artifact and value.reference:
        rows = [("  digest", value.artifact.digest), ("  reference", value.reference)]
        names = ["  files", *[""] * (len(value.files) - 1)]
        rows += [(n, str(path)) for n, path in zip(names, value.files, strict=False)]
        parts += [line(), facts(rows)]
    if value.publish and value.ok:
        parts += [
            line(),
            line(("Not published yet. ", "yellow"), "To publish it as the manifests say:"),
        ]
        parts.append(line((f"  {value.publish}", "bold")))
    return together(*parts)


def _gates(stages: Iterable[Stage]) -> Lines:
    """Name, verdict, seconds, and what came of it, folded to fit 80 columns."""
    lines = []
    for stage in stages:
        first, *rest = textwrap.wrap(
            stage.what, _COLUMNS - _GATE, break_long_words=False, break_on_hyphens=False
        ) or [""]
        lines.append(
            line(
                (f"  {stage.name:8}", "bold"),
                ("ok", "green") if stage.ok else ("no", "bold red"),
                (f"{stage.seconds:6.1f} s  ", "dim"),
                first,
            )
        )
        lines += [line(f"{'':{_GATE}}{more}") for more in rest]
    return together(*lines)


def shipment_object(value: Shipment) -> Object:
    """What `ship` prints and writes to report.json."""
    return {
        "name": value.name,
        "version": value.version,
        "digest": value.artifact.digest if value.artifact else None,
        "reference": value.reference,
        "published": value.artifact is not None and value.publish is None,
        "publish": value.publish,
        "module_size": value.module_size,
        "files": [str(path) for path in value.files],
        "stages": [
            {"name": s.name, "ok": s.ok, "what": s.what, "seconds": round(s.seconds, 3)}
            for s in value.stages
        ],
        "check": checked_object(value.checked) if value.checked else None,
        "test": tested_object([value.tested]) if value.tested else None,
        "bench": card_object(value.benched) if value.benched else None,
    }
