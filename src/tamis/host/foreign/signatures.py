"""`sign` and `verify_signature`: RSA (PKCS #1 v1.5) and ECDSA, with Envoy's answers to bad keys."""

import base64
import binascii
import re
from types import ModuleType, SimpleNamespace

from tamis.host.foreign.answer import Caller, Refused, Status, need
from tamis.host.foreign.messages import parse, write

__all__ = ["sign", "verify"]

_HASHES = {b"sha1": "SHA1", b"sha224": "SHA224", b"sha256": "SHA256", b"sha384": "SHA384"}
_HASHES[b"sha512"] = "SHA512"
_BAD_PRIVATE_KEY = b"Invalid key type: private key required for signing operation."
_UNFIT_PRIVATE_KEY = b"Invalid private key: key data is corrupted or malformed."
_BAD_PUBLIC_KEY = b"Failed to initialize digest verify."
_NOT_VERIFIED = b"Failed to verify digest. Error code: 0"
#: Elliptic curves that BoringSSL knows.
_CURVES = ("secp224r1", "secp256r1", "secp384r1", "secp521r1")
_SEQUENCE = 0x30
_PEM = re.compile(rb"-----BEGIN ([A-Z ]+)-----\s*(.*?)-----END \1-----", re.DOTALL)


class _Key(Exception):
    """There is no such key; the text for the guest."""


def sign(arguments: bytes, _: Caller) -> bytes:
    """SignArguments in, SignResult out: result = 1, signature = 2, error = 3."""
    given = parse(arguments, {1: "hash", 4: "pem"}, {2: "der", 3: "text"})
    try:
        return write({1: True, 2: _signature(given)})
    except _Key as error:
        return write({3: error.args[0]})


def verify(arguments: bytes, _: Caller) -> bytes:
    """VerifySignatureArguments in, VerifySignatureResult out: result = 1, error = 2."""
    given = parse(arguments, {1: "hash", 5: "pem"}, {2: "der", 3: "signature", 4: "text"})
    try:
        _verify(given)
    except _Key as error:
        return write({2: error.args[0]})
    return write({1: True})


def _signature(given: dict[str, bytes]) -> bytes:
    crypto = _crypto("sign")
    der, legacy = _der(given, (b"PRIVATE KEY",), (b"RSA PRIVATE KEY", b"EC PRIVATE KEY"))
    algorithm = _hash(given, crypto)
    # PKCS #8 is a version, then the algorithm.
    if not der or (not legacy and _tags(der)[1:2] != [_SEQUENCE]):
        raise _Key(_BAD_PRIVATE_KEY)
    try:
        key = crypto.serialization.load_der_private_key(der, None)
    except (ValueError, TypeError, crypto.UnsupportedAlgorithm):
        raise _Key(_BAD_PRIVATE_KEY) from None
    if isinstance(key, crypto.rsa.RSAPrivateKey):
        return bytes(key.sign(given["text"], crypto.padding.PKCS1v15(), algorithm))
    if isinstance(key, crypto.ec.EllipticCurvePrivateKey):
        if key.curve.name not in _CURVES:
            raise _Key(_BAD_PRIVATE_KEY)
        # Envoy's are random; an outcome has to repeat.
        scheme = crypto.ec.ECDSA(algorithm, deterministic_signing=True)
        return bytes(key.sign(given["text"], scheme))
    raise _Key(_UNFIT_PRIVATE_KEY)


def _verify(given: dict[str, bytes]) -> None:
    crypto = _crypto("verify_signature")
    der, _ = _der(given, (b"PUBLIC KEY",), ())
    algorithm = _hash(given, crypto)
    # A SubjectPublicKeyInfo begins with its algorithm.
    if not der or _tags(der)[:1] != [_SEQUENCE]:
        raise _Key(_BAD_PUBLIC_KEY)
    try:
        key = crypto.serialization.load_der_public_key(der)
    except (ValueError, TypeError, crypto.UnsupportedAlgorithm):
        raise _Key(_BAD_PUBLIC_KEY) from None
    try:
        if isinstance(key, crypto.rsa.RSAPublicKey):
            key.verify(given["signature"], given["text"], crypto.padding.PKCS1v15(), algorithm)
        elif isinstance(key, crypto.ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
            key.verify(given["signature"], given["text"], crypto.ec.ECDSA(algorithm))
        else:
            raise _Key(_BAD_PUBLIC_KEY)
    except crypto.InvalidSignature:
        raise _Key(_NOT_VERIFIED) from None


def _hash(given: dict[str, bytes], crypto: SimpleNamespace) -> object:
    name = _HASHES.get(given["hash"].lower())
    if name is None:
        raise _Key(given["hash"] + b" is not supported.")
    return getattr(crypto.hashes, name)()


def _der(
    given: dict[str, bytes], labels: tuple[bytes, ...], legacy: tuple[bytes, ...]
) -> tuple[bytes, bool]:
    """The one key that is given, without what follows it, and whether its form is a legacy one."""
    if bool(given["der"]) == bool(given["pem"]):
        raise Refused(Status.BAD_ARGUMENT)
    if given["der"]:
        return _first(given["der"]), False
    for found in _PEM.finditer(given["pem"]):
        if found[1] in (*labels, *legacy):
            try:
                return _first(base64.b64decode(found[2])), found[1] in legacy
            except binascii.Error:
                break
    return b"", False


def _length(der: bytes, at: int) -> tuple[int, int]:
    """Where the contents of the element at `at` begin and end. Raises IndexError at the end."""
    size = der[at + 1]
    begin = at + 2
    if size & 0x80:
        begin += size & 0x7F
        size = int.from_bytes(der[at + 2 : begin], "big")
    return begin, begin + size


def _first(data: bytes) -> bytes:
    """The first element of DER; empty where there is none."""
    try:
        _, end = _length(data, 0)
    except IndexError:
        return b""
    return data[:end] if end <= len(data) else b""


def _tags(der: bytes) -> list[int]:
    """The tags of the first two elements inside a sequence."""
    tags: list[int] = []
    try:
        at, end = _length(der, 0)
        while at < end and len(tags) < 2:
            tags.append(der[at])
            _, at = _length(der, at)
    except IndexError:
        pass
    return tags if der[:1] == bytes([_SEQUENCE]) else []


def _crypto(function: str) -> SimpleNamespace:
    """The parts of `cryptography` that are needed. Raises Missing."""

    def part(name: str) -> ModuleType:
        return need(f"cryptography.{name}", "crypto", function)

    asymmetric = "hazmat.primitives.asymmetric"
    exceptions = part("exceptions")
    return SimpleNamespace(
        hashes=part("hazmat.primitives.hashes"),
        serialization=part("hazmat.primitives.serialization"),
        rsa=part(f"{asymmetric}.rsa"),
        ec=part(f"{asymmetric}.ec"),
        padding=part(f"{asymmetric}.padding"),
        InvalidSignature=exceptions.InvalidSignature,
        UnsupportedAlgorithm=exceptions.UnsupportedAlgorithm,
    )
