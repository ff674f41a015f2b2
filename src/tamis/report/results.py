"""What each verb shows at a terminal."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from tamis.caches import Usage, root
from tamis.model.artifact import Artifact
from tamis.model.build import Step
from tamis.model.finding import Finding
from tamis.model.reference import Reference
from tamis.model.result import (
    Built,
    Checked,
    Diagnosis,
    Inspection,
    Reproduced,
    Shipment,
    Tested,
)
from tamis.model.toolchain import Available, ImageMade
from tamis.report import terminal
from tamis.report.terminal import bytes_of, line

__all__ = [
    "artifact",
    "built",
    "cached",
    "checked",
    "diagnosed",
    "finding_totals",
    "inspected",
    "reproduced",
    "shipped",
    "test_totals",
    "tested",
    "toolchain_image",
    "toolchains",
]

_MANY = 12  # not comparable parts shown before they are summed up


def built(value: Built, *, explain: bool = False) -> RenderableType:
    """One line; what the compiler warned of; each step when `explain`."""
    how = "from the cache" if value.cached else f"{value.seconds:.1f} s"
    parts: list[RenderableType] = []
    if explain:
        parts += [part for step in value.steps for part in _step(step)]
    elif value.warnings:
        parts.append(Text(value.warnings, style="yellow"))
    parts.append(
        line(
            ("built ", "green"),
            (value.filter.name, "bold"),
            f" {value.filter.version}  {value.path}  {bytes_of(len(value.module))}  ",
            (f"{value.digest[:19]}  {how}", "dim"),
        )
    )
    if value.advice:
        parts.append(line(("advice ", "cyan"), value.advice))
    return Group(*parts)


def cached(values: Sequence[Usage], freed: int) -> RenderableType:
    """A line for each cache, and what was freed."""
    parts = [
        line(
            (f"{value.kind:10}", "bold"),
            f"{bytes_of(value.size):>10}  {_plural(value.files, 'file'):14}",
            (value.what, "dim"),
        )
        for value in values
    ]
    total = sum(value.size for value in values)
    parts.append(line(f"{'':10}{bytes_of(total):>10}  ", (str(root()), "dim")))
    if freed:
        parts.append(line(("freed ", "green"), bytes_of(freed)))
    return Group(*parts)


def _step(step: Step) -> list[RenderableType]:
    size = bytes_of(step.size) if step.size is not None else ""
    parts: list[RenderableType] = [
        line((f"{step.seconds:7.2f} s  {size:>9}  ", "dim"), (step.what, "bold"))
    ]
    if step.command:
        parts.append(line((f"{'':22}{shlex.join(step.command)}", "dim")))
    if step.output:
        parts.append(Text(step.output, style="yellow"))
    return parts


def reproduced(value: Reproduced) -> RenderableType:
    """Whether both builds made the same bytes."""
    first, second = value.digests
    if value.ok:
        return line(
            ("ok ", "green"), (value.name, "bold"), ": two builds, the same bytes  ",
            (f"{first[:19]}  {bytes_of(value.sizes[0])}  {value.seconds:.1f} s", "dim"),
        )  # fmt: skip
    return line(
        ("no ", "bold red"), (value.name, "bold"),
        f": two builds, different bytes: {first[:19]} ({value.sizes[0]} bytes), "
        f"{second[:19]} ({value.sizes[1]} bytes)",
    )  # fmt: skip


def checked(value: Checked) -> RenderableType:
    """Findings, then a line of totals."""
    for_targets = f" for {', '.join(value.targets)}"
    verdict = ("ok ", "green") if value.ok else ("no ", "bold red")
    total = line(verdict, (value.name, "bold"), f"{for_targets}: {finding_totals(value.findings)}")
    return Group(terminal.findings(value.findings), total) if value.findings else total


def tested(value: Tested, *, every: bool) -> RenderableType:
    """What went wrong, then a line of totals."""
    parts: list[RenderableType] = []
    if every or not value.ok:
        parts.append(terminal.runs(value.runs, every=every))
    if value.differences:
        parts.append(terminal.differences(value.differences))
    left_out = [(one.fixture, one.host, one.what) for one in value.not_comparable]
    if left_out:
        parts.append(terminal.skipped(left_out if every else left_out[:_MANY]))
        if len(left_out) > _MANY and not every:
            parts.append(line((f"... and {len(left_out) - _MANY} more (-v shows all)", "dim")))
    parts += [line(("wrote ", "green"), str(path)) for path in value.written]
    verdict = ("ok ", "green") if value.ok else ("no ", "bold red")
    parts.append(line(verdict, (value.name, "bold"), f": {test_totals(value)}"))
    return Group(*parts)


def test_totals(value: Tested) -> str:
    """`27 fixtures in wasmtime 50.0.1 and envoy 1.40.0: no difference`."""
    failed = sum(not run.ok for run in value.runs)
    told = [
        f"{_plural(len(value.fixtures), 'fixture')} in {' and '.join(value.hosts) or 'no host'}"
    ]
    told.append(f"{failed} failed" if failed else "all passed")
    if len(value.hosts) > 1:
        told.append(_plural(len(value.differences), "difference"))
        told.append(f"{len(value.not_comparable)} not comparable")
    return ", ".join(told)


def artifact(value: Artifact, where: Reference, path: Path | None = None) -> RenderableType:
    """Where it is and what it is."""
    rows = [
        ("reference", str(where.with_digest(value.digest))),
        ("digest", value.digest),
        ("layout", value.layout),
        ("module", f"{bytes_of(value.module_size)}  {value.module_digest}"),
        ("travels as", bytes_of(value.layer_size)),
    ]
    return terminal.facts(rows + ([("file", str(path))] if path else []))


def inspected(value: Inspection, *, every: bool) -> RenderableType:
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
    parts: list[RenderableType] = [terminal.facts(rows)]
    if every:
        parts.append(terminal.facts((f"{m}.{n}", t) for m, n, t in value.imports))
        parts.append(terminal.facts(value.exports))
    parts += [
        line(("  loads   ", "green"), target)
        if not why
        else line(("  refuses ", "red"), target, f"  {why}")
        for target, why in value.accepted.items()
    ]
    return Group(*parts)


def shipped(value: Shipment) -> RenderableType:
    """The gates, what stopped them, and what to do next."""
    gates = terminal.gates((s.name, s.ok, s.what, s.seconds) for s in value.stages)
    title = line((value.name, "bold"), f" {value.version}\n")
    parts: list[RenderableType] = [title, gates]
    if value.checked and not value.checked.ok:
        parts += [Text(), terminal.findings(value.checked.findings)]
    if value.tested and not value.tested.ok:
        parts += [Text(), tested(value.tested, every=False)]
    if value.artifact and value.reference:
        rows = [("  digest", value.artifact.digest), ("  reference", value.reference)]
        names = ["  files", *[""] * (len(value.files) - 1)]
        rows += [(n, str(path)) for n, path in zip(names, value.files, strict=False)]
        parts += [Text(), terminal.facts(rows)]
    if value.publish and value.ok:
        parts += [
            Text(),
            line(("Not published yet. ", "yellow"), "To publish it as the manifests say:"),
        ]
        parts.append(line((f"  {value.publish}", "bold")))
    return Group(*parts)


def diagnosed(values: Sequence[Diagnosis]) -> RenderableType:
    """One line a thing, with the command that gets what is missing."""
    parts = []
    for one in values:
        if one.found is not None:
            parts.append(line(("  ok       ", "green"), f"{one.name:24} {one.found}"))
        else:
            style = "bold red" if one.required else "yellow"
            parts.append(line(("  missing  ", style), f"{one.name:24} needed by {one.needed_by}"))
            parts.append(line((f"{'':36}{one.advice}", "dim")))
    return Group(*parts)


def toolchains(values: Sequence[Available]) -> RenderableType:
    """A line a language: what is here, and the image for --container."""
    parts = []
    for one in values:
        style = "green" if one.version else "yellow"
        parts.append(line((f"  {one.language:16}", "bold"), (one.version or one.advice, style)))
        text = one.image or f"no image: {one.image_advice}"
        parts.append(line((f"{'':18}{text}", "" if one.image else "dim")))
    return Group(*parts)


def toolchain_image(value: ImageMade) -> RenderableType:
    """What was made, and the command that comes next."""
    where = str(value.folder) if value.folder else f"{value.tag}  {value.version}  {value.digest}"
    verb = "wrote " if value.folder else "made "
    return Group(line((verb, "green"), where), line(("next  ", "cyan"), value.command))


def finding_totals(findings: Sequence[Finding]) -> str:
    """`1 error, 2 notes`, or `no findings`."""
    totals = [
        _plural(sum(f.severity == severity for f in findings), severity)
        for severity in ("error", "warning", "note")
        if any(f.severity == severity for f in findings)
    ]
    return ", ".join(totals) or "no findings"


def _plural(count: int, word: str) -> str:
    return f"{count or 'no'} {word}{'' if count == 1 else 's'}"


def _names(names: Sequence[str], most: int = 6) -> str:
    more = f", and {len(names) - most} more (-v)" if len(names) > most else ""
    return ", ".join(names[:most]) + more
