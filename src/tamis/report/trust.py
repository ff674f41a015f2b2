"""What `keygen`, `sign`, `attach` and `verify` tell: at a terminal, and as JSON objects."""

from tamis.model.signed import Attached, KeyPair
from tamis.model.verified import Evidence, Required, Verified
from tamis.report.objects import Object, problem
from tamis.report.terminal import Lines, facts, line, together

__all__ = [
    "attached",
    "attached_object",
    "key_pair",
    "key_pair_object",
    "verified",
    "verified_object",
    "verified_problems",
]

_FORMS = {
    "signature": "classic signature",
    "bundle": "bundle",
    "document": "document, not signed",
    "cosign": "by cosign",
    "attestation": "attestation",
}
_ADVICE = "Do not deploy it; tamis verify -v shows all that was found."


def key_pair(value: KeyPair) -> Lines:
    """Where the two files are."""
    rows = [("private", str(value.private)), ("public", str(value.public)), ("key", value.id)]
    return facts(rows)


def key_pair_object(value: KeyPair) -> Object:
    """The same."""
    return {"private": str(value.private), "public": str(value.public), "key": value.id}


def attached(value: Attached) -> Lines:
    """What is there now, and of which manifest."""
    rows = [("reference", value.reference)]
    rows += [("of index", value.index)] if value.index else []
    rows += [("key", value.key)] if value.key else []
    made = [
        line(
            ("new  " if each.new else "known", "green" if each.new else "dim"),
            f" {each.kind} ({_FORMS[each.form]})  {each.holder}".rstrip(),
        )
        for each in value.attachments
    ]
    return together(facts(rows), *made)


def attached_object(value: Attached) -> Object:
    """The same."""
    return {
        "reference": value.reference,
        "digest": value.digest,
        "index": value.index or None,
        "key": value.key or None,
        "attachments": [
            {"kind": each.kind, "form": each.form, "holder": each.holder or None, "new": each.new}
            for each in value.attachments
        ],
    }


def verified(value: Verified, *, every: bool) -> Lines:
    """The verdict about each demand; what counts for nothing only when `every`, or for a no."""
    parts = [_required(each, every=every or not each.ok) for each in value.required]
    verdict = ("ok ", "green") if value.ok else ("no ", "bold red")
    where = f" (of index {value.index})" if value.index else ""
    return together(*parts, line(verdict, (value.reference, "bold"), where))


def _required(value: Required, *, every: bool) -> Lines:
    verdict = ("found   ", "green") if value.ok else ("not met ", "bold red")
    told = line(verdict, f"{value.name}: {value.why}" if value.why else value.name)
    return together(
        told, *(_evidence(each) for each in value.evidence if every or not each.problem)
    )


def _evidence(value: Evidence) -> Lines:
    what = f"  {_FORMS[value.form]} {value.holder}"
    by = f", signed with {value.file} ({value.key})" if value.key else ""
    result = f", {value.result}" if value.result and not value.problem else ""
    if value.problem:
        return line((f"{what}{by}: {value.problem}", "dim"))
    return line(f"{what}{by}{result}")


def verified_object(value: Verified) -> Object:
    """The same, with everything that was found."""
    return {
        "reference": value.reference,
        "digest": value.digest,
        "index": value.index or None,
        "required": [
            {
                "name": each.name,
                "ok": each.ok,
                "why": each.why or None,
                "evidence": [_evidence_object(one) for one in each.evidence],
            }
            for each in value.required
        ],
    }


def _evidence_object(value: Evidence) -> Object:
    return {
        "form": value.form,
        "holder": value.holder,
        "predicate_type": value.predicate_type,
        "key": value.key or None,
        "file": value.file or None,
        "result": value.result or None,
        "problem": value.problem or None,
    }


def verified_problems(value: Verified) -> list[Object]:
    """Demands that are not met."""
    return [
        problem("not-verified", f"{value.reference}: {each.why}", _ADVICE, None)
        for each in value.required
        if not each.ok
    ]
