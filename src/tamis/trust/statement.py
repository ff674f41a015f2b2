"""in-toto statements: something is said of an artifact, named by its digest.

Source of facts: in-toto attestation framework, "Statement v1"; cosign 2 still writes v0.1.
"""

from dataclasses import dataclass

from tamis.errors import BadInput
from tamis.oci.manifests import compact
from tamis.trust.documents import Object, object_of

__all__ = ["LIMIT", "Statement", "read", "write"]

#: Bytes of one; a card of many fixtures has some.
LIMIT = 16 << 20
_TYPES = ("https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1")
_ADVICE = "It was not made by tamis or cosign: find out who attached it."


@dataclass(frozen=True, slots=True)
class Statement:
    """`predicate` is said of each of `subjects` (`sha256:...`); what it is, its type tells."""

    subjects: tuple[str, ...]
    predicate_type: str
    predicate: Object


def write(digest: str, predicate_type: str, predicate: Object) -> bytes:
    """A statement about the manifest `digest`."""
    return compact(
        {
            "_type": _TYPES[0],
            "subject": [{"digest": {"sha256": digest.removeprefix("sha256:")}}],
            "predicateType": predicate_type,
            "predicate": predicate,
        }
    )


def read(payload: bytes, what: str) -> Statement:
    """The statement in a payload whose signature holds. Raises BadInput, which names `what`."""
    document = object_of(payload, what, advice=_ADVICE, limit=LIMIT)
    if document.get("_type") not in _TYPES:
        raise BadInput(f"{what} is no in-toto statement", advice=_ADVICE)
    match document:
        case {"subject": list(subjects), "predicateType": str(kind), "predicate": dict(predicate)}:
            return Statement(tuple(_digest(each, what) for each in subjects), kind, predicate)
    raise BadInput(f"{what} has no subject, predicateType and predicate", advice=_ADVICE)


def _digest(subject: object, what: str) -> str:
    match subject:
        case {"digest": {"sha256": str(hexadecimal)}}:
            return f"sha256:{hexadecimal}"
    raise BadInput(f"{what} has a subject without sha256 digest", advice=_ADVICE)
