"""`tamis keygen`: a key pair to sign with, in cosign's format."""

import os
from pathlib import Path

from tamis import trust
from tamis.errors import BadInput
from tamis.model.signed import KeyPair

__all__ = ["keygen"]


def keygen(prefix: Path, passphrase: bytes) -> KeyPair:
    """Write PREFIX.key, which `passphrase` opens and only its owner may read, and PREFIX.pub.

    Raises BadInput where one of them is there, or cannot be written; Missing without the extra.
    """
    private, public = (prefix.parent / f"{prefix.name}.{end}" for end in ("key", "pub"))
    for path in (private, public):
        if os.path.lexists(path):
            raise BadInput(
                f"{path} is there, and keys are never overwritten",
                advice="Name another place: -o PREFIX.",
            )
    key = trust.generate()
    sealed = key.encrypted(passphrase)
    try:
        _create(private, sealed, 0o600)
        try:
            _create(public, key.public.pem, 0o644)
        except OSError:
            private.unlink()  # half a pair is of no use
            raise
    except OSError as error:
        raise BadInput(
            f"cannot write {error.filename}: {error.strerror}",
            advice="Name a place you may write to, where no key is: -o PREFIX.",
        ) from error
    return KeyPair(private, public, key.public.id)


def _create(path: Path, content: bytes, mode: int) -> None:
    """Never over what another has put there meanwhile, and never readable by more for a moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
