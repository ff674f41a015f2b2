"""DSSE envelopes: a statement with the signatures of its bytes.

What is signed is the payload and its type (`pae`), never the JSON around it. Nothing in the
envelope says by which algorithm: a key has one.
"""

from collections.abc import Sequence

from tamis.errors import BadInput
from tamis.trust.documents import Object, bytes_of, text_of
from tamis.trust.keys import PrivateKey, PublicKey

__all__ = ["envelope", "pae", "signed"]

_TYPE = "application/vnd.in-toto+json"
#: Signatures of one envelope that are tried.
_MOST = 16
_ADVICE = "It was not made by tamis or cosign: find out who attached it."


def pae(payload: bytes) -> bytes:
    """The bytes that are signed: "pre-authentication encoding"."""
    return b"DSSEv1 %d %s %d %s" % (len(_TYPE), _TYPE.encode(), len(payload), payload)


def envelope(payload: bytes, key: PrivateKey) -> Object:
    """The payload, signed."""
    return {
        "payload": text_of(payload),
        "payloadType": _TYPE,
        "signatures": [{"sig": text_of(key.sign(pae(payload)))}],
    }


def signed(found: object, keys: Sequence[PublicKey], what: str) -> tuple[bytes, PublicKey | None]:
    """The payload of an envelope, and which of `keys` signed it; None: none of them.

    Raises BadInput for what is no envelope of a statement, whoever signed it.
    """
    match found:
        case {"payload": payload, "payloadType": str(kind), "signatures": list(signatures)}:
            pass
        case _:
            raise BadInput(f"{what} is no DSSE envelope", advice=_ADVICE)
    if kind != _TYPE:
        raise BadInput(f"{what} has a payload of type {kind[:80]!r}, not {_TYPE}", advice=_ADVICE)
    if not 0 < len(signatures) <= _MOST:
        raise BadInput(f"{what} has {len(signatures)} signatures", advice=_ADVICE)
    content = bytes_of(payload, f"{what}, payload", advice=_ADVICE)
    message = pae(content)
    for each in signatures:
        value = each.get("sig") if isinstance(each, dict) else None
        signature = bytes_of(value, f"{what}, sig", advice=_ADVICE)
        for key in keys:
            if key.verifies(signature, message):
                return content, key
    return content, None
