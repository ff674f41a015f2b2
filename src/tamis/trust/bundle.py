"""Sigstore's bundle v0.3: what cosign 3 attaches and demands; of a key pair, without a log."""

from tamis.errors import BadInput
from tamis.oci.manifests import compact
from tamis.trust import dsse, statement
from tamis.trust.documents import Object, object_of
from tamis.trust.keys import PrivateKey

__all__ = ["BUNDLE", "LIMIT", "PREDICATE_TYPE", "bundle", "envelope_of", "notes"]

#: The type of the manifest, and of its layer.
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
#: Bytes: base64 makes a statement a third longer.
LIMIT = 2 * statement.LIMIT
#: The annotation by which lists tell what a bundle is about; nobody signed it.
PREDICATE_TYPE = "dev.sigstore.bundle.predicateType"
_ADVICE = "It was not made by tamis or cosign: find out who attached it."


def bundle(payload: bytes, key: PrivateKey) -> bytes:
    """A statement, signed, with the hint by which the key is found."""
    return compact(
        {
            "mediaType": BUNDLE,
            "verificationMaterial": {
                "publicKey": {"hint": key.public.hint},
                "tlogEntries": [],
            },
            "dsseEnvelope": dsse.envelope(payload, key),
        }
    )


def notes(predicate_type: str, created: str) -> dict[str, str]:
    """The annotations of a bundle's manifest."""
    return {
        "dev.sigstore.bundle.content": "dsse-envelope",
        PREDICATE_TYPE: predicate_type,
        "org.opencontainers.image.created": created,
    }


def envelope_of(content: bytes, what: str) -> Object:
    """The envelope in a bundle. Raises BadInput for what is no bundle, or holds something else."""
    document = object_of(content, what, advice=_ADVICE, limit=LIMIT)
    if document.get("mediaType") != BUNDLE:
        raise BadInput(f"{what} is no bundle of version 0.3", advice=_ADVICE)
    found = document.get("dsseEnvelope")
    if not isinstance(found, dict) or "messageSignature" in document:
        raise BadInput(f"{what} holds no DSSE envelope", advice=_ADVICE)
    return found
