"""Values as JSON objects: what `--json` prints; schemas/output.json holds the shapes."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tamis.caches import Usage
from tamis.model import codec
from tamis.model.artifact import Artifact, Metadata
from tamis.model.build import Step
from tamis.model.finding import Finding
from tamis.model.outcome import Difference, Run
from tamis.model.reference import Reference
from tamis.model.result import (
    Built,
    Checked,
    Diagnosis,
    Inspection,
    Reproduced,
    Shipment,
    Skipped,
    Tested,
)
from tamis.model.toolchain import Available, ImageMade

if TYPE_CHECKING:
    from tamis.manifests import Manifest

__all__ = [
    "artifact",
    "built",
    "checked",
    "diagnosis",
    "finding",
    "finding_problems",
    "inspected",
    "manifest",
    "reproduce_problems",
    "reproduced",
    "shipment",
    "test_problems",
    "tested",
    "usage",
]

Object = dict[str, Any]


def built(value: Built) -> Object:
    """Sizes in bytes."""
    return {
        "name": value.filter.name,
        "path": str(value.path),
        "size": len(value.module),
        "digest": value.digest,
        "toolchain": value.metadata.toolchain,
        "sdk": value.metadata.sdk,
        "cached": value.cached,
        "seconds": round(value.seconds, 3),
        "steps": [_step(step) for step in value.steps],
    }


def _step(value: Step) -> Object:
    return {
        "what": value.what,
        "command": list(value.command),
        "seconds": round(value.seconds, 3),
        "size": value.size,
        "warnings": value.output,
    }


def usage(value: Usage) -> Object:
    """One cache; `used`: seconds since the epoch, or null."""
    return {
        "kind": value.kind,
        "what": value.what,
        "path": str(value.path),
        "files": value.files,
        "size": value.size,
        "used": value.used,
    }


def reproduced(value: Reproduced) -> Object:
    """Both digests of a filter that was built twice."""
    return {
        "name": value.name,
        "ok": value.ok,
        "digests": list(value.digests),
        "sizes": list(value.sizes),
        "seconds": round(value.seconds, 3),
    }


def reproduce_problems(values: Iterable[Reproduced]) -> list[Object]:
    """Filters whose two builds differ, as problems."""
    return [
        _problem(
            "not-reproducible",
            f"{one.name}: two builds of the same source made {one.digests[0]} and {one.digests[1]}",
            "Look for a time, a path or a random number that gets into the module.",
            None,
        )
        for one in values
        if not one.ok
    ]


def finding(value: Finding) -> Object:
    """A conformance finding."""
    return {
        "id": value.id,
        "severity": value.severity,
        "message": value.message,
        "advice": value.advice,
        "place": str(value.place) if value.place else None,
        "target": value.target,
    }


def checked(value: Checked) -> Object:
    """The findings of one module."""
    return {
        "name": value.name,
        "ok": value.ok,
        "targets": list(value.targets),
        "findings": [finding(one) for one in value.findings],
    }


def finding_problems(findings: Iterable[Finding]) -> list[Object]:
    """Errors among the findings, as problems."""
    return [
        _problem("finding", f"{one.id}: {one.message}", one.advice, str(one.place or "") or None)
        for one in findings
        if one.severity == "error"
    ]


def tested(values: Sequence[Tested]) -> Object:
    """`runs`, `differences` and `not_comparable` over all filters tested."""
    return {
        "runs": [_run(value, run) for value in values for run in value.runs],
        "differences": [_difference(d) for value in values for d in value.differences],
        "not_comparable": [_skipped(one) for value in values for one in value.not_comparable],
    }


def test_problems(values: Sequence[Tested]) -> list[Object]:
    """Missed expectations and differences, as problems."""
    problems = []
    for value in values:
        places = {fixture.name: str(fixture.path) for fixture in value.fixtures}
        for run in value.runs:
            problems += [
                _problem(
                    "expectation",
                    f"{run.fixture} ({run.host}): {problem}",
                    "Mend the filter, or the fixture if it expects the wrong thing.",
                    places.get(run.fixture),
                )
                for problem in run.problems
            ]
        problems += [
            _problem(
                "difference",
                f"{one.fixture}: {one.path} differs between {' and '.join(one.values)}",
                "Look at differences[].values for both sides.",
                places.get(one.fixture),
            )
            for one in value.differences
        ]
    return problems


def artifact(value: Artifact, where: Reference, path: Path | None = None) -> Object:
    """A published artifact, and the file it was written to."""
    told: Object = {
        "reference": str(where.with_digest(value.digest)),
        "digest": value.digest,
        "layout": value.layout,
        "module": {"digest": value.module_digest, "size": value.module_size},
        "layer_size": value.layer_size,
        "metadata": _metadata(value.metadata),
    }
    return {**told, "path": str(path)} if path else told


def inspected(value: Inspection) -> Object:
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
        "metadata": _metadata(value.metadata),
        "accepted": dict(value.accepted),
    }


def shipment(value: Shipment) -> Object:
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
        "check": checked(value.checked) if value.checked else None,
        "test": tested([value.tested]) if value.tested else None,
    }


def manifest(value: "Manifest", path: Path | None) -> Object:
    """A rendered manifest, and the file it was written to."""
    return {
        "name": value.name,
        "target": value.target,
        "kind": value.kind,
        "text": value.text,
        "path": str(path) if path else None,
    }


def diagnosis(value: Diagnosis) -> Object:
    """One line of the doctor's."""
    return {
        "name": value.name,
        "found": value.found,
        "required": value.required,
        "needed_by": value.needed_by,
        "advice": value.advice or None,
    }


def toolchain(value: Available) -> Object:
    """A language's compiler, here and in an image."""
    return {
        "language": value.language,
        "version": value.version,
        "advice": value.advice or None,
        "image": value.image,
        "image_advice": value.image_advice or None,
    }


def toolchain_image(value: ImageMade) -> Object:
    """An image, or the folder it is built from."""
    return {
        "language": value.language,
        "tag": value.tag,
        "digest": value.digest,
        "version": value.version,
        "folder": str(value.folder) if value.folder else None,
        "command": value.command,
    }


def _run(value: Tested, run: Run) -> Object:
    return {
        "filter": value.name,
        "fixture": run.fixture,
        "host": run.host,
        "ok": run.ok,
        "outcome": codec.encode(run.outcome) if run.outcome else None,
        "problems": list(run.problems),
    }


def _difference(value: Difference) -> Object:
    return {
        "fixture": value.fixture,
        "hosts": list(value.values),
        "path": value.path,
        "values": dict(value.values),
    }


def _skipped(value: Skipped) -> Object:
    return {
        "fixture": value.fixture,
        "host": value.host,
        "path": value.what.path,
        "why": value.what.why,
    }


def _metadata(value: Metadata) -> Object:
    return {name: getattr(value, name) for name in Metadata.__slots__}


def _problem(kind: str, message: str, advice: str, place: str | None) -> Object:
    return {"kind": kind, "message": message, "advice": advice, "place": place}
