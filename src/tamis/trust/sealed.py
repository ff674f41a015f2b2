"""cosign's encrypted private keys: scrypt, then NaCl's secret box, in a PEM block.

Source of facts: sigstore's `encrypted` package; both cosigns read what is written here.
"""

import os

from tamis.errors import BadInput, Rejected
from tamis.trust.documents import Object, bytes_of, object_of, text_of
from tamis.trust.libraries import needed

__all__ = ["opened", "sealed"]

#: What cosign writes. `N` x `r` x 128 bytes are taken: 64 MiB.
_COST = {"N": 65536, "r": 8, "p": 1}
#: Of a key that somebody else wrote.
_MOST_MEMORY = 512 << 20
_MOST_TURNS = 16
_LIMIT = 64 << 10
_ADVICE = "Name a private key that tamis keygen or cosign generate-key-pair wrote."


def sealed(plain: bytes, passphrase: bytes) -> bytes:
    """The JSON that holds `plain`, to be opened by `passphrase` alone. Raises Missing."""
    with needed():
        from nacl.secret import SecretBox
    salt, nonce = os.urandom(32), os.urandom(SecretBox.NONCE_SIZE)
    box = SecretBox(_key(passphrase, salt, _COST["N"], _COST["r"], _COST["p"]))
    import json

    document = {
        "kdf": {"name": "scrypt", "params": _COST, "salt": text_of(salt)},
        "cipher": {"name": "nacl/secretbox", "nonce": text_of(nonce)},
        "ciphertext": text_of(box.encrypt(plain, nonce).ciphertext),
    }
    return json.dumps(document, separators=(",", ":")).encode()


def opened(content: bytes, passphrase: bytes, what: str) -> bytes:
    """What `sealed` held. Raises Rejected for the wrong passphrase, BadInput for what is no such
    key or would take too much to open, Missing.
    """
    with needed():
        from nacl.exceptions import CryptoError
        from nacl.secret import SecretBox
    document = object_of(content, what, advice=_ADVICE, limit=_LIMIT)
    kdf, cipher = _table(document, "kdf", what), _table(document, "cipher", what)
    if kdf.get("name") != "scrypt" or cipher.get("name") != "nacl/secretbox":
        raise BadInput(
            f"{what} is encrypted by something else than scrypt and nacl/secretbox", advice=_ADVICE
        )
    turns = _turns(_table(kdf, "params", what), what)
    salt = bytes_of(kdf.get("salt"), f"{what}, salt", advice=_ADVICE)
    nonce = bytes_of(cipher.get("nonce"), f"{what}, nonce", advice=_ADVICE)
    if len(nonce) != SecretBox.NONCE_SIZE:
        raise BadInput(f"{what}: its nonce has {len(nonce)} bytes, not 24", advice=_ADVICE)
    hidden = bytes_of(document.get("ciphertext"), f"{what}, ciphertext", advice=_ADVICE)
    try:
        plain: bytes = SecretBox(_key(passphrase, salt, *turns)).decrypt(hidden, nonce)
    except CryptoError as error:
        wrong = "the passphrase does not open it" if passphrase else "it has a passphrase"
        raise Rejected(
            f"{what}: {wrong}",
            advice="Say the one it was made with: TAMIS_PASSPHRASE, or --passphrase-file FILE.",
        ) from error
    return plain


def _key(passphrase: bytes, salt: bytes, n: int, r: int, p: int) -> bytes:
    with needed():
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
    return Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(passphrase)


def _table(document: Object, name: str, what: str) -> Object:
    found = document.get(name)
    if not isinstance(found, dict):
        raise BadInput(f"{what} has no '{name}'", advice=_ADVICE)
    return found


def _turns(params: Object, what: str) -> tuple[int, int, int]:
    n, r, p = (params.get(name) for name in ("N", "r", "p"))
    if not all(isinstance(each, int) and not isinstance(each, bool) for each in (n, r, p)):
        raise BadInput(f"{what}: its scrypt parameters are no numbers", advice=_ADVICE)
    assert isinstance(n, int)
    assert isinstance(r, int)
    assert isinstance(p, int)
    fits = n > 1 and not n & (n - 1) and r > 0 and 0 < p <= _MOST_TURNS
    if not fits or n * r * 128 > _MOST_MEMORY:
        raise BadInput(
            f"{what}: scrypt with N={n}, r={r}, p={p} is not possible here", advice=_ADVICE
        )
    return n, r, p
