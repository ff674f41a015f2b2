"""What the verbs return: frozen, printable, and the source of every `--json` object."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tamis.model.artifact import Artifact, Metadata
from tamis.model.build import Step
from tamis.model.exchange import Fixture
from tamis.model.filter import Filter, Language
from tamis.model.finding import Finding
from tamis.model.outcome import Difference, NotComparable, Run

__all__ = [
    "Adopted",
    "Built",
    "Checked",
    "Created",
    "Diagnosis",
    "Inspection",
    "Offered",
    "Reproduced",
    "Shipment",
    "Skipped",
    "Stage",
    "StageName",
    "Tested",
]


StageName = Literal["build", "check", "test", "push", "render"]


@dataclass(frozen=True, slots=True)
class Built:
    """What was built. `seconds` counts everything; `digest` is the module's (`sha256:...`).

    `steps`: what was done, in order; none when the module was `cached`. `advice` names what would
    make the module smaller, or is "".
    """

    filter: Filter
    path: Path
    module: bytes
    metadata: Metadata
    digest: str
    seconds: float
    steps: tuple[Step, ...] = ()
    cached: bool = False
    advice: str = ""

    @property
    def warnings(self) -> str:
        """What the compiler said although it went well."""
        return "\n".join(step.output for step in self.steps if step.output)


@dataclass(frozen=True, slots=True)
class Reproduced:
    """The same source built twice, in folders of their own; digests and sizes of both modules."""

    name: str
    digests: tuple[str, str]
    sizes: tuple[int, int]
    seconds: float

    @property
    def ok(self) -> bool:
        """The bytes are the same."""
        return self.digests[0] == self.digests[1]


@dataclass(frozen=True, slots=True)
class Checked:
    """The findings of all targets, worst first."""

    name: str
    targets: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """No finding is an error."""
        return all(finding.severity != "error" for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A part of one fixture that one host cannot show."""

    fixture: str
    host: str
    what: NotComparable


@dataclass(frozen=True, slots=True)
class Tested:
    """The runs of all fixtures in all hosts, and where two hosts disagree."""

    name: str
    fixtures: tuple[Fixture, ...]
    runs: tuple[Run, ...]
    differences: tuple[Difference, ...]
    written: tuple[Path, ...] = ()

    @property
    def ok(self) -> bool:
        """No expectation missed, no difference."""
        return not self.differences and all(run.ok for run in self.runs)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that ran, with their versions."""
        return tuple(dict.fromkeys(run.host for run in self.runs))

    @property
    def not_comparable(self) -> tuple[Skipped, ...]:
        """Everything that was left out, and why."""
        return tuple(
            Skipped(run.fixture, run.host, what) for run in self.runs for what in run.skipped
        )


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is inside a module. `imports`: (module, name, type); `exports`: (name, type);
    `sections`: name -> bytes; `accepted`: target -> None, or why it would refuse the module.
    """

    name: str
    digest: str
    size: int
    metadata: Metadata
    abi: str | None
    imports: tuple[tuple[str, str, str], ...]
    exports: tuple[tuple[str, str], ...]
    features: tuple[str, ...]
    sections: Mapping[str, int]
    accepted: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Stage:
    """One gate of `ship`; `what` says in a line what came of it."""

    name: StageName
    ok: bool
    what: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Shipment:
    """What `ship` did. `reference` is what manifests name; `publish` the command that makes it
    true, None when it already is. The gate that failed leaves its values for the report.
    """

    name: str
    version: str
    stages: tuple[Stage, ...]
    module_size: int = 0
    artifact: Artifact | None = None
    reference: str | None = None
    publish: str | None = None
    files: tuple[Path, ...] = ()
    checked: Checked | None = None
    tested: Tested | None = None

    @property
    def ok(self) -> bool:
        """Every gate was passed."""
        return all(stage.ok for stage in self.stages)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing tamis uses. `found` None: missing, and `advice` says how to get it.

    `needed_by` names the verbs that cannot do without; `required`: every verb needs it.
    """

    name: str
    found: str | None
    needed_by: str
    advice: str = ""
    required: bool = False
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """It is here, or it is an extra."""
        return self.found is not None or not self.required


@dataclass(frozen=True, slots=True)
class Offered:
    """A kind of filter that `new` writes: what it does, and in which languages."""

    kind: str
    what: str
    languages: tuple[Language, ...]


@dataclass(frozen=True, slots=True)
class Created:
    """A filter that `new` wrote; `files` are relative to `folder`."""

    name: str
    folder: Path
    language: Language
    kind: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Adopted:
    """A project that `init` made a filter of. `evidence`: the file that told what it is; `notes`:
    what people have to look at.
    """

    name: str
    folder: Path
    language: Language
    evidence: str
    files: tuple[str, ...]
    notes: tuple[str, ...]
