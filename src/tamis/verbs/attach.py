"""`tamis attach`: what is inside an artifact, where it comes from, what was found out about it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tamis import oci, trust
from tamis.errors import BadInput
from tamis.model.artifact import Artifact
from tamis.model.filter import Filter
from tamis.model.reference import Reference
from tamis.model.signed import Attached, Attachment
from tamis.oci import referrers
from tamis.trust import provenance, reports, sbom
from tamis.verbs.cosign import Signer, cosign, pinned_name
from tamis.verbs.pull import fetch
from tamis.verbs.resolved import Resolved, resolved
from tamis.verbs.subject import Subject, one_filter
from tamis.version import VERSION

__all__ = ["attach"]

Say = Callable[[str], None]
_SBOM_TYPE = "application/vnd.cyclonedx+json"


def attach(
    reference: Reference,
    kinds: Mapping[str, Path | None],
    *,
    key: str | None = None,
    passphrase: Callable[[], bytes] = lambda: b"",
    signer: Signer = "tamis",
    source: Path | None = None,
    insecure: bool = False,
    say: Say = lambda _: None,
) -> Attached:
    """Attach each of `kinds` (sbom, provenance, check, bench) to the image manifest.

    None: it is made now: of the artifact's module, and for provenance, bench and what the module
    does not tell of `source`, the filter's folder. A file: a report, a CycloneDX or SLSA document.
    `key`, `passphrase` and `signer` as `sign` has them; only an SBOM goes without. All is made
    before the first byte is written. Raises Rejected for a report that says FAILED or is about
    another module, and what `sign` raises.
    """
    _known(kinds, signed=key is not None or signer == "cosign")
    private = trust.private_key(Path(key), passphrase) if key and signer != "cosign" else None
    with oci.open_store(reference, insecure=insecure) as store:
        found = resolved(store, reference)
        making = _Making(reference.with_digest(found.digest), source, insecure, say)
        made = {kind: making.document(kind, file) for kind, file in kinds.items()}
        done: list[Attachment] = []
        for kind, document in made.items():
            say(f"attaching {kind}")
            if kind == "sbom":
                done.append(_plain(store, found, document))
            if private:
                put = trust.attest(store, found.subject, trust.KINDS[kind], document, private)
                done.append(Attachment(kind, "bundle", put.digest, put.new))
    if signer == "cosign":
        done += _by_cosign(reference, found, made, key, insecure=insecure)
    return Attached(
        reference=str(reference.with_digest(found.digest)),
        digest=found.digest,
        attachments=tuple(done),
        key=private.public.id if private else "",
        index=found.index,
    )


def _known(kinds: Mapping[str, Path | None], *, signed: bool) -> None:
    """Raises BadInput for what cannot be attached, before anything is made."""
    if not kinds:
        raise BadInput("nothing to attach", advice=f"Name what: {', '.join(trust.KINDS)}.")
    for kind in kinds:
        if kind not in trust.KINDS:
            raise BadInput(
                f"'{kind}' is nothing that can be attached",
                advice=f"Attach {', '.join(trust.KINDS)}; a file behind '=': sbom=FILE.",
            )
        if kind != "sbom" and not signed:
            raise BadInput(
                f"{kind} without a signature proves nothing",
                advice="Name a key: --key FILE (tamis keygen), or --signer cosign.",
            )


def _plain(store: oci.Store, found: Resolved, document: trust.Object) -> Attachment:
    """The SBOM as scanners look for it, unsigned."""
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    digest = oci.digest_of(text)
    for each in referrers.listing(store, found.digest, _SBOM_TYPE):
        manifest = oci.parse(store.read_manifest(each.digest, each.media_type))
        if isinstance(manifest, oci.Manifest) and digest in {a.digest for a in manifest.layers}:
            return Attachment("sbom", "document", each.digest, new=False)
    put = referrers.put(store, found.subject, _SBOM_TYPE, text, notes={}, title="sbom.cdx.json")
    return Attachment("sbom", "document", put.digest, new=True)


def _by_cosign(
    reference: Reference,
    found: Resolved,
    made: Mapping[str, trust.Object],
    key: str | None,
    *,
    insecure: bool,
) -> list[Attachment]:
    name = pinned_name(reference, found.digest)
    with TemporaryDirectory(prefix="tamis-") as folder:
        for kind, document in made.items():
            file = Path(folder) / f"{kind}.json"
            file.write_text(json.dumps(document), "utf-8")
            told = ("--predicate", str(file), "--type", trust.KINDS[kind])
            cosign("attest", *told, key=key, insecure=insecure, name=name)
    return [Attachment(kind, "cosign", "", new=True) for kind in made]


@dataclass(slots=True)
class _Making:
    """Documents about one artifact; its module is fetched when the first of them needs it."""

    reference: Reference
    source: Path | None
    insecure: bool
    say: Say
    fetched: tuple[Artifact, bytes] | None = None

    def document(self, kind: str, file: Path | None) -> trust.Object:
        """What is to be signed."""
        self.say(f"making {kind}")
        match kind:
            case "sbom":
                return self._sbom() if file is None else sbom.given(file)
            case "provenance":
                return self._provenance(file)
            case "check":
                report, what = self._report(kind, file, ("check", "test"))
                return reports.check(report, self.artifact.module_digest, what)
        report, what = self._report(kind, file, ("bench",))
        return reports.bench(report, self.artifact.module_digest, what)

    @property
    def artifact(self) -> Artifact:
        return self._fetch()[0]

    def _fetch(self) -> tuple[Artifact, bytes]:
        if self.fetched is None:
            self.fetched = fetch(self.reference, insecure=self.insecure)
        return self.fetched

    def _filter(self, kind: str) -> Filter:
        if self.source is None:
            raise BadInput(
                f"{kind} is made of the filter's folder",
                advice=f"Name it: --source DIR; or a file: {kind}=FILE.",
            )
        return one_filter(str(self.source))

    def _sbom(self) -> trust.Object:
        artifact, module = self._fetch()
        return sbom.sbom(artifact, module, self._filter("sbom") if self.source else None)

    def _provenance(self, file: Path | None) -> trust.Object:
        if file:
            return provenance.given(file, self.artifact.digest)
        return provenance.provenance(self.artifact, self._filter("provenance"))

    def _report(
        self, kind: str, file: Path | None, verbs: tuple[str, ...]
    ) -> tuple[trust.Object, str]:
        """A report as its verb prints it, and what to call it."""
        if file:
            return reports.report(file, verbs), str(file)
        artifact, module = self._fetch()
        subject = Subject(str(self.reference), module, artifact.metadata, reference=self.reference)
        if kind == "check":
            from tamis.report.check import checked_object
            from tamis.verbs.check import check
            from tamis.verbs.packages import found

            packaged = found(self.reference, insecure=self.insecure)
            told = {"checks": [checked_object(check(subject, packaged=packaged))]}
        else:
            from tamis.report.bench import card_object
            from tamis.verbs.bench import bench

            folder = self._filter("bench").fixtures
            told = {"cards": [card_object(bench(subject, folder=folder, timed=False))]}
        return {"tamis": VERSION, "verb": kind, **told}, f"the {kind} report"
