"""The passphrase of a private key: from a file, the environment, or a person at a terminal."""

import getpass
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from tamis.errors import BadInput

__all__ = ["PassphraseFile", "asked", "chosen"]

PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help="The key's passphrase, - for stdin; else TAMIS_PASSPHRASE or COSIGN_PASSWORD, else"
        " asked for.",
    ),
]
_NAMES = ("TAMIS_PASSPHRASE", "COSIGN_PASSWORD")
_LIMIT = 4096
_ADVICE = f"Set {_NAMES[0]}, name a file (--passphrase-file FILE), or say --no-passphrase."


def asked(file: Path | None) -> Callable[[], bytes]:
    """How to get the passphrase of a key that is there; called only for one that is encrypted.

    Where nothing is said and nobody is there, it is empty: so it is for keygen --no-passphrase.
    """

    def get() -> bytes:
        found = _told(file)
        if found is None:
            found = _typed("Passphrase: ") if _terminal() else b""
        return found

    return get


def chosen(file: Path | None) -> bytes:
    """The passphrase of a new key; at a terminal it is typed twice. Raises BadInput for none."""
    found = _told(file)
    if found is None:
        if not _terminal():
            raise BadInput("the new key needs a passphrase", advice=_ADVICE)
        found = _typed("Passphrase of the new key: ")
        if found != _typed("Again: "):
            raise BadInput("the two passphrases differ", advice="Type the same one twice.")
    if not found:
        raise BadInput(
            "the passphrase is empty", advice="Say --no-passphrase if the key is to have none."
        )
    return found


def _told(file: Path | None) -> bytes | None:
    """From the file, else from the environment; None where neither says anything."""
    if file is None:
        name = next((name for name in _NAMES if name in os.environ), None)
        return os.environb[name.encode()] if name else None
    try:
        if str(file) == "-":
            content = sys.stdin.buffer.read(_LIMIT + 1)
        else:
            with file.open("rb") as opened:
                content = opened.read(_LIMIT + 1)
    except OSError as error:
        raise BadInput(
            f"cannot read the passphrase in {file}: {error.strerror}", advice=_ADVICE
        ) from error
    if len(content) > _LIMIT:
        raise BadInput(f"{file} is larger than a passphrase may be", advice=_ADVICE)
    return content.removesuffix(b"\n").removesuffix(b"\r")


def _terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _typed(prompt: str) -> bytes:
    try:
        return getpass.getpass(prompt, sys.stderr).encode("utf-8", "surrogateescape")
    except EOFError as error:
        raise BadInput("no passphrase was typed", advice=_ADVICE) from error
