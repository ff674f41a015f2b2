"""sign and verify_signature: keys in every form, as a real Envoy 1.40 answers."""

from functools import cache

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from tests.unit.host.foreign_guest import answers, module

BAD_PRIVATE = b"Invalid key type: private key required for signing operation."
UNFIT_PRIVATE = b"Invalid private key: key data is corrupted or malformed."
BAD_PUBLIC = b"Failed to initialize digest verify."
NOT_VERIFIED = b"Failed to verify digest. Error code: 0"
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
PRIVATE, PUBLIC = serialization.PrivateFormat, serialization.PublicFormat
TEXT = b"text"


def size(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128, number >> 7])


def field(number: int, value: bytes) -> bytes:
    return bytes([number << 3 | 2]) + size(len(value)) + value


@cache
def key(kind: str):
    match kind:
        case "rsa":
            return rsa.generate_private_key(65537, 2048)
        case "ed25519":
            return ed25519.Ed25519PrivateKey.generate()
        case _:
            return ec.generate_private_key(getattr(ec, kind)())


def private(kind: str, encoding=DER, form=PRIVATE.PKCS8, password: bytes | None = None) -> bytes:
    scheme = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    return key(kind).private_bytes(encoding, form, scheme)


def public(kind: str, encoding=DER, form=PUBLIC.SubjectPublicKeyInfo) -> bytes:
    return key(kind).public_key().public_bytes(encoding, form)


def call(function: str, arguments: bytes) -> tuple[int, bytes]:
    (answer,) = answers(module(request=[(function, arguments)]))
    return answer


def sign(der: bytes = b"", pem: bytes = b"", digest: bytes = b"sha256") -> tuple[int, bytes]:
    return call("sign", field(1, digest) + field(2, der) + field(3, TEXT) + field(4, pem))


def verify(
    signature: bytes,
    der: bytes = b"",
    pem: bytes = b"",
    digest: bytes = b"sha256",
    text: bytes = TEXT,
) -> tuple[int, bytes]:
    arguments = field(1, digest) + field(2, der) + field(3, signature) + field(4, text)
    return call("verify_signature", arguments + field(5, pem))


def signed(kind: str) -> bytes:
    if kind == "rsa":
        return key(kind).sign(TEXT, padding.PKCS1v15(), hashes.SHA256())
    return key(kind).sign(TEXT, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    ("encoding", "form", "around"),
    [
        (DER, PRIVATE.PKCS8, (b"", b"x")),
        (PEM, PRIVATE.PKCS8, (b"hello\n", b"trail")),
        (PEM, PRIVATE.TraditionalOpenSSL, (b"", b"")),
    ],
)
@pytest.mark.parametrize("kind", ["rsa", "SECP256R1", "SECP521R1"])
def test_a_signature_verifies(kind, encoding, form, around):
    given = around[0] + private(kind, encoding, form) + around[1]
    status, result = sign(**{"der" if encoding == DER else "pem": given})
    assert status == 0
    assert result[:3] == b"\x08\x01\x12"
    signature = result[4 if result[3] < 128 else 5 :]
    for name, form in (("der", DER), ("pem", PEM)):
        assert verify(signature, **{name: public(kind, form)}) == (0, b"\x08\x01")
    assert verify(signature, public(kind), text=b"other") == (0, field(2, NOT_VERIFIED))
    # It repeats, unlike Envoy's ECDSA.
    assert sign(**{"der" if encoding == DER else "pem": given}) == (0, result)


@pytest.mark.parametrize("digest", [b"sha1", b"SHA224", b"sha384", b"sha512"])
def test_hashes(digest):
    assert sign(private("rsa"), digest=digest)[1][:3] == b"\x08\x01\x12"


@pytest.mark.parametrize("digest", [b"md5", b"", b"sha-256"])
def test_other_hashes(digest):
    words = digest + b" is not supported."
    assert sign(private("rsa"), digest=digest) == (0, field(3, words))
    assert verify(b"x", b"junk", digest=digest) == (0, field(2, words))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"der": b"junk"}, BAD_PRIVATE),
        ({"der": b"\x30\x82"}, BAD_PRIVATE),
        ({"pem": b"junk"}, BAD_PRIVATE),
        ({"pem": b"-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----"}, BAD_PRIVATE),
        ({"der": public("rsa")}, BAD_PRIVATE),
        ({"pem": public("rsa", PEM)}, BAD_PRIVATE),
        ({"der": private("rsa", DER, PRIVATE.TraditionalOpenSSL)}, BAD_PRIVATE),
        ({"der": private("SECP256R1", DER, PRIVATE.TraditionalOpenSSL)}, BAD_PRIVATE),
        ({"pem": private("rsa", PEM, password=b"x")}, BAD_PRIVATE),
        ({"der": private("SECP256K1")}, BAD_PRIVATE),
        ({"der": private("ed25519")}, UNFIT_PRIVATE),
        ({"pem": private("ed25519", PEM)}, UNFIT_PRIVATE),
    ],
)
def test_bad_private_keys(given, words):
    assert sign(**given) == (0, field(3, words))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"der": b"junk"}, BAD_PUBLIC),
        ({"pem": b"junk"}, BAD_PUBLIC),
        ({"der": private("rsa")}, BAD_PUBLIC),
        ({"der": public("rsa", DER, PUBLIC.PKCS1)}, BAD_PUBLIC),
        ({"pem": public("rsa", PEM, PUBLIC.PKCS1)}, BAD_PUBLIC),
        ({"der": public("SECP256K1")}, BAD_PUBLIC),
        ({"der": public("ed25519")}, BAD_PUBLIC),
        ({"der": public("rsa"), "digest": b"sha512"}, NOT_VERIFIED),
        ({"der": public("SECP256R1")}, NOT_VERIFIED),
    ],
)
def test_bad_public_keys(given, words):
    assert verify(signed("rsa"), **given) == (0, field(2, words))


@pytest.mark.parametrize("signature", [b"", b"junk"])
@pytest.mark.parametrize("kind", ["rsa", "SECP256R1"])
def test_bad_signatures(kind, signature):
    assert verify(signature, public(kind)) == (0, field(2, NOT_VERIFIED))


def test_bad_arguments():
    both = {"der": private("rsa"), "pem": private("rsa", PEM)}
    assert sign(**both) == sign() == (2, b"")
    assert verify(b"x", public("rsa"), public("rsa", PEM)) == verify(b"x") == (2, b"")
    assert verify(b"x", public("rsa"), digest=b"\xff") == (2, b"")
    for function in ("sign", "verify_signature"):
        assert call(function, b"\x0a") == call(function, b"\xff") == call(function, b"") == (2, b"")
