"""`tamis sign`: an artifact's signature, as cosign 2 and cosign 3 look for it."""

from collections.abc import Callable
from pathlib import Path

from tamis import oci, trust
from tamis.errors import BadInput
from tamis.model.reference import Reference
from tamis.model.signed import Attached, Attachment
from tamis.oci import referrers
from tamis.verbs.cosign import Signer, cosign, pinned_name
from tamis.verbs.resolved import name_of, resolved

__all__ = ["sign"]


def sign(
    reference: Reference,
    *,
    key: str | None = None,
    passphrase: Callable[[], bytes] = lambda: b"",
    signer: Signer = "tamis",
    insecure: bool = False,
) -> Attached:
    """Sign the image manifest that `reference` names; of an index the child that consumers pin.

    `key`: a file with a private key, which `passphrase` opens. `signer` "cosign" hands it to the
    user's cosign, which knows other keys, too, and None for keyless. A second signature with the
    same key adds nothing. Raises BadInput, Rejected for a wrong passphrase, Missing, Unreachable.
    """
    if signer == "cosign":
        return _by_cosign(reference, key, insecure=insecure)
    if key is None:
        raise BadInput("no key to sign with", advice="Name one: --key FILE (tamis keygen).")
    private = trust.private_key(Path(key), passphrase)
    with oci.open_store(reference, insecure=insecure) as store:
        found = resolved(store, reference)
        name = name_of(reference, found)
        classic, bundle = trust.sign(store, found.subject, name, private)
        tag = store.read_manifest(referrers.tag_of(found.digest, "sig"))
    return Attached(
        reference=str(reference.with_digest(found.digest)),
        digest=found.digest,
        attachments=(
            Attachment("signature", "signature", tag.digest, classic),
            Attachment("signature", "bundle", bundle.digest, bundle.new),
        ),
        key=private.public.id,
        index=found.index,
    )


def _by_cosign(reference: Reference, key: str | None, *, insecure: bool) -> Attached:
    with oci.open_store(reference, insecure=insecure) as store:
        found = resolved(store, reference)
    cosign("sign", key=key, insecure=insecure, name=pinned_name(reference, found.digest))
    return Attached(
        reference=str(reference.with_digest(found.digest)),
        digest=found.digest,
        attachments=(Attachment("signature", "cosign", "", new=True),),
        index=found.index,
    )
