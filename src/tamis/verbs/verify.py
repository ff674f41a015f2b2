"""`tamis verify`: whether an artifact is signed, and has what else it must have."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tamis import oci, trust
from tamis.model.policy import Policy
from tamis.model.reference import Reference
from tamis.model.verified import Verified
from tamis.verbs.resolved import resolved

__all__ = ["verify"]


def verify(
    reference: Reference,
    *,
    keys: Sequence[Path] = (),
    require: Sequence[str] = (),
    policy: Path | None = None,
    insecure: bool = False,
) -> Verified:
    """Hold what `reference` names (of an index the child that consumers pin) to what is required.

    `keys`: files with public keys, of which any may have signed; they stand in the place of the
    policy's. `require`: signature, sbom, provenance, check, bench; beside the policy's; signature
    alone where nothing is said. Raises BadInput, Missing, Unreachable; that it is not verified is
    no error but the verdict.
    """
    held = trust.policy.read(policy) if policy else Policy()
    asked = (*(held.require if policy else ()), *require) or held.require
    held = replace(held, require=tuple(dict.fromkeys(asked)))
    public = [trust.public_key(path) for path in (keys or held.keys)]
    with oci.open_store(reference, insecure=insecure) as store:
        found = resolved(store, reference)
        required = trust.required(store, found.digest, public, held)
    return Verified(str(reference.with_digest(found.digest)), found.digest, required, found.index)
