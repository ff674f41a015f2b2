"""The verdict: what was demanded, what was found of it, and why that is not enough.

cosign 3 takes a signed statement of any kind for a signature, so a signed report that says FAILED
would do. Here a signature is a statement of that type, and nothing else is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tamis.errors import BadInput
from tamis.model.policy import Policy
from tamis.model.verified import Evidence, Required
from tamis.oci.store import Store
from tamis.trust.documents import Object
from tamis.trust.evidence import Found, found
from tamis.trust.keys import PublicKey
from tamis.trust.predicates import BENCH, PROVENANCE, REQUIREMENTS, SBOM, SIGN, TEST_RESULT

__all__ = ["required"]

_PASSED, _WARNED = "PASSED", "WARNED"
#: Scheme, account and ending of a repository's URL, which people write in many ways.
_AROUND = re.compile(r"^(?:git\+)?(?:[a-z+]+://)?(?:[^@/]+@)?|(?:\.git)?/*$")


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Of one signed thing: the word it ends with, and why it does not count."""

    result: str = ""
    problem: str = ""


def required(
    store: Store, digest: str, keys: Sequence[PublicKey], policy: Policy
) -> tuple[Required, ...]:
    """Hold the manifest `digest` to what the policy requires; `keys`: who may have signed.

    Raises BadInput without keys or for an unknown demand, and what reading raises.
    """
    if not keys:
        raise BadInput("no key to verify with", advice="Name a public key: --key FILE.")
    for name in policy.require:
        if name not in REQUIREMENTS:
            raise BadInput(
                f"--require {name}: nothing that can be demanded",
                advice=f"Demand {', '.join(REQUIREMENTS)}.",
            )
    everything = tuple(found(store, digest, keys))
    return tuple(_required(name, everything, policy) for name in dict.fromkeys(policy.require))


def _required(name: str, everything: Sequence[Found], policy: Policy) -> Required:
    about = [each for each in everything if each.predicate_type == REQUIREMENTS[name]]
    evidence = tuple(_evidence(each, policy) for each in about)
    good = [each for each in evidence if not each.problem]
    # Who signed that it failed is believed, whatever else was signed.
    failed = [each for each in evidence if each.problem and each.result]
    if failed and name in {"check", "bench"}:
        return Required(name, evidence, failed[0].problem)
    if good:
        return Required(name, evidence)
    if not evidence:
        return Required(name, (), f"there is no {name}")
    return Required(name, evidence, f"no {name} counts: {evidence[0].problem}")


def _evidence(each: Found, policy: Policy) -> Evidence:
    verdict = _Verdict(problem=each.problem) if each.problem else _verdict(each, policy)
    return Evidence(
        form=each.form,
        holder=each.digest,
        predicate_type=each.predicate_type,
        key=each.key.id if each.key else "",
        file=each.key.name if each.key else "",
        result=verdict.result,
        problem=verdict.problem,
    )


def _verdict(each: Found, policy: Policy) -> _Verdict:
    """About what a key has signed."""
    if each.predicate_type == SIGN:  # its predicate may hold annotations of the signer's
        return _Verdict()
    if each.predicate_type == SBOM:
        wrong = each.predicate.get("bomFormat") != "CycloneDX"
        return _Verdict(problem="it is no CycloneDX document" if wrong else "")
    if each.predicate_type == PROVENANCE:
        return _Verdict(problem=_provenance(each.predicate, policy))
    if each.predicate_type == TEST_RESULT:
        return _result(each.predicate.get("result"), policy)
    assert each.predicate_type == BENCH
    return _result(_PASSED if each.predicate.get("ok") is True else "FAILED", policy)


def _result(result: object, policy: Policy) -> _Verdict:
    if result == _PASSED or (result == _WARNED and policy.allow_warned):
        return _Verdict(str(result))
    shown = str(result)[:40]
    hint = ", which the policy does not allow" if result == _WARNED else ""
    return _Verdict(shown, f"its result is {shown}{hint}")


def _provenance(predicate: Object, policy: Policy) -> str:
    """Why it is not the provenance that is wanted, or ""."""
    match predicate:
        case {"runDetails": {"builder": {"id": str(builder)}}, "buildDefinition": dict(definition)}:
            pass
        case _:
            return "it names no builder"
    if policy.builders and builder not in policy.builders:
        return f"it was built by {builder[:200]}, which the policy does not name"
    return _source(definition, policy.source) if policy.source else ""


def _source(definition: Object, wanted: str) -> str:
    """Why it was not built of a commit of the repository `wanted`, or ""."""
    listed = definition.get("resolvedDependencies")
    sources = [
        each
        for each in (listed if isinstance(listed, list) else [])
        if isinstance(each, dict) and str(each.get("uri", "")).startswith("git+")
    ]
    for each in sources:
        uri = str(each["uri"])
        if _repository(uri) == _repository(wanted):
            notes = each.get("annotations")
            dirty = isinstance(notes, dict) and notes.get("dirty")
            return "its source had changes that are in no commit" if dirty else ""
    named = ", ".join(str(each["uri"])[:200] for each in sources[:3]) or "no repository"
    return f"it was built of {named}, not of {wanted}"


def _repository(uri: str) -> str:
    """`github.com/acme/filter` of any way to write it, without the branch that SLSA puts behind."""
    text = _AROUND.sub("", uri)
    host, _, rest = text.replace(":", "/", 1).partition("/")
    return _AROUND.sub("", f"{host.lower()}/{rest.partition('@')[0]}")
