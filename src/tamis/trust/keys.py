"""Keys: ECDSA on P-256 with SHA-256, which is what every verifier of images takes, and no other.

Read: cosign's encrypted private keys, PKCS#8 and SEC1 private keys in PEM, public keys in PEM.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tamis.errors import BadInput
from tamis.trust.documents import text_of
from tamis.trust.libraries import needed
from tamis.trust.sealed import opened, sealed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import (
        EllipticCurvePrivateKey,
        EllipticCurvePublicKey,
    )

__all__ = ["PrivateKey", "PublicKey", "generate", "private_key", "public_key"]

_LIMIT = 64 << 10
_SEALED = ("ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY")
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\s(.*?)-----END \1-----", re.DOTALL)
_ADVICE = "Name a key on P-256: tamis keygen makes one."


@dataclass(frozen=True)
class PublicKey:
    """Who a signature is held to. `der`: its SubjectPublicKeyInfo; `name`: its file, for people."""

    der: bytes
    name: str = ""

    @property
    def id(self) -> str:
        """`sha256:<hex>` of its DER: the same in every file it is written to."""
        return f"sha256:{hashlib.sha256(self.der).hexdigest()}"

    @property
    def hint(self) -> str:
        """The same in base64, as bundles name it."""
        return text_of(hashlib.sha256(self.der).digest())

    @property
    def pem(self) -> bytes:
        """As files have it."""
        return _pem("PUBLIC KEY", self.der)

    def verifies(self, signature: bytes, content: bytes) -> bool:
        """Whether the owner of this key signed exactly this content."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
        from cryptography.hazmat.primitives.hashes import SHA256

        try:
            self._key.verify(signature, content, ECDSA(SHA256()))
        except (InvalidSignature, ValueError):
            return False
        return True

    @cached_property
    def _key(self) -> "EllipticCurvePublicKey":
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
        from cryptography.hazmat.primitives.serialization import load_der_public_key

        key = load_der_public_key(self.der)
        assert isinstance(key, EllipticCurvePublicKey)
        return key


@dataclass(frozen=True)
class PrivateKey:
    """What signs. Neither printed nor compared."""

    _key: "EllipticCurvePrivateKey"

    def __repr__(self) -> str:
        return f"PrivateKey({self.public.id})"

    @cached_property
    def public(self) -> PublicKey:
        """Its other half."""
        return _public_half(self._key.public_key())

    def sign(self, content: bytes) -> bytes:
        """The signature in DER."""
        from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
        from cryptography.hazmat.primitives.hashes import SHA256

        return self._key.sign(content, ECDSA(SHA256()))

    def encrypted(self, passphrase: bytes) -> bytes:
        """As cosign keeps it, in PEM; an empty passphrase is one, too. Raises Missing."""
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        plain = self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return _pem(_SEALED[0], sealed(plain, passphrase))


def generate() -> PrivateKey:
    """A new key. Raises Missing."""
    with needed():
        from cryptography.hazmat.primitives.asymmetric import ec
    return PrivateKey(ec.generate_private_key(ec.SECP256R1()))


def public_key(path: Path) -> PublicKey:
    """The public key in a PEM file. Raises BadInput, Missing."""
    kind, content = _block(path)
    if kind != "PUBLIC KEY":
        raise BadInput(
            f"{path} holds a {kind.lower()}, not a public key",
            advice="Name the .pub file: signatures are verified with it.",
        )
    with needed():
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
        from cryptography.hazmat.primitives.serialization import load_der_public_key
    try:
        key = load_der_public_key(content)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadInput(f"{path} is no public key: {error}", advice=_ADVICE) from error
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise _other_curve(path)
    return PublicKey(_public_half(key).der, str(path))


def private_key(path: Path, passphrase: Callable[[], bytes]) -> PrivateKey:
    """The private key in a PEM file; `passphrase` is asked only for one that is encrypted.

    Raises BadInput, Rejected for a wrong passphrase, Missing.
    """
    kind, content = _block(path)
    if kind in _SEALED:
        return _plain(opened(content, passphrase(), str(path)), None, path)
    if kind == "ENCRYPTED PRIVATE KEY":
        return _plain(content, passphrase(), path)
    if kind in {"PRIVATE KEY", "EC PRIVATE KEY"}:
        return _plain(content, None, path)
    raise BadInput(
        f"{path} holds a {kind.lower()}, not a private key",
        advice="Name the .key file of tamis keygen or cosign generate-key-pair.",
    )


def _plain(content: bytes, passphrase: bytes | None, path: Path) -> PrivateKey:
    with needed():
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
        from cryptography.hazmat.primitives.serialization import load_der_private_key
    try:
        key = load_der_private_key(content, passphrase or None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadInput(f"{path} is no private key: {error}", advice=_ADVICE) from error
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise _other_curve(path)
    return PrivateKey(key)


def _other_curve(path: Path) -> BadInput:
    return BadInput(f"{path} holds a key that is not on the curve P-256", advice=_ADVICE)


def _public_half(key: "EllipticCurvePublicKey") -> PublicKey:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return PublicKey(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _block(path: Path) -> tuple[str, bytes]:
    """The kind and the content of the one PEM block in a file."""
    try:
        with path.open("rb") as file:
            text = file.read(_LIMIT + 1)
    except OSError as error:
        raise BadInput(
            f"cannot read {path}: {error.strerror}", advice="Name a key's file."
        ) from error
    blocks = _BLOCK.findall(text)
    if len(text) > _LIMIT or len(blocks) != 1:
        raise BadInput(f"{path} is not one key in PEM", advice=_ADVICE)
    kind, body = blocks[0]
    try:
        return kind.decode(), base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error as error:
        raise BadInput(f"{path} is not one key in PEM: {error}", advice=_ADVICE) from error


def _pem(kind: str, content: bytes) -> bytes:
    text = text_of(content)
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----\n".encode()
