"""The user's own cosign, for keys that it alone can use: KMS, hardware, keyless."""

import os
import shutil
import subprocess
import sys
from typing import Literal

from tamis.errors import BadInput, Missing, Rejected
from tamis.model.reference import LayoutReference, Reference, RegistryReference

__all__ = ["Signer", "cosign", "pinned_name"]

#: Who signs.
Signer = Literal["tamis", "cosign"]

_SHOWN = 2000


def pinned_name(reference: Reference, digest: str) -> str:
    """`host/repository@digest`, as cosign wants it. Raises BadInput for what is in no registry."""
    if isinstance(reference, LayoutReference):
        raise BadInput(
            f"{reference}: cosign signs in registries only",
            advice="Copy it to one first (tamis copy), or sign with --key FILE alone.",
        )
    assert isinstance(reference, RegistryReference)
    return f"{reference.name}@{digest}"


def cosign(verb: str, *options: str, key: str | None, insecure: bool, name: str) -> None:
    """`cosign VERB ... NAME`, at the user's terminal. `key`: in any form that cosign knows; None:
    keyless. A passphrase comes from COSIGN_PASSWORD, or cosign asks for it.

    Raises Missing where there is no cosign, Rejected with its words where it fails.
    """
    found = shutil.which("cosign")
    if found is None:
        raise Missing(
            "cosign is not installed: --signer cosign runs it",
            advice="Install it from https://docs.sigstore.dev, or sign with --key FILE alone.",
        )
    command = [found, verb, "--yes", *(["--key", key] if key else []), *options]
    command += ["--allow-insecure-registry", "--allow-http-registry"] if insecure else []
    code, said = _run([*command, name])
    if code:
        told = " ".join(said.split())[-_SHOWN:] or "it says nothing"
        raise Rejected(
            f"cosign {verb} failed ({code}): {told}",
            advice="Run it by itself to look closer: cosign " + " ".join(command[1:]) + f" {name}",
        )


def _run(command: list[str]) -> tuple[int, str]:
    """Its exit code and what it said. A person sees that at once: it asks, and names a page."""
    said = bytearray()
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=subprocess.PIPE) as process:
        assert process.stderr
        while piece := os.read(process.stderr.fileno(), 1 << 12):
            said += piece
            del said[: -4 * _SHOWN]
            if sys.stderr.isatty():
                os.write(sys.stderr.fileno(), piece)
        return process.wait(), said.decode("utf-8", "replace")
