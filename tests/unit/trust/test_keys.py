"""Keys: what is written is read again, by us and as cosign has it; what is no key is refused."""

import base64
import errno
import json
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tamis import trust
from tamis.errors import BadInput, Missing, Rejected
from tamis.trust.sealed import opened, sealed
from tamis.verbs.keygen import keygen


def no_passphrase() -> bytes:
    pytest.fail("a key that is not encrypted needs no passphrase")


def _private(tmp_path: Path, content: bytes, passphrase: bytes = b"pw") -> trust.PrivateKey:
    path = tmp_path / "some.key"
    path.write_bytes(content)
    return trust.private_key(path, lambda: passphrase)


def test_a_pair_signs_and_verifies(tmp_path: Path) -> None:
    made = keygen(tmp_path / "new" / "release", b"secret")
    assert stat.S_IMODE(made.private.stat().st_mode) == 0o600
    private = trust.private_key(made.private, lambda: b"secret")
    public = trust.public_key(made.public)
    assert (private.public.id, public.name) == (made.id, str(made.public))
    assert private.public.der == public.der
    signature = private.sign(b"content")
    assert public.verifies(signature, b"content")
    assert not public.verifies(signature, b"Content")
    assert not public.verifies(signature[:-1], b"content")
    assert not public.verifies(b"", b"content")
    assert not trust.generate().public.verifies(signature, b"content")
    assert "PrivateKey(sha256:" in repr(private)


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    for name in ("release.key", "release.pub"):
        there = tmp_path / name
        there.write_text("mine")
        with pytest.raises(BadInput, match="keys are never overwritten"):
            keygen(tmp_path / "release", b"")
        assert [path.name for path in tmp_path.iterdir()] == [name]
        assert there.read_text() == "mine"
        there.unlink()
    (tmp_path / "release.pub").symlink_to(tmp_path / "nowhere")
    with pytest.raises(BadInput, match="keys are never overwritten"):
        keygen(tmp_path / "release", b"")
    assert not (tmp_path / "nowhere").exists()


def test_a_pair_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot write"):
        keygen(tmp_path / "file" / "release", b"")
    with pytest.raises(BadInput, match=r"cannot write .*File name too long"):
        keygen(tmp_path / ("x" * 252), b"")  # .key and .pub have 256
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_half_a_pair_is_taken_away_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    really = os.open

    def full(path: Path, *how: int) -> int:
        if str(path).endswith(".pub"):
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return really(path, *how)

    monkeypatch.setattr("tamis.verbs.keygen.os.open", full)
    with pytest.raises(BadInput, match=r"cannot write .*x\.pub: No space left"):
        keygen(tmp_path / "x", b"")
    assert list(tmp_path.iterdir()) == []


def test_the_wrong_passphrase(tmp_path: Path) -> None:
    content = trust.generate().encrypted(b"right")
    with pytest.raises(Rejected, match=r"some\.key: the passphrase does not open it"):
        _private(tmp_path, content, b"wrong")
    with pytest.raises(Rejected, match=r"some\.key: it has a passphrase"):
        _private(tmp_path, content, b"")


def test_an_empty_passphrase_is_one(tmp_path: Path) -> None:
    key = trust.generate()
    assert _private(tmp_path, key.encrypted(b""), b"").public == key.public


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_plain_keys_in_pem(tmp_path: Path, form: PrivateFormat) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    path = tmp_path / "plain.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, form, NoEncryption()))
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert trust.private_key(path, no_passphrase).public.der == der


def test_an_encrypted_pkcs8_key(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    how = BestAvailableEncryption(b"pw")
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)
    assert _private(tmp_path, content).public.verifies(_private(tmp_path, content).sign(b"x"), b"x")
    with pytest.raises(BadInput, match="is no private key"):
        _private(tmp_path, content, b"wrong")


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP384R1()),
        ec.generate_private_key(ec.SECP256K1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(65537, 2048),
    ],
    ids=["P-384", "secp256k1", "Ed25519", "RSA"],
)
def test_other_algorithms_are_refused(tmp_path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(BadInput, match="not on the curve P-256"):
        _private(tmp_path, plain)
    public = tmp_path / "other.pub"
    public.write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    with pytest.raises(BadInput, match="not on the curve P-256"):
        trust.public_key(public)


def test_a_private_key_is_no_public_one_and_the_other_way_round(tmp_path: Path) -> None:
    made = keygen(tmp_path / "release", b"")
    with pytest.raises(BadInput, match="holds a encrypted sigstore private key, not a public key"):
        trust.public_key(made.private)
    with pytest.raises(BadInput, match="holds a public key, not a private key"):
        trust.private_key(made.public, no_passphrase)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----\n",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN PUBLIC KEY-----\n" + b"A" * 100_000 + b"\n-----END PUBLIC KEY-----\n",
    ],
    ids=["empty", "binary", "no base64", "two names", "too long"],
)
def test_what_is_no_key_in_pem(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.pub"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="is not one key in PEM"):
        trust.public_key(path)
    with pytest.raises(BadInput, match="is not one key in PEM"):
        trust.private_key(path, no_passphrase)


def test_two_keys_in_one_file(tmp_path: Path) -> None:
    """Which of them is meant is not guessed."""
    path = tmp_path / "x.pub"
    path.write_bytes(trust.generate().public.pem + trust.generate().public.pem)
    with pytest.raises(BadInput, match="is not one key in PEM"):
        trust.public_key(path)


def test_der_that_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "x.pub"
    path.write_bytes(b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
    with pytest.raises(BadInput, match="is no public key"):
        trust.public_key(path)
    with pytest.raises(BadInput, match=r"cannot read .*No such file"):
        trust.public_key(tmp_path / "none.pub")


def _spoilt(**changed: object) -> bytes:
    document = json.loads(sealed(b"plain", b"pw"))
    document.update(changed)
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"kdf": None}, "has no 'kdf'"),
        ({"kdf": {"name": "pbkdf2"}}, "something else than scrypt"),
        ({"cipher": {"name": "aes"}}, "something else than scrypt"),
        ({"kdf": {"name": "scrypt"}}, "has no 'params'"),
        ({"kdf": {"name": "scrypt", "params": {"N": "1", "r": 8, "p": 1}}}, "are no numbers"),
        ({"kdf": {"name": "scrypt", "params": {"N": True, "r": 8, "p": 1}}}, "are no numbers"),
        ({"kdf": {"name": "scrypt", "params": {"N": 3, "r": 8, "p": 1}}}, "is not possible here"),
        ({"kdf": {"name": "scrypt", "params": {"N": 2, "r": 0, "p": 1}}}, "is not possible here"),
        ({"kdf": {"name": "scrypt", "params": {"N": 2, "r": 1, "p": 99}}}, "is not possible here"),
        (
            {"kdf": {"name": "scrypt", "params": {"N": 1 << 40, "r": 8, "p": 1}}},
            "is not possible here",
        ),
        ({"ciphertext": "?"}, "ciphertext is not base64"),
        ({"ciphertext": "AAAA"}, "does not open it"),
        ({"cipher": {"name": "nacl/secretbox", "nonce": "AAAA"}}, "nonce has 3 bytes, not 24"),
    ],
)
def test_a_spoilt_encrypted_key(changed: dict[str, object], why: str) -> None:
    """Nothing of it can make us take gigabytes or minutes."""
    with pytest.raises((BadInput, Rejected), match=why):
        opened(_spoilt(**changed), b"pw", "the key")


def test_what_is_sealed_is_opened() -> None:
    content = sealed(b"plain", b"pw")
    assert opened(content, b"pw", "x") == b"plain"
    assert base64.b64decode(json.loads(content)["kdf"]["salt"])
    assert sealed(b"plain", b"pw") != content, "salt and nonce are new each time"


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "nacl.secret", None)
    with pytest.raises(Missing, match=r"nacl\.secret is not installed") as caught:
        keygen(tmp_path / "x", b"")
    assert "tamis[trust]" in caught.value.advice()
    assert list(tmp_path.iterdir()) == []
