"""Signing an artifact, and what is said about it, with a key of one's own."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime

from tamis.errors import BadInput
from tamis.model.artifact import Descriptor
from tamis.oci import referrers
from tamis.oci.store import Store
from tamis.trust import classic, statement
from tamis.trust.bundle import BUNDLE, bundle, notes
from tamis.trust.documents import Object
from tamis.trust.evidence import found
from tamis.trust.keys import PrivateKey
from tamis.trust.predicates import SIGN

__all__ = ["Attested", "attest", "moment", "sign"]


@dataclass(frozen=True, slots=True)
class Attested:
    """The manifest that holds a bundle; `new`: it was not there before."""

    digest: str
    new: bool


def sign(store: Store, subject: Descriptor, name: str, key: PrivateKey) -> tuple[bool, Attested]:
    """Sign the manifest `subject` as cosign 2 does (True: that is new) and as cosign 3 does.

    cosign 3 looks at no classic signature where it finds any bundle, so both are always written.
    `name`: of the repository, for people. Another signature with the same key adds nothing.
    """
    return classic.sign(store, subject.digest, name, key), attest(store, subject, SIGN, {}, key)


def attest(
    store: Store, subject: Descriptor, predicate_type: str, predicate: Object, key: PrivateKey
) -> Attested:
    """Sign that `predicate` is true of `subject`, as a bundle. The same again adds nothing.

    Raises BadInput for what is too long to be read again.
    """
    payload = statement.write(subject.digest, predicate_type, predicate)
    if len(payload) > statement.LIMIT:
        raise BadInput(
            f"what is to be signed has {len(payload)} bytes, {statement.LIMIT} at most are read",
            advice="Attach a report of fewer fixtures.",
        )
    said = statement.read(payload, "what is to be signed")
    for each in found(store, subject.digest, (key.public,)):
        same = (each.predicate_type, each.predicate) == (said.predicate_type, said.predicate)
        if each.form == "bundle" and not each.problem and same:
            return Attested(each.digest, new=False)
    put = referrers.put(
        store, subject, BUNDLE, bundle(payload, key), notes=notes(predicate_type, moment())
    )
    return Attested(put.digest, new=True)


def moment() -> str:
    """Now, or when SOURCE_DATE_EPOCH says, in UTC. Raises BadInput for an epoch that is none."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        when = datetime.now(UTC) if epoch is None else datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise BadInput(
            f"SOURCE_DATE_EPOCH={epoch}: no seconds since 1970", advice="Set a number, or unset it."
        ) from error
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
