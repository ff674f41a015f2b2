"""All that was signed about an artifact: found, held to keys, read; what is wrong with each.

Everything comes from whoever may push to the repository. What is no good is told and counts for
nothing; it never hides what is good beside it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tamis.errors import BadInput, Rejected
from tamis.model.artifact import Descriptor
from tamis.oci.manifests import Manifest, parse
from tamis.oci.referrers import listing, tag_of
from tamis.oci.store import Store
from tamis.trust import classic, dsse, statement
from tamis.trust.bundle import BUNDLE, LIMIT, PREDICATE_TYPE, envelope_of
from tamis.trust.documents import Object, object_of
from tamis.trust.keys import PublicKey
from tamis.trust.predicates import SIGN

__all__ = ["Form", "Found", "found"]

#: `signature`: cosign's classic one; `attestation`: a bare envelope of cosign 2's `attest`.
Form = Literal["signature", "bundle", "attestation"]
_ENVELOPE = "application/vnd.dsse.envelope.v1+json"
#: Bundles of one artifact that are looked at.
_MOST = 200
_ADVICE = "It was not made by tamis or cosign: find out who attached it."
_NOBODY = "it is signed by none of the keys"


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was signed, held by the manifest `digest`.

    `key` signed it, and `problem` is "": then `predicate` is what was signed. Else `predicate_type`
    is what its annotation claims.
    """

    form: Form
    digest: str
    predicate_type: str
    key: PublicKey | None = None
    predicate: Object = field(default_factory=dict)
    problem: str = ""


def found(store: Store, digest: str, keys: Sequence[PublicKey]) -> Iterator[Found]:
    """What there is about the manifest `digest`: classic signatures, bundles, attestations.

    Raises what reading raises, where the store itself does not answer; Rejected for more than can
    be looked at.
    """
    yield from _classic(store, digest, keys)
    bundles = listing(store, digest, BUNDLE)
    if len(bundles) > _MOST:
        raise Rejected(
            f"{store.name}: {len(bundles)} bundles are about {digest}",
            advice=f"Delete those that nobody needs: {_MOST} are looked at.",
        )
    for each in bundles:
        claimed = each.annotations.get(PREDICATE_TYPE, "")
        try:
            envelope = envelope_of(_bundle(store, each), f"bundle {each.digest}")
            yield _held("bundle", each.digest, envelope, digest, keys, claimed)
        except (BadInput, Rejected) as error:
            yield Found("bundle", each.digest, claimed, problem=error.what)
    yield from _attestations(store, digest, keys)


def _classic(store: Store, digest: str, keys: Sequence[PublicKey]) -> Iterator[Found]:
    for layer in classic.layers(store, digest):
        try:
            key = classic.signer(store, layer, digest, keys)
        except (BadInput, Rejected) as error:
            yield Found("signature", layer.manifest, SIGN, problem=error.what)
        else:
            problem = "" if key else _NOBODY
            yield Found("signature", layer.manifest, SIGN, key, problem=problem)


def _bundle(store: Store, listed: Descriptor) -> bytes:
    document = parse(store.read_manifest(listed.digest, listed.media_type))
    what = f"bundle {listed.digest}"
    if not isinstance(document, Manifest) or len(document.layers) != 1:
        raise BadInput(f"{what} has not exactly one layer", advice=_ADVICE)
    (layer,) = document.layers
    if layer.media_type != BUNDLE or layer.size > LIMIT:
        raise BadInput(
            f"{what} has a layer of {layer.size} bytes of type {layer.media_type[:80]}",
            advice=_ADVICE,
        )
    return store.read_blob(layer)


def _attestations(store: Store, digest: str, keys: Sequence[PublicKey]) -> Iterator[Found]:
    """Of cosign 2, under a tag beside the image."""
    manifest = store.find_manifest(tag_of(digest, "att"))
    document = parse(manifest) if manifest else None
    if not manifest or not isinstance(document, Manifest):
        return
    for layer in document.layers[:_MOST]:
        claimed = layer.annotations.get("predicateType", "")
        what = f"attestation {layer.digest}"
        if layer.media_type != _ENVELOPE or layer.size > LIMIT:
            yield Found("attestation", manifest.digest, claimed, problem="it is no DSSE envelope")
            continue
        try:
            content = store.read_blob(layer)
            envelope = object_of(content, what, advice=_ADVICE, limit=LIMIT)
            yield _held("attestation", manifest.digest, envelope, digest, keys, claimed)
        except (BadInput, Rejected) as error:
            yield Found("attestation", manifest.digest, claimed, problem=error.what)


def _held(
    form: Form,
    holder: str,
    envelope: Object,
    digest: str,
    keys: Sequence[PublicKey],
    claimed: str,
) -> Found:
    """First the signature, then, and only of what is signed by a key, what it says."""
    what = f"{form} {holder}"
    payload, key = dsse.signed(envelope, keys, what)
    if key is None:
        return Found(form, holder, claimed, problem=_NOBODY)
    said = statement.read(payload, what)
    if digest not in said.subjects:
        about = ", ".join(said.subjects[:3])[:300] or "nothing"
        return Found(form, holder, said.predicate_type, key, problem=f"it is about {about}")
    return Found(form, holder, said.predicate_type, key, said.predicate)
