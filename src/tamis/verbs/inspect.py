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
    targets = profiles.known()
    refusals = [
        finding
        for finding in check(subject, targets=targets).findings
        if finding.severity == "error" and finding.id.startswith("load/")
    ]
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
        accepted={
            target: next((f.message for f in refusals if f.target in {None, target}), None)
            for target in targets
        },
    )
