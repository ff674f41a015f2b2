"""Who made an artifact, of what, and what was found out about it: signatures, attestations, SBOMs.

Formats are Sigstore's (cosign 2 and 3), in-toto statements in DSSE envelopes, CycloneDX, SLSA.
"""

from tamis.trust import policy
from tamis.trust.documents import Object
from tamis.trust.keys import PrivateKey, PublicKey, generate, private_key, public_key
from tamis.trust.libraries import label
from tamis.trust.predicates import KINDS, REQUIREMENTS
from tamis.trust.signing import Attested, attest, moment, sign
from tamis.trust.verifying import required

__all__ = [
    "KINDS",
    "REQUIREMENTS",
    "Attested",
    "Object",
    "PrivateKey",
    "PublicKey",
    "attest",
    "generate",
    "label",
    "moment",
    "policy",
    "private_key",
    "public_key",
    "required",
    "sign",
]
