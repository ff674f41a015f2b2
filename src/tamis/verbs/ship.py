"""`tamis ship`: build, check, test, bench, push, render; the first gate that fails ends it."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tamis.errors import BadInput, Place, Rejected
from tamis.files import write_whole
from tamis.manifests import Manifest
from tamis.model.artifact import Artifact
from tamis.model.card import Card
from tamis.model.checked import Checked
from tamis.model.choices import Layout
from tamis.model.filter import Filter
from tamis.model.reference import LayoutReference, RegistryReference, parse, tagged
from tamis.model.shipment import Shipment, Stage, StageName
from tamis.model.tested import Tested
from tamis.report.card import card_totals
from tamis.report.check import finding_totals
from tamis.report.ship import shipment_object
from tamis.report.terminal import bytes_of
from tamis.report.test import test_totals
from tamis.verbs.bench import bench
from tamis.verbs.check import check
from tamis.verbs.pull import describe
from tamis.verbs.push import push
from tamis.verbs.render import Placed, place, render, save
from tamis.verbs.subject import Subject, from_filter
from tamis.verbs.test import ready, test

__all__ = ["ship"]

Say = Callable[[str], None]


def ship(
    filter: Filter,
    *,
    to: str | None = None,
    out: Path = Path("build/ship"),
    hosts: Sequence[str] = ("wasmtime", "envoy"),
    targets: Sequence[str] = (),
    layout: Layout | None = None,
    insecure: bool = False,
    say: Say = lambda _: None,
) -> Shipment:
    """Take a filter from source to manifests.

    With `to` the artifact goes to that registry and its digest is read back before anything is
    rendered; without, into the image layout `out`/oci, and manifests name the repository of
    tamis.toml and say that they are not true yet. Always writes `out`/report.json.

    Raises what the stages raise for bad input and missing tools; a gate that says no is a value.
    """
    ready(hosts, say=say)
    line = _Line(filter, say)
    goal = _goal(filter, to, out)
    subject = line.build()
    if line.check(subject, targets) and line.test(subject, hosts) and line.bench(subject):
        placed = line.push(subject, goal, layout, targets, insecure)
        rendered = line.render(placed, targets)
        line.files += _write(out / "manifests", filter.name, rendered)
    if isinstance(goal, LayoutReference) and line.artifact:
        line.files.insert(0, goal.folder)
    report = out / "report.json"
    line.files.append(report)
    shipment = line.shipment()
    text = json.dumps(shipment_object(shipment), indent=2) + "\n"
    try:
        write_whole(report, text.encode())
    except OSError as error:
        raise BadInput(
            f"cannot write {report}: {error.strerror}", advice="Name a folder of yours with --out."
        ) from error
    return shipment


@dataclass(slots=True)
class _Line:
    """The line under way: it gathers stages and what they made, one method a stage."""

    filter: Filter
    say: Say
    stages: list[Stage] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    module_size: int = 0
    artifact: Artifact | None = None
    reference: str | None = None
    publish: str | None = None
    checked: Checked | None = None
    tested: Tested | None = None
    benched: Card | None = None

    def build(self) -> Subject:
        done = self._stage("build")
        subject = from_filter(self.filter)
        self.module_size = len(subject.module)
        done(True, f"{self.filter.module.name}, {bytes_of(self.module_size)}")
        return subject

    def check(self, subject: Subject, targets: Sequence[str]) -> bool:
        done = self._stage("check")
        self.checked = check(subject, targets=targets)
        total = finding_totals(self.checked.findings)
        return done(self.checked.ok, f"{', '.join(self.checked.targets)}: {total}")

    def test(self, subject: Subject, hosts: Sequence[str]) -> bool:
        done = self._stage("test")
        self.tested = test(subject, hosts=hosts, say=self.say)
        return done(self.tested.ok, test_totals(self.tested))

    def bench(self, subject: Subject) -> bool:
        """What is counted alone: it gives the same verdict on every machine."""
        done = self._stage("bench")
        self.benched = bench(subject, timed=False, say=self.say)
        return done(self.benched.ok, card_totals(self.benched))

    def push(
        self,
        subject: Subject,
        goal: RegistryReference | LayoutReference,
        layout: Layout | None,
        targets: Sequence[str],
        insecure: bool,
    ) -> Placed:
        done = self._stage("push")
        pushed = push(
            subject.module,
            subject.metadata,
            goal,
            layout=layout or self.filter.layout,
            targets=tuple(targets) or None,
            insecure=insecure,
        )
        self.artifact = describe(replace(goal, digest=None), insecure=insecure)
        if self.artifact.digest != pushed.digest:
            raise Rejected(
                f"{goal} now holds {self.artifact.digest}, not the {pushed.digest} just pushed",
                advice="Somebody else pushed this tag meanwhile; ship again under a new version.",
            )
        placed = replace(place(goal, self.artifact), module=subject.path)
        self.reference, self.publish = str(placed.reference), placed.publish
        size = f"{bytes_of(pushed.layer_size)} compressed"
        done(True, f"{goal}, layout {pushed.layout}, {size}")
        return placed

    def render(self, placed: Placed, targets: Sequence[str]) -> tuple[Manifest, ...]:
        done = self._stage("render")
        rendered = render(placed, targets=targets)
        done(True, ", ".join(f"{one.kind} for {one.target}" for one in rendered))
        return rendered

    def shipment(self) -> Shipment:
        return Shipment(
            name=self.filter.name,
            version=self.filter.version,
            stages=tuple(self.stages),
            module_size=self.module_size,
            artifact=self.artifact,
            reference=self.reference,
            publish=self.publish,
            files=tuple(self.files),
            checked=self.checked,
            tested=self.tested,
            benched=self.benched,
        )

    def _stage(self, name: StageName) -> Callable[[bool, str], bool]:
        self.say(f"{self.filter.name}: {name}")
        started = time.monotonic()

        def done(ok: bool, what: str) -> bool:
            self.stages.append(Stage(name, ok, what, time.monotonic() - started))
            return ok

        return done


def _goal(filter: Filter, to: str | None, out: Path) -> RegistryReference | LayoutReference:
    if to:
        return tagged(parse(to), filter.version)
    if not filter.repository:
        raise BadInput(
            f"{filter.name} does not say where it will be published",
            advice='Add [publish] repository = "HOST/REPOSITORY" to tamis.toml, or say --to.',
            at=Place(filter.manifest),
        )
    return LayoutReference(out / "oci", filter.version)


def _write(folder: Path, name: str, rendered: Sequence[Manifest]) -> tuple[Path, ...]:
    """The manifests; what an earlier run left of this filter's goes, nobody else's file does."""
    written = save(rendered, folder)
    for stale in set(folder.glob(f"{name}-*.yaml")) - set(written):
        stale.unlink(missing_ok=True)  # two may ship at once
    return written
