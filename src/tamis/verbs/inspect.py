"""`tamis inspect`: what is inside a module, and which targets load it."""

from tamis import profiles
from tamis.model.inspection import Inspection
from tamis.verbs.check import check
from tamis.verbs.subject import Subject
from tamis.wasm import read

__all__ = ["inspect"]


def inspect(subject: Subject) -> Inspection:
    """Look inside; raises BadInput when it is no Wasm module."""
    info = read(subject.module)
    return Inspection(
        name=subject.metadata.name,
        digest=subject.digest,
        size=len(subject.module),
        metadata=subject.metadata,
        abi=info.abi,
        imports=tuple((one.module, one.name, str(one.type)) for one in info.imports),
        exports=tuple((one.name, str(one.type)) for one in info.exports),
        features=tuple(sorted(info.features)),
        sections={one.name: one.size for one in info.sections},
        accepted={target: _refusal(subject, target) for target in profiles.known()},
    )


def _refusal(subject: Subject, target: str) -> str | None:
    findings = check(subject, targets=(target,)).findings
    loads = [f for f in findings if f.severity == "error" and f.id.startswith("load/")]
    return loads[0].message if loads else None
